using System.Text;
using MedLedger.Analytics.Inference;

namespace MedLedger.Tests.Analytics;

[Collection(nameof(Model))]
public sealed class ShorthandTests(Model model)
{
    public static TheoryData<string, string> Sentences()
    {
        var data = new TheoryData<string, string>();
        foreach (var row in Cases.Rows("shorthand.tsv"))
            data.Add(row[0], row[1]);
        return data;
    }

    [Theory]
    [MemberData(nameof(Sentences))]
    public void Shorthand_is_what_a_clinician_reads(string sentence, string expected)
    {
        var found = model.Pipeline.Analyze(sentence).Findings;
        foreach (var one in expected.Split('|'))
        {
            if (one[0] == '-')
            {
                Assert.Contains(one[1..], sentence, StringComparison.Ordinal);
                Assert.DoesNotContain(found, f => f.Text.Contains(one[1..], StringComparison.Ordinal));
            }
            else
                Assert.Contains(one, found.Select(f => $"{f.Type}:{f.Text}"));
        }
        Assert.All(found, f => Assert.Equal(f.Text, f.Span.Of(sentence).ToString()));
    }

    [Fact]
    public void Findings_do_not_overlap()
    {
        const string text = "68M h/o CAD s/p CABG x3 (2011), HTN, DM2, COPD c/o SOB, N/V. HTN HTN.";
        var found = model.Pipeline.Analyze(text).Findings;
        for (var i = 1; i < found.Count; i++)
            Assert.True(found[i - 1].Span.End <= found[i].Span.Start);
    }

    [Fact]
    public void A_short_form_has_the_codes_of_its_long_form()
    {
        var found = model.Pipeline.Analyze("History of COPD.").Findings.Single(f => f.Text == "COPD");
        Assert.Contains(found.Codes, c => c.Display.Contains("Obstructive", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("""{"version":"1","forms":{},"found":[],"none":[],"more":1}""")]
    [InlineData("""{"version":"1","forms":{"Drug":{"X":"y"}},"found":[],"none":[]}""")]
    [InlineData("""{"version":"1","forms":{"Test":{"x":"y"}},"found":[],"none":[]}""")]
    [InlineData("""{"version":"1","forms":{"Test":{"X":null}},"found":[],"none":[]}""")]
    [InlineData("""{"version":"1","forms":{}}""")]
    [InlineData("[]")]
    public void Shorthand_rules_of_another_form_are_refused(string json) =>
        Assert.Throws<InvalidDataException>(() => Shorthand.Parse(Encoding.UTF8.GetBytes(json)));
}
