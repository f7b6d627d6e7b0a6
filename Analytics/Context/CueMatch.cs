using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Context;

/// <summary>The words of a cue in a sentence, as tokens of it, and the rules that they stand for there.</summary>
internal readonly record struct CueMatch(int First, int End, ContextRule[] Rules)
{
    // What may follow a cue that ends a statement.
    private const string Stops = ".,;)|";

    /// <summary>The cues of a sentence, the longest from the left, without overlaps.</summary>
    public static List<CueMatch> Find(ContextRules rules, string text, List<TextSpan> tokens, LowerCaseSentence lower)
    {
        lower = lower.WithYears(text, tokens);
        var matches = new List<CueMatch>();
        var first = 0;
        bool Stand(int end, ContextRule[] all) => Array.Exists(all, r => Stands(r, text, tokens, lower, first, end));
        for (var i = 0; i < lower.Count; )
        {
            first = i;
            var end = lower.Longest(rules.Cues, i, out var found, Stand);
            if (end > 0)
            {
                var standing = Array.FindAll(found!, r => Stands(r, text, tokens, lower, first, end));
                // "fever (-)": what a cue says in this place goes before what it says anywhere.
                var placed = Array.FindAll(standing, r => r.Place != ContextPlace.Anywhere);
                matches.Add(new CueMatch(i, end, placed.Length > 0 ? placed : standing));
            }
            i = Math.Max(end, i + 1);
        }
        return matches;
    }

    /// <summary>Where the first of the words stands up to which a rule reaches; -1 when none comes.</summary>
    public static int EndOf(string[] words, LowerCaseSentence lower, int from)
    {
        for (var i = from; i < lower.Count; i++)
        {
            foreach (var word in words)
            {
                if (lower.Word(i).SequenceEqual(word))
                    return i;
            }
        }
        return -1;
    }

    private static bool ComesAfter(string[] words, LowerCaseSentence lower, int first)
    {
        for (var i = first - 1; i >= 0 && lower.Word(i) is not ";"; i--)
        {
            foreach (var word in words)
            {
                if (lower.Word(i).SequenceEqual(word))
                    return true;
            }
        }
        return false;
    }

    private static bool Stands(
        ContextRule rule,
        string text,
        List<TextSpan> tokens,
        LowerCaseSentence lower,
        int first,
        int end
    )
    {
        if (rule.UpTo is not null && EndOf(rule.UpTo, lower, end) < 0)
            return false;
        if (rule.After is not null && !ComesAfter(rule.After, lower, first))
            return false;
        var place = rule.Place;
        if (place == ContextPlace.Anywhere)
            return true;
        if (place == ContextPlace.Start)
            return first == 0;
        if (place == ContextPlace.End)
            return end == lower.Count || Stops.Contains(text[tokens[lower.First + end].Start]);
        if (first == 0 || end == lower.Count)
            return false;
        var (cue, next) = (lower.First + first, lower.First + end);
        var gap = text.AsSpan(tokens[cue - 1].End, tokens[cue].Start - tokens[cue - 1].End);
        return gap.Length > 0
            && !gap.ContainsAny('\n', '\r')
            && tokens[next].Start == tokens[next - 1].End
            && char.IsLetter(text[tokens[next].Start]);
    }
}
