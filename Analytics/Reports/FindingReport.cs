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
    /// relatives have, and what may come, is no Condition of the patient and left out.
    /// </summary>
    /// <param name="subject"><c>Patient/id</c>.</param>
    /// <param name="analysis">The analysis of one record.</param>
    public static IReadOnlyList<JsonObject> Conditions(string subject, RecordAnalysis analysis) =>
        [
            .. analysis
                .Passages.SelectMany(p => p.Document.Findings)
                .Where(f => f.Type == "Problem" && f.Assertion is not (Assertion.Family or Assertion.Hypothetical))
                .GroupBy(f => (Name: f.Text.ToLowerInvariant(), f.Assertion))
                .Select(g => Condition(subject, analysis, g.First(), g.Count())),
        ];

    /// <summary>The tests of the patient as Observations; the value is the next lab value of the same sentence part.</summary>
    /// <param name="subject"><c>Patient/id</c>.</param>
    /// <param name="analysis">The analysis of one record.</param>
    public static IReadOnlyList<JsonObject> Observations(string subject, RecordAnalysis analysis)
    {
        var observations = new List<JsonObject>();
        foreach (var passage in analysis.Passages)
        {
            var findings = passage.Document.Findings;
            for (var i = 0; i < findings.Count; i++)
            {
                if (findings[i].Type != "Test" || findings[i].Assertion != Assertion.Present)
                    continue;
                var value = Following(passage.Document.Text, findings, i, "LabValue");
                if (value is not null)
                    observations.Add(Observation(subject, analysis, findings[i], value));
            }
        }
        return observations;
    }

    /// <summary>The drugs with their doses, as the text writes them, each once.</summary>
    /// <param name="analysis">The analysis of one record.</param>
    public static IReadOnlyList<string> Drugs(RecordAnalysis analysis)
    {
        var drugs = new List<string>();
        foreach (var passage in analysis.Passages)
        {
            var findings = passage.Document.Findings;
            for (var i = 0; i < findings.Count; i++)
            {
                if (findings[i].Type != "Drug" || findings[i].Assertion is Assertion.Negated or Assertion.Family)
                    continue;
                var dose = Following(passage.Document.Text, findings, i, "Dosage");
                drugs.Add(dose is null ? findings[i].Text : $"{findings[i].Text} {dose.Text}");
            }
        }
        return [.. drugs.Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The problems by what is said of them: present first, denied and family apart; each quotes the text.</summary>
    /// <param name="analysis">The analysis of one record.</param>
    public static IReadOnlyDictionary<Assertion, IReadOnlyList<string>> Problems(RecordAnalysis analysis) =>
        analysis
            .Passages.SelectMany(p => p.Document.Findings)
            .Where(f => f.Type == "Problem")
            .GroupBy(f => f.Assertion)
            .OrderBy(g => g.Key)
            .ToDictionary(
                g => g.Key,
                g => (IReadOnlyList<string>)[.. g.Select(f => f.Text).Distinct(StringComparer.OrdinalIgnoreCase)]
            );

    // Not over the end of a line or of a sentence, and not past another finding of the first one's type.
    private static Finding? Following(string text, IReadOnlyList<Finding> findings, int index, string type)
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

    private static JsonObject Condition(string subject, RecordAnalysis analysis, Finding finding, int count)
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
