using MedLedger.Analytics.Documents;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Tests.Records;

/// <summary>Which sensitivity a text gives a record: by what is said, and of whom.</summary>
public sealed class SensitivityRulesTests
{
    private static readonly ResourceFacts Facts = new()
    {
        Reference = "DocumentReference/x",
        Type = "DocumentReference",
    };

    [Theory]
    // A denied disorder is none; that is asked of everybody.
    [InlineData("depression", "Negated", "")]
    [InlineData("cocaine", "Negated", "")]
    [InlineData("syphilis", "Negated", "")]
    [InlineData("contraception", "Negated", "")]
    [InlineData("domestic violence", "Negated", "")]
    [InlineData("cystic fibrosis", "Negated", "")]
    // That somebody was tested is protected, whatever it showed.
    [InlineData("HIV", "Negated", "HIV")]
    [InlineData("BRCA1", "Negated", "GDIS")]
    [InlineData("genetic testing", "Negated", "GDIS")]
    // What runs in a family, or lives in a household, is the patient's matter as well.
    [InlineData("HIV", "Family", "HIV")]
    [InlineData("huntington disease", "Family", "GDIS")]
    [InlineData("sexual abuse", "Family", "SDV")]
    [InlineData("chlamydia", "Family", "STD")]
    [InlineData("depression", "Family", "")]
    [InlineData("alcohol use disorder", "Family", "")]
    // What may come or is planned.
    [InlineData("depression", "Hypothetical", "")]
    [InlineData("methadone", "Hypothetical", "")]
    [InlineData("termination of pregnancy", "Hypothetical", "SEX")]
    [InlineData("domestic violence", "Hypothetical", "SDV")]
    [InlineData("HIV", "Hypothetical", "HIV")]
    // What is left open, or was, counts everywhere.
    [InlineData("bipolar", "Uncertain", "PSY")]
    [InlineData("alcohol dependence", "Historical", "SUD")]
    [InlineData("rape", "Historical", "SDV")]
    [InlineData("depression", "Present", "PSY")]
    // Nobody looked at what stands beyond the limit.
    [InlineData("no cocaine", null, "SUD")]
    public void A_finding_counts_by_what_the_text_says_of_it(string text, string? assertion, string label)
    {
        Assertion? said = assertion is null ? null : Enum.Parse<Assertion>(assertion);
        var labelled = SensitivityRules.BuiltIn.Label(Facts, [new TextFinding(text, [], said)], []);
        var expected = label.Length == 0 ? [] : new[] { label, "R" };
        Assert.Equal(expected, labelled.Labels.Select(one => one.Code), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("Negated", false)]
    [InlineData("Family", false)]
    [InlineData("Present", true)]
    [InlineData(null, true)]
    public void A_suggested_code_counts_like_its_label(string? assertion, bool isLabelled)
    {
        Assertion? said = assertion is null ? null : Enum.Parse<Assertion>(assertion);
        var code = new Coding("http://snomed.info/sct", "35489007");
        var labelled = SensitivityRules.BuiltIn.Label(Facts, [new TextFinding("low mood", [code], said)], []);
        Assert.Equal(isLabelled, labelled.Labels.Any(one => one.Code == "PSY"));
        // A code of the resource itself always counts: whose it is, its own elements say.
        Assert.Contains(
            SensitivityRules.BuiltIn.Label(Facts with { Codes = [code] }, [], []).Labels,
            one => one.Code == "PSY"
        );
    }
}
