using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Context;

/// <summary>The cues of one sentence and what they govern.</summary>
internal sealed class ContextScopes
{
    // A finding may lie in several scopes. What is denied is not there, whoever is spoken of; and so on downwards.
    private static readonly ContextCategory[] Precedence =
    [
        ContextCategory.Negated,
        ContextCategory.Family,
        ContextCategory.Hypothetical,
        ContextCategory.Confirmed,
        ContextCategory.Uncertain,
        ContextCategory.Historical,
    ];

    private readonly string _text;
    private readonly List<TextSpan> _tokens;
    private readonly LowerCaseSentence _lower;
    private readonly int _first;
    private readonly List<CueMatch> _matches;
    private readonly List<Scope> _scopes = [];

    private readonly record struct Scope(int First, int End, CueMatch Cue, ContextRule Rule);

    public ContextScopes(ContextRules rules, string text, List<TextSpan> tokens, LowerCaseSentence lower)
    {
        _text = text;
        _tokens = tokens;
        _lower = lower;
        _first = lower.First;
        _matches = CueMatch.Find(rules, text, tokens, lower);
        foreach (var match in _matches)
        {
            foreach (var rule in match.Rules)
            {
                if (rule.Direction == ContextDirection.Forward)
                    _scopes.Add(new Scope(match.End, Forward(match, rule), match, rule));
                else if (rule.Direction == ContextDirection.Backward)
                    _scopes.Add(new Scope(Backward(match, rule), match.First, match, rule));
            }
        }
    }

    /// <summary>
    /// What the sentence says of a finding of a type, the tokens from <paramref name="first"/> to <paramref name="end"/> (in
    /// the sentence).
    /// </summary>
    public (Assertion Assertion, Cue? Cue) Of(int first, int end, string type)
    {
        var value = TestValues.Of(_lower, first, end, type);
        var settled = value != TestValue.None;
        foreach (var category in Precedence)
        {
            if (
                (category == ContextCategory.Negated && value == TestValue.Measured)
                || (category == ContextCategory.Uncertain && settled)
                || Nearest(category, first, end, type, value) is not { } found
            )
                continue;
            if (category == ContextCategory.Confirmed)
                settled = true;
            else if (category == ContextCategory.Negated && ConditionOver(found, first) is { } condition)
                return (Assertion.Hypothetical, CueOf(condition));
            else
                return (AssertionOf(category), CueOf(found));
        }
        return (Assertion.Present, null);
    }

    /// <summary>Whether its result stands right behind a test, a number or a word: then it was done, whatever the network says.</summary>
    public bool IsMeasured(int first, int end, string type) =>
        TestValues.Of(_lower, first, end, type) == TestValue.Measured;

    private Scope? Nearest(ContextCategory category, int first, int end, string type, TestValue value)
    {
        Scope? nearest = null;
        var distance = int.MaxValue;
        foreach (var scope in _scopes)
        {
            if (scope.Rule.Category != category || first >= scope.End || !scope.Rule.Concerns(type))
                continue;
            if (scope.Rule.Compared && value != TestValue.Compared)
                continue;
            if (first < scope.First && !ReachesOutOf(scope, first, end))
                continue;
            var away =
                scope.Rule.Direction == ContextDirection.Forward ? Math.Max(0, first - scope.First) : scope.End - end;
            if (away < 0 || away >= distance || IsCutOff(scope, first, type))
                continue;
            // "risk for sepsis, lactate 3.8", "history of CHF, EF 25%"
            if (value == TestValue.Measured && HasComma(scope, first, end))
                continue;
            if (scope.Rule.Direction == ContextDirection.Backward && HasOwnPredicate(end, scope.End))
                continue;
            nearest = scope;
            distance = away;
        }
        return nearest;
    }

    /// <summary>The nearest cue of negation in the sentence whatever its scope, for a finding that only the network denies.</summary>
    public Cue? NearestNegation(int first, int end)
    {
        Scope? nearest = null;
        var distance = int.MaxValue;
        foreach (var scope in _scopes)
        {
            if (scope.Rule.Category != ContextCategory.Negated)
                continue;
            var away = scope.Cue.End <= first ? first - scope.Cue.End : scope.Cue.First - end;
            if (away < 0 || away >= distance)
                continue;
            nearest = scope;
            distance = away;
        }
        return nearest is { } found ? CueOf(found) : null;
    }

    /// <summary>
    /// Whether the words nearest before the token of a finding end a scope, only look like a cue, or speak of what is before
    /// them: then nothing reaches it.
    /// </summary>
    public bool IsCutOff(int first, string type)
    {
        for (var i = _matches.Count - 1; i >= 0; i--)
        {
            if (_matches[i].First < first && first < _matches[i].End)
                return false; // "no improvement": the finding is what the words speak of.
            if (_matches[i].End > first || !Array.Exists(_matches[i].Rules, r => r.Concerns(type)))
                continue;
            return Array.Exists(
                    _matches[i].Rules,
                    r =>
                        r.Category is ContextCategory.Terminate or ContextCategory.Confirmed or ContextCategory.Pseudo
                        && r.Concerns(type)
                ) || Array.TrueForAll(_matches[i].Rules, r => r.Direction == ContextDirection.Backward);
        }
        return false;
    }

