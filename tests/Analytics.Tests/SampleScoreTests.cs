using System.Text.RegularExpressions;
using MedLedger.Analytics;
using MedLedger.Analytics.Text;

namespace MedLedger.Tests.Analytics;

/// <summary>The floors of accuracy on small samples of our own; the table over held-back documents is in tests/Benchmarks.</summary>
[Collection(nameof(Model))]
public sealed partial class SampleScoreTests(Model model)
{
    private readonly record struct Marked(int Start, int End, string Type);

    [Theory]
    [InlineData("entities-bc5cdr.txt", FindingHead.Bc5cdr, 0.87)]
    [InlineData("entities-ncbi.txt", FindingHead.Bc5cdr, 0.83)]
    [InlineData("entities-casereport.txt", FindingHead.CaseReport, 0.68)]
    public void Exact_spans_reach_the_floor(string file, FindingHead head, double floor)
    {
        int hit = 0,
            extra = 0,
            missed = 0;
        var wrong = new List<string>();
        foreach (var row in Cases.Rows(file))
        {
            var (text, gold) = Read(row[0]);
            var found = model
                .Pipeline.Analyze(text, head)
                .Findings.Select(f => new Marked(f.Span.Start, f.Span.End, f.Type))
                .ToHashSet();
            // Disease alone is annotated in the second file.
            if (gold.All(g => g.Type == "Disease"))
                found.RemoveWhere(f => f.Type == "Chemical");
            hit += found.Count(gold.Contains);
            extra += found.Count(f => !gold.Contains(f));
            missed += gold.Count(g => !found.Contains(g));
            wrong.AddRange(found.Except(gold).Select(f => $"+{f.Type}:{text[f.Start..f.End]}"));
            wrong.AddRange(gold.Except(found).Select(f => $"-{f.Type}:{text[f.Start..f.End]}"));
        }
        var f1 = 2.0 * hit / ((2 * hit) + extra + missed);
        Assert.True(hit > 15 && f1 >= floor, $"F1 {f1:F3}, floor {floor}: {string.Join(", ", wrong)}");
    }

    [Fact]
    public void Names_are_linked_at_first_rank()
    {
        var rows = Cases.Rows("linking.tsv").ToList();
        var wrong = new List<string>();
        foreach (var row in rows)
        {
            var finding = model.Pipeline.Assert(row[0], [new(new TextSpan(0, row[0].Length), row[1])])[0];
            var first = finding.Codes.FirstOrDefault(c => c.System.EndsWith("mesh", StringComparison.Ordinal));
            if (first?.Code != row[2])
                wrong.Add($"{row[0]}: {first?.Code} {first?.Display}");
        }
        Assert.True(wrong.Count <= 0.14 * rows.Count, string.Join(", ", wrong));
    }

    private static (string Text, HashSet<Marked> Gold) Read(string sentence)
    {
        var text = new System.Text.StringBuilder();
        var gold = new HashSet<Marked>();
        var at = 0;
        foreach (Match mark in Mark().Matches(sentence))
        {
            text.Append(sentence, at, mark.Index - at);
            var words = mark.Groups["words"].Value;
            gold.Add(new Marked(text.Length, text.Length + words.Length, mark.Groups["type"].Value));
            text.Append(words);
            at = mark.Index + mark.Length;
        }
        return (text.Append(sentence, at, sentence.Length - at).ToString(), gold);
    }

    [GeneratedRegex(@"\[(?<type>\w+):(?<words>[^\]]+)\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Mark();
}
