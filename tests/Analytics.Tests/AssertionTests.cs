using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Text;

namespace MedLedger.Tests.Analytics;

[Collection(nameof(Model))]
public sealed class AssertionTests(Model model)
{
    public static TheoryData<string, string, string, string> Sentences()
    {
        var data = new TheoryData<string, string, string, string>();
        foreach (var row in Cases.Rows("assertions.tsv"))
            data.Add(row[0], row[1], row[2], row.Length > 3 ? row[3] : "Problem");
        return data;
    }

    [Theory]
    [MemberData(nameof(Sentences))]
    public void Assertion_is_as_a_reader_says(string family, string sentence, string expected, string type)
    {
        // Forms have brackets of their own.
        var (text, start, end) = sentence.Contains('«', StringComparison.Ordinal)
            ? Cases.Marked(sentence, '«', '»')
            : Cases.Marked(sentence, '[', ']');
        var finding = model.Pipeline.Assert(text, [new GivenSpan(new TextSpan(start, end), type)])[0];
        Assert.Equal(text[start..end], finding.Text);
        Assert.True(
            string.Equals(expected, finding.Assertion.ToString(), StringComparison.OrdinalIgnoreCase),
            $"{family}: {expected} but {finding.Assertion} by '{finding.Cue?.Text}' (network {finding.Negation})"
        );
        if (finding.Cue is { } cue)
            Assert.Equal(cue.Text, cue.Span.Of(text).ToString());
    }

    [Fact]
    public void Cue_names_its_words_and_scope()
    {
        const string text = "He denies fever, chills or cough, but has pain.";
        var finding = model.Pipeline.Assert(text, [new GivenSpan(new TextSpan(27, 32), "Problem")])[0];
        Assert.Equal("cough", finding.Text);
        Assert.Equal("denies", finding.Cue!.Text);
        Assert.Equal(" fever, chills or cough,", text[(finding.Cue.Scope.Start - 1)..finding.Cue.Scope.End]);
    }

    [Fact]
    public void Given_spans_come_back_in_their_order()
    {
        const string text = "No fever. Has cough. Denies pain.";
        GivenSpan[] spans =
        [
            new(new TextSpan(28, 32), "C"),
            new(new TextSpan(3, 8), "A"),
            new(new TextSpan(14, 19), "B"),
        ];
        var findings = model.Pipeline.Assert(text, spans);
        Assert.Equal(["C", "A", "B"], findings.Select(f => f.Type));
        Assert.Equal([Assertion.Negated, Assertion.Negated, Assertion.Present], findings.Select(f => f.Assertion));
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(3, 2)]
    [InlineData(0, 99)]
    public void Spans_outside_the_text_are_refused(int start, int end) =>
        Assert.Throws<ArgumentException>(() =>
            model.Pipeline.Assert("fever", [new GivenSpan(new TextSpan(start, end), "Problem")])
        );

    [Fact]
    public void Empty_and_blank_spans_are_answered()
    {
        var findings = model.Pipeline.Assert(
            "a  b",
            [new(new TextSpan(1, 3), "X"), new(new TextSpan(4, 4), "X"), new(new TextSpan(0, 0), "X")]
        );
        Assert.All(findings, f => Assert.Equal(Assertion.Present, f.Assertion));
    }
}