    // "No embolism on CT", "ruled out by MRI": the test was done. A scope that others end for all types does not reach here.
    private bool IsCutOff(Scope scope, int first, string type)
    {
        if (scope.Rule.Direction != ContextDirection.Forward)
            return false;
        foreach (var match in _matches)
        {
            if (match.First >= scope.First && match.End <= first && Ends(match, scope.Rule, type))
                return true;
        }
        return false;
    }

    // "if pneumonia is ruled out", "once the infection has resolved": nothing is denied yet.
    private Scope? ConditionOver(Scope negation, int first)
    {
        foreach (var scope in _scopes)
        {
            if (
                negation.Rule.Direction == ContextDirection.Backward
                && scope.Rule is { Category: ContextCategory.Hypothetical, Direction: ContextDirection.Forward }
                && scope.First <= first
                && negation.Cue.First < scope.End
            )
                return scope;
        }
        return null;
    }

    // "no definite findings to suggest instability": the cue took the first words of a longer finding.
    private static bool ReachesOutOf(Scope scope, int first, int end) =>
        scope.Rule.Direction == ContextDirection.Forward
        && scope.Cue.First < first
        && first < scope.Cue.End
        && end > scope.Cue.End;

    private static Assertion AssertionOf(ContextCategory category) =>
        category switch
        {
            ContextCategory.Negated => Assertion.Negated,
            ContextCategory.Family => Assertion.Family,
            ContextCategory.Hypothetical => Assertion.Hypothetical,
            ContextCategory.Uncertain => Assertion.Uncertain,
            ContextCategory.Historical => Assertion.Historical,
            _ => Assertion.Present,
        };

    private Cue CueOf(Scope scope)
    {
        var span = SpanOf(scope.Cue.First, scope.Cue.End);
        return new Cue(span.Of(_text).ToString(), span, SpanOf(scope.First, scope.End), scope.Rule.Cue);
    }

    private TextSpan SpanOf(int first, int end) =>
        first < end
            ? new TextSpan(_tokens[_first + first].Start, _tokens[_first + end - 1].End)
            : new TextSpan(_tokens[_first + first - 1].End, _tokens[_first + first - 1].End);

    private int Forward(CueMatch cue, ContextRule rule)
    {
        var end = rule.UpTo is null ? _lower.Count : CueMatch.EndOf(rule.UpTo, _lower, cue.End);
        if (rule.Reach is { } reach)
            end = Math.Min(end, cue.End + reach);
        if (rule.Clause)
            end = CommaBetween(cue.End, end) ?? end;
        foreach (var match in _matches)
        {
            if (match.First < cue.End || !Ends(match, rule, type: null))
                continue;
            end = Math.Min(end, match.First);
            break;
        }
        return LabelWithin(cue.End, end) ?? end;
    }

    // "Murmurs: not heard   DIAGNOSIS: syncope": a label of its own begins another statement.
    private int? LabelWithin(int from, int end)
    {
        for (var i = from + 2; i < end; i++)
        {
            if (_text[_tokens[_first + i].Start] != ':' || !char.IsUpper(_text[_tokens[_first + i - 1].Start]))
                continue;
            var label = i - 1;
            while (label > from && char.IsUpper(_text[_tokens[_first + label - 1].Start]))
                label--;
            return label;
        }
        return null;
    }

    private int Backward(CueMatch cue, ContextRule rule)
    {
        var first = rule.Reach is { } reach ? Math.Max(0, cue.First - reach) : 0;
        while (rule.Clause && CommaBetween(first, cue.First) is { } comma)
            first = comma + 1;
        for (var i = _matches.Count - 1; i >= 0; i--)
        {
            var match = _matches[i];
            if (match.End <= cue.First && Ends(match, rule, type: null))
                return Math.Max(first, match.End);
        }
        return first;
    }

    // "Pneumonia is improving, effusion has resolved": the cue speaks of what follows the comma. "MI was suspected, later ruled
    // out": of what is before it.
    private bool HasOwnPredicate(int end, int cue)
    {
        var said = false;
        for (var i = end; i < cue; i++)
        {
            if (said && _lower.Word(i) is ",")
                return !IsAdverb(_lower.Word(cue - 1));
            said |= _lower.Word(i) is "is" or "are" or "was" or "were" or "has" or "have" or "had" or "remains";
        }
        return false;
    }

    private static bool IsAdverb(ReadOnlySpan<char> word) =>
        word is "," or "and" or "later" or "then" or "now" or "since" || word.EndsWith("ly", StringComparison.Ordinal);

    private bool HasComma(Scope scope, int first, int end) =>
        scope.Rule.Direction == ContextDirection.Forward
            ? CommaBetween(scope.First, first) is not null
            : CommaBetween(end, scope.End) is not null;

    private int? CommaBetween(int from, int end)
    {
        for (var i = from; i < end; i++)
        {
            if (_lower.Word(i) is "," or ";")
                return i;
        }
        return null;
    }

    // Whether a match ends a rule's scope: for everything, or only for findings of a type.
    private static bool Ends(CueMatch match, ContextRule rule, string? type)
    {
        foreach (var r in match.Rules)
        {
            if (
                r.Category is not (ContextCategory.Terminate or ContextCategory.Confirmed)
                || r.Except?.Contains(rule.Category) == true
            )
                continue;
            if (type is null ? r.Types is null : r.Types is not null && r.Concerns(type))
                return true;
        }
        return false;
    }
}
