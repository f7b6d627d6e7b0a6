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
        ContextCategory.Uncertain,
        ContextCategory.Historical,
    ];

    private readonly string _text;
    private readonly IReadOnlyList<TextSpan> _tokens;
    private readonly int _first;
    private readonly List<Match> _matches;
    private readonly List<Scope> _scopes = [];

    private readonly record struct Match(int First, int End, ContextRule[] Rules);

    private readonly record struct Scope(int First, int End, Match Cue, ContextRule Rule);

    public ContextScopes(
        ContextRules rules,
        string text,
        IReadOnlyList<TextSpan> tokens,
        Range range,
        LowerCaseSentence lower
    )
    {
        _text = text;
        _tokens = tokens;
        _first = range.Start.Value;
        _matches = Matches(rules, lower);
        foreach (var match in _matches)
        {
            foreach (var rule in match.Rules)
            {
                if (rule.Direction == ContextDirection.Forward)
                    _scopes.Add(new Scope(match.End, Forward(match, rule, lower.Count), match, rule));
                else if (rule.Direction == ContextDirection.Backward)
                    _scopes.Add(new Scope(Backward(match, rule), match.First, match, rule));
            }
        }
    }

    /// <summary>What the sentence says of the tokens from <paramref name="first"/> to <paramref name="end"/> (in the sentence).</summary>
    public (Assertion Assertion, Cue? Cue) Of(int first, int end)
    {
        foreach (var category in Precedence)
        {
            Scope? nearest = null;
            var distance = int.MaxValue;
            foreach (var scope in _scopes)
            {
                if (scope.Rule.Category != category || first < scope.First || first >= scope.End)
                    continue;
                var away = scope.Rule.Direction == ContextDirection.Forward ? first - scope.First : scope.End - end;
                if (away < 0 || away >= distance)
                    continue;
                nearest = scope;
                distance = away;
            }
            if (nearest is { } found)
                return (AssertionOf(category), CueOf(found));
        }
        return (Assertion.Present, null);
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

    /// <summary>Whether the words nearest before the token end a scope or only look like a cue: then nothing reaches it.</summary>
    public bool IsCutOff(int first)
    {
        for (var i = _matches.Count - 1; i >= 0; i--)
        {
            if (_matches[i].End > first)
                continue;
            return _matches[i].Rules.Any(r => r.Category is ContextCategory.Terminate or ContextCategory.Pseudo);
        }
        return false;
    }

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

    private static List<Match> Matches(ContextRules rules, LowerCaseSentence lower)
    {
        var matches = new List<Match>();
        for (var i = 0; i < lower.Count; )
        {
            Match? longest = null;
            for (var end = i + 1; end <= lower.Count; end++)
            {
                if (rules.TryFind(lower.Phrase(i, end), out var found, out var goesOn))
                    longest = new Match(i, end, found!);
                if (!goesOn)
                    break;
            }
            if (longest is { } match)
                matches.Add(match);
            i = longest?.End ?? i + 1;
        }
        return matches;
    }

    private int Forward(Match cue, ContextRule rule, int length)
    {
        var end = rule.Reach is { } reach ? Math.Min(length, cue.End + reach) : length;
        foreach (var match in _matches)
        {
            if (match.First >= cue.End && Ends(match, rule))
                return Math.Min(end, match.First);
        }
        return end;
    }

    private int Backward(Match cue, ContextRule rule)
    {
        var first = rule.Reach is { } reach ? Math.Max(0, cue.First - reach) : 0;
        for (var i = _matches.Count - 1; i >= 0; i--)
        {
            var match = _matches[i];
            if (match.End <= cue.First && Ends(match, rule))
                return Math.Max(first, match.End);
        }
        return first;
    }

    private static bool Ends(Match match, ContextRule rule) =>
        match.Rules.Any(r => r.Category == ContextCategory.Terminate && r.Except?.Contains(rule.Category) != true);
}
