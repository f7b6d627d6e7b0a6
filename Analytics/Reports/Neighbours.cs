using MedLedger.Analytics.Documents;

namespace MedLedger.Analytics.Reports;

/// <summary>What belongs to a finding because it stands beside it: a value, a dose, a part of the body.</summary>
internal static class Neighbours
{
    private static readonly string[] Connecting =
    [
        "a",
        "at",
        "both",
        "his",
        "her",
        "in",
        "involving",
        "left",
        "of",
        "on",
        "over",
        "right",
        "the",
        "to",
        "within",
    ];

    /// <summary>
    /// The next finding of <paramref name="type"/>, not over the end of a line or of a sentence, and not past another
    /// finding of the first one's type.
    /// </summary>
    public static Finding? Following(string text, IReadOnlyList<Finding> findings, int index, string type)
    {
        for (var i = index + 1; i < findings.Count && i <= index + 3; i++)
        {
            var between = text.AsSpan(findings[index].Span.End, findings[i].Span.Start - findings[index].Span.End);
            if (between.ContainsAny('\n', ';') || between.Contains(". ", StringComparison.Ordinal))
                return null;
            if (findings[i].Type == type)
                return findings[i];
            if (findings[i].Type == findings[index].Type)
                return null;
        }
        return null;
    }

    /// <summary>The part of the body that a problem is said to be in: right before it, or after it and "in", "of the".</summary>
    public static Finding? BodySite(string text, IReadOnlyList<Finding> findings, int index)
    {
        if (index + 1 < findings.Count && findings[index + 1].Type == "Anatomy")
        {
            var between = text[findings[index].Span.End..findings[index + 1].Span.Start];
            var words = between.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (
                words.Length is > 0 and <= 4
                && Array.TrueForAll(words, w => Connecting.Contains(w, StringComparer.Ordinal))
            )
                return findings[index + 1];
        }
        return
            index > 0
            && findings[index - 1].Type == "Anatomy"
            && text[findings[index - 1].Span.End..findings[index].Span.Start] == " "
            ? findings[index - 1]
            : null;
    }
}
