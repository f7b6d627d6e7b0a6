using System.Collections.Frozen;

namespace MedLedger.Analytics.Text;

/// <summary>
/// Groups tokens into sentences: at <c>. ! ?</c> before a new beginning, at empty lines, and at line ends unless the next
/// line goes on in lower case. A sentence has at most <see cref="Longest"/> tokens.
/// </summary>
public static class SentenceSplitter
{
    /// <summary>Longer runs of tokens are cut, so that a text without any full stop needs no more memory than another.</summary>
    public const int Longest = 160;

    private const string Closers = ")]}\"'\u201d\u2019";
    private const string Openers = "([{\"'\u201c\u2018*-\u2022";

    private static readonly FrozenSet<string> Abbreviations = (
        "dr mr mrs ms prof st vs fig figs eq ref refs al etc approx ca cf dept est inc ltd jr sr no vol pp "
        + "e.g i.e eg ie resp sp spp subsp var pt pts pat temp wt ht hosp univ min max apt ave blvd ste bldg"
    )
        .Split(' ')
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> AbbreviationLookup =
        Abbreviations.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The sentences as ranges of token indices.</summary>
    public static List<Range> Split(string text, List<TextSpan> tokens)
    {
        var sentences = new List<Range>();
        var first = 0;
        for (var i = 1; i < tokens.Count; i++)
        {
            if (i - first < Longest && !Starts(text, tokens, i))
                continue;
            sentences.Add(first..i);
            first = i;
        }
        if (tokens.Count > 0)
            sentences.Add(first..tokens.Count);
        return sentences;
    }

    private static bool Starts(string text, List<TextSpan> tokens, int i)
    {
        var start = tokens[i].Start;
        var previousEnd = tokens[i - 1].End;
        if (start == previousEnd)
            return false;
        if (BreaksAtNewline(text, previousEnd, start))
            return true;

        var k = i - 1;
        while (k > 0 && Closers.Contains(text[tokens[k].Start]) && tokens[k - 1].End == tokens[k].Start)
            k--;
        var mark = text[tokens[k].Start];
        if (mark is not ('.' or '!' or '?'))
            return false;
        var next = text[start];
        if (!(char.IsUpper(next) || char.IsDigit(next) || Openers.Contains(next)))
            return false;
        if (mark != '.' || k == 0 || tokens[k - 1].End != tokens[k].Start)
            return true;
        var word = tokens[k - 1].Of(text);
        if (word.Length == 1 && char.IsUpper(word[0]) && !char.IsDigit(next) && word[0] is not ('I' or 'C'))
            return false;
        return !AbbreviationLookup.Contains(word);
    }

    private static bool BreaksAtNewline(string text, int previousEnd, int start)
    {
        var gap = text.AsSpan(previousEnd, start - previousEnd);
        var lines = gap.Count('\n');
        if (lines == 0)
            lines = gap.Count('\r');
        return lines switch
        {
            0 => false,
            1 => !char.IsLower(text[start]) || ".:;!?".Contains(text[previousEnd - 1]),
            _ => true,
        };
    }
}
