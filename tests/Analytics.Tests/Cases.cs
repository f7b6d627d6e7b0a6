namespace MedLedger.Tests.Analytics;

/// <summary>Sentences as data: the files under <c>cases</c>.</summary>
internal static class Cases
{
    public static IEnumerable<string[]> Rows(string name) =>
        File.ReadLines(RepositoryRoot.File("tests", "Analytics.Tests", "cases", name))
            .Where(l => l.Length > 0 && l[0] != '#')
            .Select(l => l.Split('\t').Select(Unescape).ToArray());

    /// <summary>The text without its markers, and the span that they enclosed.</summary>
    public static (string Text, int Start, int End) Marked(string sentence, char open, char close)
    {
        var start = sentence.IndexOf(open, StringComparison.Ordinal);
        var end = sentence.IndexOf(close, StringComparison.Ordinal) - 1;
        return (sentence.Remove(end + 1, 1).Remove(start, 1), start, end);
    }

    private static string Unescape(string field) =>
        field
            .Replace("\\n", "\n", StringComparison.Ordinal)
            .Replace("\\t", "\t", StringComparison.Ordinal)
            .Replace("\\\\", "\\", StringComparison.Ordinal);
}
