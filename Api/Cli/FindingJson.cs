using System.Text.Json.Nodes;
using MedLedger.Analytics;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Records;
using MedLedger.Analytics.Reports;

namespace MedLedger.Api.Cli;

/// <summary>Findings as the JSON of <c>analyze</c>.</summary>
internal static class FindingJson
{
    public static JsonObject Document(ClinicalPipeline pipeline, ClinicalDocument document, bool explain)
    {
        var json = new JsonObject
        {
            ["model"] = new JsonObject
            {
                ["name"] = pipeline.ModelName,
                ["sha256"] = pipeline.ModelSha256,
                ["rules"] = ClinicalPipeline.RulesVersion,
            },
            ["english"] = document.English,
            ["sections"] = new JsonArray([
                .. document.Sections.Select(s => new JsonObject
                {
                    ["name"] = s.Name,
                    ["start"] = s.Span.Start,
                    ["end"] = s.Span.End,
                }),
            ]),
        };
        var findings = Findings(document.Findings);
        for (var i = 0; explain && i < findings.Count; i++)
            findings[i]!["words"] = Words(pipeline.Explain(document.Text, document.Findings[i]));
        json["findings"] = findings;
        return json;
    }

    public static JsonArray Findings(IEnumerable<Finding> findings) => new([.. findings.Select(One)]);

    /// <summary>Headings with quotations; each says where its words stand.</summary>
    public static JsonArray Summary(IReadOnlyList<RecordAnalysis> analyses) =>
        new([
            .. NoteSummary
                .Of(analyses)
                .Select(part => new JsonObject
                {
                    ["heading"] = part.Heading,
                    ["quotations"] = new JsonArray([
                        .. part.Quotations.Select(q => new JsonObject
                        {
                            ["text"] = q.Text,
                            ["source"] = q.Reference,
                            ["start"] = q.Span.Start,
                            ["end"] = q.Span.End,
                        }),
                    ]),
                }),
        ]);

    private static JsonArray Words(IReadOnlyList<TokenWeight> words) =>
        new([
            .. words.Select(w => new JsonObject
            {
                ["text"] = w.Text,
                ["start"] = w.Span.Start,
                ["end"] = w.Span.End,
                ["weight"] = w.Weight,
            }),
        ]);

    private static JsonObject One(Finding finding) =>
        new()
        {
            ["type"] = finding.Type,
            ["text"] = finding.Text,
            ["start"] = finding.Span.Start,
            ["end"] = finding.Span.End,
            ["assertion"] = AssertionName(finding.Assertion),
            ["cue"] = finding.Cue is { } cue
                ? new JsonObject
                {
                    ["text"] = cue.Text,
                    ["start"] = cue.Span.Start,
                    ["end"] = cue.Span.End,
                    ["scope"] = new JsonObject { ["start"] = cue.Scope.Start, ["end"] = cue.Scope.End },
                }
                : null,
            ["section"] = finding.Section,
            ["score"] = finding.Score,
            ["codes"] = new JsonArray([
                .. finding.Codes.Select(c => new JsonObject
                {
                    ["system"] = c.System,
                    ["code"] = c.Code,
                    ["display"] = c.Display,
                    ["score"] = c.Score,
                }),
            ]),
        };

    /// <summary>The word of the command line for an assertion.</summary>
    public static string AssertionName(Assertion assertion) =>
        assertion switch
        {
            Assertion.Negated => "negated",
            Assertion.Uncertain => "uncertain",
            Assertion.Hypothetical => "hypothetical",
            Assertion.Historical => "historical",
            Assertion.Family => "family",
            _ => "present",
        };
}
