using System.Text.Json.Nodes;
using MedLedger.Analytics;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Records;
using MedLedger.Analytics.Reports;
using MedLedger.Analytics.Text;

namespace MedLedger.Api.Cli;

/// <summary>Findings as the JSON of <c>analyze</c>.</summary>
internal static class FindingJson
{
    /// <summary>Everything found in the words of a source, by the source's offsets.</summary>
    public static JsonObject Document(
        ClinicalPipeline pipeline,
        SourceText source,
        ClinicalDocument document,
        bool explain
    )
    {
        var json = new JsonObject
        {
            ["model"] = new JsonObject
            {
                ["name"] = pipeline.ModelName,
                ["sha256"] = pipeline.ModelSha256,
                ["rules"] = ClinicalPipeline.RulesVersion,
            },
            ["contentType"] = source.ContentType,
            ["english"] = document.English,
            ["sections"] = new JsonArray([
                .. document.Sections.Select(s => Placed(new JsonObject { ["name"] = s.Name }, source, s.Span)),
            ]),
        };
        json["findings"] = Findings(pipeline, source, document, explain);
        return json;
    }

    /// <summary>The findings of a document, each with the words that carried it when that is asked for.</summary>
    public static JsonArray Findings(
        ClinicalPipeline pipeline,
        SourceText source,
        ClinicalDocument document,
        bool explain
    )
    {
        var findings = Findings(source, document.Findings);
        for (var i = 0; explain && i < findings.Count; i++)
            findings[i]!["words"] = Words(source, pipeline.Explain(document.Text, document.Findings[i]));
        return findings;
    }

    /// <summary>Findings in the words of a source, by the source's offsets.</summary>
    public static JsonArray Findings(SourceText source, IEnumerable<Finding> findings) =>
        new([.. findings.Select(f => One(source, f))]);

    // The members of a span in the words, as a span of the source.
    private static JsonObject Placed(JsonObject json, SourceText source, TextSpan span)
    {
        var (start, end) = source.InSource(span);
        json["start"] = start;
        json["end"] = end;
        return json;
    }

    /// <summary>Headings with quotations; each says where its words stand.</summary>
    public static JsonArray Summary(
        IReadOnlyList<RecordAnalysis> analyses,
        IReadOnlyDictionary<string, SourceText> sources
    ) =>
        new([
            .. NoteSummary
                .Of(analyses)
                .Select(part => new JsonObject
                {
                    ["heading"] = part.Heading,
                    ["quotations"] = new JsonArray([
                        .. part.Quotations.Select(q =>
                            Placed(
                                new JsonObject { ["text"] = q.Text, ["source"] = q.Reference },
                                sources[q.Reference],
                                q.Span
                            )
                        ),
                    ]),
                }),
        ]);

    private static JsonArray Words(SourceText source, IReadOnlyList<TokenWeight> words)
    {
        var all = new JsonArray();
        foreach (var word in words)
        {
            var json = Placed(new JsonObject { ["text"] = word.Text }, source, word.Span);
            json["weight"] = word.Weight;
            all.Add((JsonNode)json);
        }
        return all;
    }

    private static JsonObject One(SourceText source, Finding finding)
    {
        var json = Placed(new JsonObject { ["type"] = finding.Type, ["text"] = finding.Text }, source, finding.Span);
        json["assertion"] = AssertionName(finding.Assertion);
        json["cue"] = finding.Cue is { } cue ? CueOf(source, cue) : null;
        json["section"] = finding.Section;
        json["score"] = finding.Score;
        json["codes"] = new JsonArray([
            .. finding.Codes.Select(c => new JsonObject
            {
                ["system"] = c.System,
                ["code"] = c.Code,
                ["display"] = c.Display,
                ["score"] = c.Score,
            }),
        ]);
        return json;
    }

    private static JsonObject CueOf(SourceText source, Cue cue)
    {
        var json = Placed(new JsonObject { ["text"] = cue.Text }, source, cue.Span);
        json["scope"] = Placed(new JsonObject(), source, cue.Scope);
        return json;
    }

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
