using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Sections;

/// <summary>
/// Follows the sentences of a document and says under which heading each stands. A heading begins a sentence and ends
/// with a colon, or is a whole line of its own.
/// </summary>
internal sealed class SectionFinder(SectionRules rules, string text, List<TextSpan> tokens)
{
    private readonly List<(SectionRule Rule, TextSpan Heading)> _open = [];

    /// <summary>The rule of the section that the latest sentence belongs to; null before the first heading.</summary>
    public SectionRule? Current => _open.Count > 0 ? _open[^1].Rule : null;

    /// <summary>Looks at the next sentence. Returns how many of its tokens are a heading.</summary>
    public int Next(LowerCaseSentence lower)
    {
        var length = lower.Longest(rules.Headings, 0, out var found, end => IsHeading(lower, end));
        if (found is null)
            return 0;
        var first = lower.First;
        if (length < lower.Count && lower.Word(length) is ":")
            length++;
        _open.Add((found, new TextSpan(tokens[first].Start, tokens[first + length - 1].End)));
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

    private bool IsHeading(LowerCaseSentence lower, int end)
    {
        if (end < lower.Count)
            return lower.Word(end) is ":";
        var next = lower.End;
        return StartsLine(lower.First)
            && (next >= tokens.Count || HasNewline(tokens[next - 1].End, tokens[next].Start))
            && char.IsUpper(text[tokens[lower.First].Start]);
    }

    private bool StartsLine(int token) => token == 0 || HasNewline(tokens[token - 1].End, tokens[token].Start);

    private bool HasNewline(int from, int to) => text.AsSpan(from, to - from).ContainsAny('\n', '\r');
}
