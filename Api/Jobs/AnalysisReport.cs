using System.Text;
using System.Text.Json.Nodes;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Records;
using MedLedger.Analytics.Reports;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Jobs;

/// <summary>
/// The result of an analysis as a FHIR R4 DiagnosticReport: each finding is a contained Observation that names its
/// source, span, assertion with its cue, score and model; the patient's problems are contained Conditions, tests with values
/// contained Observations, and <c>presentedForm</c> is a summary in the records' own words. One resource, so that it is
/// sealed, proven and erased as one.
/// </summary>
internal static class AnalysisReport
{
    /// <summary>What the ids of an analysis's resources begin with, before the id of its job.</summary>
    public const string Prefix = "analysis-";

    private const string Components = "https://medledger.example/fhir/CodeSystem/finding";

    /// <summary>Builds the report.</summary>
    /// <param name="id">Its FHIR id.</param>
    /// <param name="patient"><c>Patient/id</c>.</param>
    /// <param name="requester">Reference of the grantee.</param>
    /// <param name="analyses">What was found in each record.</param>
    /// <param name="labels">Labels of the records that were read; the report carries them all.</param>
    /// <param name="time">The moment of the report.</param>
    public static JsonObject Build(
        string id,
        string patient,
        string requester,
        IReadOnlyList<RecordAnalysis> analyses,
        IEnumerable<Coding> labels,
        DateTimeOffset time
    )
    {
        var contained = new JsonArray();
        var results = new JsonArray();
        foreach (var analysis in analyses)
        {
            foreach (var passage in analysis.Passages)
            {
                foreach (var finding in passage.Document.Findings)
                {
                    var local = $"finding-{contained.Count + 1}";
                    contained.Add(Observation(local, patient, analysis, passage, finding));
                    results.Add(Reference("#" + local));
                }
            }
        }
        var found = results.Count;
        foreach (var analysis in analyses)
        {
            foreach (var observation in FindingReport.Observations(patient, analysis))
                results.Add(Reference("#" + Contain(contained, observation, "result")));
            foreach (var condition in FindingReport.Conditions(patient, analysis))
            {
                // dom-3: what is contained is referred to, or refers to what contains it. The report is evidence.
                condition["evidence"]![0]!["detail"]!.AsArray().Add(Reference("#"));
                Contain(contained, condition, "problem");
            }
        }
        var notRead = analyses
            .SelectMany(a => a.NotRead.Select(part => $"{a.Reference} {part.Path}: {part.Why}"))
            .ToList();
        var foreign = analyses
            .SelectMany(a => a.Passages.Where(p => !p.Document.English).Select(p => $"{a.Reference} {p.Passage.Path}"))
            .ToList();
        var report = new JsonObject { ["resourceType"] = "DiagnosticReport", ["id"] = id };
        var security = new JsonArray([
            .. labels
                .Distinct()
                .Select(label => (JsonNode)new JsonObject { ["system"] = label.System, ["code"] = label.Code }),
        ]);
        if (security.Count > 0)
            report["meta"] = new JsonObject { ["security"] = security };
        if (contained.Count > 0)
            report["contained"] = contained;
        report["status"] = "preliminary";
        report["code"] = new JsonObject { ["text"] = "Clinical language analysis" };
        report["subject"] = Reference(patient);
        report["issued"] = Requests.Moment(time);
        report["resultsInterpreter"] = new JsonArray(Reference(requester));
        if (results.Count > 0)
            report["result"] = results;
        report["conclusion"] =
            $"{found} findings in {analyses.Count} records by a language model; not reviewed by a person."
            + (notRead.Count > 0 ? " Not read: " + string.Join("; ", notRead) + "." : "")
            + (foreign.Count > 0 ? " Not English, not to be relied on: " + string.Join("; ", foreign) + "." : "");
        var summary = NoteSummary.Text(analyses);
        if (summary.Length > 0)
            report["presentedForm"] = new JsonArray(
                new JsonObject
                {
                    ["contentType"] = "text/plain; charset=utf-8",
                    ["language"] = "en",
                    ["data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(summary)),
                    ["title"] = "Summary in the words of the records",
                }
            );
        return report;
    }

    private static string Contain(JsonArray contained, JsonObject resource, string kind)
    {
        var id = $"{kind}-{contained.Count + 1}";
        resource.Insert(1, "id", id);
        contained.Add(resource);
        return id;
    }

    private static JsonObject Observation(
        string id,
        string patient,
        RecordAnalysis analysis,
        AnalyzedPassage passage,
        Finding finding
    )
    {
        var components = new JsonArray(
            Text("assertion", finding.Assertion.ToString().ToLowerInvariant()),
            Text("path", passage.Passage.Path),
            Integer("start", finding.Span.Start),
            Integer("end", finding.Span.End)
        );
        if (finding.Cue is { } cue)
        {
            components.Add(Text("cue", cue.Text));
            components.Add(Integer("cue-start", cue.Span.Start));
            components.Add(Integer("cue-end", cue.Span.End));
        }
        if (finding.Section is { } section)
            components.Add(Text("section", section));
        components.Add(
            new JsonObject
            {
                ["code"] = Code("score"),
                ["valueQuantity"] = new JsonObject { ["value"] = Math.Round((decimal)finding.Score, 4) },
            }
        );
        var value = new JsonObject { ["text"] = finding.Text };
        var codings = new JsonArray([
            .. finding.Codes.Select(code =>
                (JsonNode)
                    new JsonObject
                    {
                        ["system"] = code.System,
                        ["code"] = code.Code,
                        ["display"] = code.Display,
                    }
            ),
        ]);
        if (codings.Count > 0)
            value["coding"] = codings;
        return new JsonObject
        {
            ["resourceType"] = "Observation",
            ["id"] = id,
            ["status"] = "preliminary",
            ["code"] = new JsonObject { ["text"] = finding.Type },
            ["subject"] = Reference(patient),
            ["valueCodeableConcept"] = value,
            ["method"] = new JsonObject { ["text"] = "model " + analysis.ModelSha256 },
            ["focus"] = new JsonArray(Reference(analysis.Reference)),
            ["component"] = components,
        };
    }

    private static JsonObject Reference(string reference) => new() { ["reference"] = reference };

    private static JsonObject Code(string code) =>
        new() { ["coding"] = new JsonArray(new JsonObject { ["system"] = Components, ["code"] = code }) };

    private static JsonObject Text(string code, string value) =>
        new() { ["code"] = Code(code), ["valueString"] = value };

    private static JsonObject Integer(string code, int value) =>
        new() { ["code"] = Code(code), ["valueInteger"] = value };
}
