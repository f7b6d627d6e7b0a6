using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Sections;

/// <summary>
/// Follows the sentences of a document and says under which heading each stands. A heading begins a sentence and ends
/// with a colon or a dash, or is a whole line of its own; numbers, brackets and marks around it are taken with it.
/// </summary>
internal sealed class SectionFinder(SectionRules rules, string text, List<TextSpan> tokens)
{
    private const string Dashes = "-\u2013\u2014";
    private const string Emphasis = "#*=_";
    private const string Marks = Dashes + Emphasis + "[]~|\u2022";
    private const int LongestAside = 12;

    private readonly List<(SectionRule Rule, TextSpan Heading)> _open = [];

    /// <summary>The rule of the section that the latest sentence belongs to; null before the first heading.</summary>
    public SectionRule? Current => _open.Count > 0 ? _open[^1].Rule : null;

    /// <summary>Looks at the next sentence. Returns how many of its tokens are a heading.</summary>
    public int Next(LowerCaseSentence lower)
    {
        var first = Lead(lower);
        if (first == lower.Count)
            return 0;
        var length = lower.Longest(
            rules.Headings,
            first,
            out var found,
            (end, rule) => EndOf(lower, first, end, rule) > 0
        );
        if (found is null)
            return 0;
        length = EndOf(lower, first, length, found);
        _open.Add((found, new TextSpan(tokens[lower.First].Start, tokens[lower.First + length - 1].End)));
        return length;
    }

    /// <summary>All sections, each up to the next heading or the end of the text.</summary>
    public IReadOnlyList<Section> Sections()
    {
        var sections = new List<Section>(_open.Count);
        for (var i = 0; i < _open.Count; i++)
        {
            var end = i + 1 < _open.Count ? _open[i + 1].Heading.Start : text.Length;
            sections.Add(new Section(_open[i].Rule.Name, _open[i].Heading, new TextSpan(_open[i].Heading.Start, end)));
        }
        return sections;
    }

    // "## ", "**", "2)", "[" at the beginning of a line.
    private int Lead(LowerCaseSentence lower)
    {
        if (!StartsLine(lower.First))
            return 0;
        var numbered = lower.Count > 2 && char.IsAsciiDigit(lower.Word(0)[0]) && lower.Word(1) is ")";
        return Skip(lower, numbered ? 2 : 0, Marks);
    }

    // Where the heading ends whose words end at `end`, what closes it taken in; 0 when this is no heading.
    private int EndOf(LowerCaseSentence lower, int first, int end, SectionRule rule)
    {
        var at = Skip(lower, Aside(lower, Skip(lower, end, Marks)), Marks);
        if (at < lower.Count && lower.Word(at) is ":")
            return Skip(lower, at + 1, Emphasis);
        if (!StartsLine(lower.First) || !char.IsUpper(text[tokens[lower.First + first].Start]))
            return 0;
        if (at == lower.Count)
            return lower.End >= tokens.Count || HasNewline(tokens[lower.End - 1].End, tokens[lower.End].Start) ? at : 0;
        // "Family history - asthma", but not "Treatment - resistant".
        var isPlain = end - first > 1 || rule.Assertion is not null;
        return isPlain && Dashes.Contains(lower.Word(end)[0]) && IsSpaced(lower, at) ? at : 0;
    }

    // "(per chart)" behind the words of a heading.
    private static int Aside(LowerCaseSentence lower, int at)
    {
        if (at == lower.Count || lower.Word(at) is not "(")
            return at;
        for (var end = at + 1; end < Math.Min(lower.Count, at + LongestAside); end++)
        {
            if (lower.Word(end) is ")")
                return end + 1;
        }
        return at;
    }

    private static int Skip(LowerCaseSentence lower, int at, string marks)
    {
        while (at < lower.Count && lower.Word(at) is [var mark] && marks.Contains(mark))
            at++;
        return at;
    }

    private bool IsSpaced(LowerCaseSentence lower, int at) =>
        tokens[lower.First + at - 1].End < tokens[lower.First + at].Start;

    private bool StartsLine(int token) => token == 0 || HasNewline(tokens[token - 1].End, tokens[token].Start);

    private bool HasNewline(int from, int to) => text.AsSpan(from, to - from).ContainsAny('\n', '\r');
}
