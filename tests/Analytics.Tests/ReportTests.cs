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
    public void A_condition_names_the_part_of_the_body_beside_it()
    {
        var conditions = FindingReport.Conditions("Patient/1", Analysis("CT showed a mass in the left kidney."));
        var condition = Assert.Single(conditions, c => c.ContainsKey("bodySite"));
        Assert.Contains("kidney", (string)condition["bodySite"]![0]!["text"]!, StringComparison.Ordinal);
        Assert.All(
            FindingReport.Conditions("Patient/1", Analysis("Has asthma. The kidney is normal.")),
            c => Assert.Null(c["bodySite"])
        );
    }

    [Fact]
    public void Family_and_denied_problems_stand_apart()
    {
        var analysis = Analysis(Note);
        IEnumerable<string> Of(Assertion assertion) => FindingReport.Problems(analysis, assertion).Select(q => q.Text);
        Assert.Contains("breast cancer", Of(Assertion.Family));
        Assert.Contains("chest pain", Of(Assertion.Negated));
        Assert.DoesNotContain("chest pain", Of(Assertion.Present));
    }

    [Fact]
    public void Drugs_come_with_their_doses() =>
        Assert.Contains(
            FindingReport.Drugs(Analysis(Note)),
            d => d.Text.StartsWith("metformin 500 mg", StringComparison.Ordinal)
        );

    [Fact]
    public void Every_quoted_word_stands_in_the_text()
    {
        var analysis = Analysis(Note);
        var summary = NoteSummary.Of([analysis]);
        Assert.Equal(
            [
                "Problems",
                "Possible, not settled",
                "Denied or excluded",
                "In the family, not the patient",
                "Drugs",
                "Results",
            ],
            summary.Select(s => s.Heading)
        );
        foreach (var quotation in summary.SelectMany(s => s.Quotations))
            Assert.Equal(Note[quotation.Span.Start..quotation.Span.End], quotation.Text);
        Assert.Contains(
            "In the family, not the patient:\n- \"breast cancer\" (DocumentReference/7)\n",
            NoteSummary.Text([analysis]),
            StringComparison.Ordinal
        );
        Assert.Equal("", NoteSummary.Text([]));
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
        var masked = model.Pipeline.Run("DocumentReference/7", text, ["DEID"], default);
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
