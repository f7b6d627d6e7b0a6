using System.Text.Json.Nodes;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Records;

namespace MedLedger.Analytics.Reports;

/// <summary>
/// Findings of a record as FHIR R4 resources: a Condition for each problem, with verification status and evidence, an
/// Observation for each test with its value; and lists that quote the text. It says nothing that the text does not.
/// </summary>
public static class FindingReport
{
    private const string Verification = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
    private const string Clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical";

    /// <summary>
    /// The problems of the patient as Conditions. What is denied is <c>refuted</c>, what is open <c>unconfirmed</c>; what
    /// relatives have, and what may come, is no Condition of the patient and left out. <c>bodySite</c> is the part of the
    /// body that stands beside the problem.
    /// </summary>
    /// <param name="subject"><c>Patient/id</c>.</param>
    /// <param name="analysis">The analysis of one record.</param>
    public static IReadOnlyList<JsonObject> Conditions(string subject, RecordAnalysis analysis)
    {
        var found = new List<(Finding Problem, Finding? Site)>();
        foreach (var passage in analysis.Passages)
        {
            var findings = passage.Document.Findings;
            for (var i = 0; i < findings.Count; i++)
            {
                if (
                    findings[i].Type == "Problem"
                    && findings[i].Assertion is not (Assertion.Family or Assertion.Hypothetical)
                )
                    found.Add((findings[i], Neighbours.BodySite(passage.Document.Text, findings, i)));
            }
        }
        return
        [
            .. found
                .GroupBy(f => (f.Problem.Text.ToUpperInvariant(), f.Problem.Assertion, f.Site?.Text.ToUpperInvariant()))
                .Select(g => Condition(subject, analysis, g.First().Problem, g.First().Site, g.Count())),
        ];
    }

    /// <summary>The tests of the patient as Observations; the value is the next lab value of the same sentence part.</summary>
    /// <param name="subject"><c>Patient/id</c>.</param>
    /// <param name="analysis">The analysis of one record.</param>
    public static IReadOnlyList<JsonObject> Observations(string subject, RecordAnalysis analysis) =>
        [.. analysis.Passages.SelectMany(Tested).Select(t => Observation(subject, analysis, t.Test, t.Value))];

    /// <summary>The tests with their values, quoted from the test to the end of the value.</summary>
    /// <param name="analysis">The analysis of one record.</param>
    public static IReadOnlyList<Quotation> Results(RecordAnalysis analysis) =>
        [.. analysis.Passages.SelectMany(p => Tested(p).Select(t => Quotation.Of(analysis, p, t.Test, t.Value)))];

    /// <summary>The drugs, each quoted to the end of its dose when one stands beside it; not what is denied or a relative's.</summary>
    /// <param name="analysis">The analysis of one record.</param>
    public static IReadOnlyList<Quotation> Drugs(RecordAnalysis analysis)
    {
        var drugs = new List<Quotation>();
        foreach (var passage in analysis.Passages)
        {
            var findings = passage.Document.Findings;
            for (var i = 0; i < findings.Count; i++)
            {
                if (findings[i].Type != "Drug" || findings[i].Assertion is Assertion.Negated or Assertion.Family)
                    continue;
                var dose = Neighbours.Following(passage.Document.Text, findings, i, "Dosage");
                drugs.Add(Quotation.Of(analysis, passage, findings[i], dose));
            }
        }
        return [.. drugs.DistinctBy(q => q.Text, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The problems of which the text says <paramref name="assertion"/>, quoted.</summary>
    /// <param name="analysis">The analysis of one record.</param>
    /// <param name="assertion">What is said of them.</param>
    public static IReadOnlyList<Quotation> Problems(RecordAnalysis analysis, Assertion assertion) =>
        [
            .. analysis
                .Passages.SelectMany(p =>
                    p.Document.Findings.Where(f => f.Type == "Problem" && f.Assertion == assertion)
                        .Select(f => Quotation.Of(analysis, p, f))
                )
                .DistinctBy(q => q.Text, StringComparer.OrdinalIgnoreCase),
        ];

    private static IEnumerable<(Finding Test, Finding Value)> Tested(AnalyzedPassage passage)
    {
        var findings = passage.Document.Findings;
        for (var i = 0; i < findings.Count; i++)
        {
            if (
                findings[i] is { Type: "Test", Assertion: Assertion.Present }
                && Neighbours.Following(passage.Document.Text, findings, i, "LabValue") is { } value
            )
                yield return (findings[i], value);
        }
    }

    private static JsonObject Condition(
        string subject,
        RecordAnalysis analysis,
        Finding finding,
        Finding? site,
        int count
    )
    {
        var (verification, clinical) = finding.Assertion switch
        {
            Assertion.Negated => ("refuted", null),
            Assertion.Uncertain => ("unconfirmed", "active"),
            Assertion.Historical => ("confirmed", "inactive"),
            _ => ("confirmed", "active"),
        };
        var condition = new JsonObject
        {
            ["resourceType"] = "Condition",
            ["verificationStatus"] = Concept(Verification, verification),
            ["code"] = Code(finding),
            ["subject"] = new JsonObject { ["reference"] = subject },
            ["evidence"] = new JsonArray(Evidence(analysis, finding)),
            ["note"] = new JsonArray(new JsonObject { ["text"] = Note(analysis, finding, count) }),
        };
        if (clinical is not null)
            condition.Insert(1, "clinicalStatus", Concept(Clinical, clinical));
        if (site is not null)
            condition["bodySite"] = new JsonArray(Code(site));
        return condition;
    }

    private static JsonObject Observation(string subject, RecordAnalysis analysis, Finding test, Finding value)
    {
        var observation = new JsonObject
        {
            ["resourceType"] = "Observation",
            ["status"] = "preliminary",
            ["code"] = Code(test),
            ["subject"] = new JsonObject { ["reference"] = subject },
            ["valueString"] = value.Text,
            ["note"] = new JsonArray(new JsonObject { ["text"] = Note(analysis, test, 1) }),
        };
        // R4 lets an Observation derive from these only.
        if (analysis.Reference.Split('/')[0] is "DocumentReference" or "Observation" or "Media")
            observation["derivedFrom"] = new JsonArray(new JsonObject { ["reference"] = analysis.Reference });
        return observation;
    }

    private static JsonObject Evidence(RecordAnalysis analysis, Finding finding) =>
        new()
        {
            ["code"] = new JsonArray(new JsonObject { ["text"] = finding.Text }),
            ["detail"] = new JsonArray(new JsonObject { ["reference"] = analysis.Reference }),
        };

    private static string Note(RecordAnalysis analysis, Finding finding, int count)
    {
        var cue = finding.Cue is { } c ? $", cue \"{c.Text}\" at {c.Span.Start}" : "";
        return $"\"{finding.Text}\" at {finding.Span.Start}-{finding.Span.End}{cue}, score {finding.Score}, "
            + $"{count} times; model {analysis.ModelSha256}; {ClinicalPipeline.RulesVersion}";
    }

    private static JsonObject Code(Finding finding)
    {
        var code = new JsonObject { ["text"] = finding.Text };
        if (finding.Codes.Count > 0)
            code["coding"] = new JsonArray([
                .. finding.Codes.Select(c => new JsonObject
                {
                    ["system"] = c.System,
                    ["code"] = c.Code,
                    ["display"] = c.Display,
                }),
            ]);
        return code;
    }

    private static JsonObject Concept(string system, string code) =>
        new() { ["coding"] = new JsonArray(new JsonObject { ["system"] = system, ["code"] = code }) };
}
