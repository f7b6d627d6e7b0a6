using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Naming;

/// <summary>A short form and the long form that stands before it in the text.</summary>
/// <param name="Short">The short form, as written between the brackets.</param>
/// <param name="LongFirst">First token of the long form.</param>
/// <param name="LongEnd">One past its last token.</param>
internal readonly record struct Abbreviation(string Short, int LongFirst, int LongEnd);

/// <summary>
/// Finds "long form (SF)" by the algorithm of Schwartz and Hearst (PSB 2003): each letter of the short form must occur in
/// the long form, in order from the right, the first one at the beginning of a word.
/// </summary>
internal static class Abbreviations
{
    private const int ShortestForm = 2;
    private const int LongestForm = 10;

    /// <summary>The pairs of a text, in order.</summary>
    public static List<Abbreviation> Find(string text, List<TextSpan> tokens, List<LowerCaseSentence> sentences)
    {
        var pairs = new List<Abbreviation>();
        foreach (var sentence in sentences)
        {
            for (var i = sentence.First + 1; i < sentence.End - 2; i++)
            {
                if (text[tokens[i].Start] != '(')
                    continue;
                var close = i + 1;
                while (close < sentence.End && close - i <= 4 && text[tokens[close].Start] is not (')' or ',' or ';'))
                    close++;
                if (close >= sentence.End || close == i + 1 || text[tokens[close].Start] is not (')' or ',' or ';'))
                    continue;
                var form = text[tokens[i + 1].Start..tokens[close - 1].End];
                if (!IsShortForm(form))
                    continue;
                var words = Math.Min(form.Length + 5, form.Length * 2);
                var from = Math.Max(sentence.First, i - (2 * words));
                if (LongForm(text, tokens, form, from, i) is { } first)
                    pairs.Add(new Abbreviation(form, first, i));
            }
        }
        return pairs;
    }

    private static bool IsShortForm(string form) =>
        form.Length is >= ShortestForm and <= LongestForm
        && char.IsLetterOrDigit(form[0])
        && form.Any(char.IsLetter)
        && form.Any(char.IsUpper);

    private static int? LongForm(string text, List<TextSpan> tokens, string form, int from, int open)
    {
        var low = tokens[from].Start;
        var at = tokens[open - 1].End - 1;
        for (var s = form.Length - 1; s >= 0; s--)
        {
            var letter = char.ToLowerInvariant(form[s]);
            if (!char.IsLetterOrDigit(letter))
                continue;
            while (
                at >= low
                && (
                    char.ToLowerInvariant(text[at]) != letter
                    || (s == 0 && at > low && char.IsLetterOrDigit(text[at - 1]))
                )
            )
                at--;
            if (at < low)
                return null;
            at--;
        }
        var start = at + 1;
        var first = open;
        while (first > from && tokens[first - 1].Start >= start)
            first--;
        // A long form is longer than its short form, and does not hold it as a word.
        return first < open && tokens[open - 1].End - tokens[first].Start > form.Length ? first : null;
    }
}
