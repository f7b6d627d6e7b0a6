using MedLedger.Analytics;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Records;
using MedLedger.Analytics.Reports;

namespace MedLedger.Tests.Analytics;

[Collection(nameof(Model))]
public sealed class ReportTests(Model model)
{
    private const string Note =
        "Assessment: pneumonia. Denies chest pain. Possible pulmonary embolism.\nFamily History: Mother had breast cancer.\n"
        + "Medications: metformin 500 mg twice daily.\nLabs: hemoglobin 9.1 g/dL.";

    [Fact]
    public void Problems_become_conditions_with_their_status()
    {
        var conditions = FindingReport.Conditions("Patient/1", Analysis(Note));
        var status = conditions.ToDictionary(
            c => (string)c["code"]!["text"]!,
            c => (string)c["verificationStatus"]!["coding"]![0]!["code"]!,
            StringComparer.OrdinalIgnoreCase
        );
        Assert.Equal("confirmed", status["pneumonia"]);
        Assert.Equal("refuted", status["chest pain"]);
        Assert.Equal("unconfirmed", status["pulmonary embolism"]);
        Assert.DoesNotContain("breast cancer", status.Keys);
        Assert.All(
            conditions,
            c => Assert.Equal("DocumentReference/7", (string)c["evidence"]![0]!["detail"]![0]!["reference"]!)
        );
    }

    [Fact]
    public void Family_and_denied_problems_stand_apart()
    {
        var problems = FindingReport.Problems(Analysis(Note));
        Assert.Contains("breast cancer", problems[Assertion.Family]);
        Assert.Contains("chest pain", problems[Assertion.Negated]);
        Assert.DoesNotContain("chest pain", problems[Assertion.Present]);
    }

    [Fact]
    public void Drugs_come_with_their_doses() =>
        Assert.Contains(
            FindingReport.Drugs(Analysis(Note)),
            d => d.StartsWith("metformin 500 mg", StringComparison.Ordinal)
        );

    [Fact]
    public void Every_quoted_word_stands_in_the_text()
    {
        var analysis = Analysis(Note);
        foreach (var words in FindingReport.Problems(analysis).Values.SelectMany(v => v))
            Assert.Contains(words, Note, StringComparison.Ordinal);
        foreach (var observation in FindingReport.Observations("Patient/1", analysis))
        {
            Assert.Contains((string)observation["valueString"]!, Note, StringComparison.Ordinal);
            Assert.Equal("preliminary", (string)observation["status"]!);
        }
    }

    [Fact]
    public void An_obligation_to_deidentify_masks_before_the_model_reads()
    {
        var text = new RecordText(
            [new RecordPassage("DocumentReference.description", PassageSource.Note, "Mr. Kingsley denies fever.")],
            []
        );
        var masked = model.Pipeline.Run("DocumentReference/7", text, [ClinicalPipeline.Deidentify], default);
        Assert.Equal("Mr. [NAME] denies fever.", masked.Passages[0].Passage.Text);
        Assert.Equal("Mr. [NAME] denies fever.", masked.Passages[0].Document.Text);
        var open = model.Pipeline.Run("DocumentReference/7", text, [], default);
        Assert.Contains("Kingsley", open.Passages[0].Document.Text, StringComparison.Ordinal);
        Assert.Equal(model.Pipeline.ModelSha256, open.ModelSha256);
    }

    [Fact]
    public void Codes_are_suggested_also_for_short_forms()
    {
        const string text = "Atrial fibrillation (AF) was treated with aspirin. AF recurred.";
        var findings = model.Pipeline.Analyze(text).Findings;
        Assert.All(findings.Where(f => f.Type == "Problem"), f => Assert.Contains(f.Codes, c => c.Code == "D001281"));
        Assert.Contains(findings.Single(f => f.Text == "aspirin").Codes, c => c.Code == "D001241");
        Assert.Contains(
            findings[0].Codes,
            c =>
                c.System.EndsWith("icd-10-cm", StringComparison.Ordinal)
                && c.Code.StartsWith("I48", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_record_s_own_codes_come_first()
    {
        var passage = new RecordPassage("Condition", PassageSource.Coded, "Asthma.")
        {
            Codes = [new CodedSpan(new(0, 6), [new("http://snomed.info/sct", "195967001")])],
        };
        var analysis = model.Pipeline.Run("Condition/1", new RecordText([passage], []), [], default);
        Assert.Equal("195967001", analysis.Passages[0].Document.Findings[0].Codes[0].Code);
    }

    private RecordAnalysis Analysis(string note) =>
        model.Pipeline.Run(
            "DocumentReference/7",
            new RecordText([new RecordPassage("DocumentReference.description", PassageSource.Note, note)], []),
            [],
            default
        );
}
