using MedLedger.Analytics;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Records;

namespace MedLedger.Api.Cli;

/// <summary>A document on the terminal: its words with the findings in colour, then one line for each of them.</summary>
internal static class FindingScreen
{
    public static void Draw(
        Terminal terminal,
        ClinicalPipeline pipeline,
        SourceText source,
        ClinicalDocument document,
        bool explain
    )
    {
        var colours = terminal.HasColours;
        var output = terminal.Output;
        var at = 0;
        foreach (var finding in document.Findings)
        {
            output.Write(document.Text.AsSpan(at, finding.Span.Start - at));
            output.Write(Coloured(finding, finding.Text, colours));
            at = finding.Span.End;
        }
        output.WriteLine(document.Text.AsSpan(at));
        foreach (var finding in document.Findings)
        {
            var cue = finding.Cue is { } c ? $" ({c.Text})" : "";
            var assertion = FindingJson.AssertionName(finding.Assertion) + cue;
            var (start, end) = source.InSource(finding.Span);
            output.Write($"{start, 6}-{end, -6} {finding.Type, -9} {assertion, -24} ");
            output.WriteLine(Coloured(finding, finding.Text.ReplaceLineEndings(" "), colours));
            if (explain && pipeline.Explain(document.Text, finding) is { Count: > 0 } words)
                output.WriteLine(
                    $"{"", 14}by {string.Join(", ", words.Select(w => $"{w.Text} {w.Weight:+0.00;-0.00;0.00}"))}"
                );
        }
    }

    // SGR codes (ECMA-48): a colour for the type, struck through when denied, italic when not plainly present.
    private static string Coloured(Finding finding, string text, bool colours)
    {
        if (!colours)
            return text;
        var colour = finding.Type switch
        {
            "Problem" or "Disease" => "31",
            "Drug" or "Chemical" or "Dosage" => "32",
            "Test" or "LabValue" => "33",
            "Treatment" => "34",
            "Anatomy" => "36",
            _ => "35",
        };
        var decoration = finding.Assertion switch
        {
            Assertion.Present => "",
            Assertion.Negated => ";9",
            _ => ";3",
        };
        return $"\u001b[{colour}{decoration}m{text}\u001b[0m";
    }
}
