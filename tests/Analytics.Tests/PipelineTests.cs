using CsCheck;
using MedLedger.Analytics;
using MedLedger.Analytics.Documents;

namespace MedLedger.Tests.Analytics;

[Collection(nameof(Model))]
public sealed class PipelineTests(Model model)
{
    private const string Note =
        "CHIEF COMPLAINT: chest pain\nHPI: A 64-year-old woman with hypertension denies fever, chills or cough.\r\n"
        + "Medications: metformin 500 mg twice daily.\nFamily History: Mother had breast cancer.\n"
        + "Plan: return if vomiting develops. Warfarin-induced bleeding \U0001F600 was excluded.";

    [Fact]
    public void A_note_is_read()
    {
        var document = model.Pipeline.Analyze(Note);
        var found = document.Findings.ToDictionary(f => f.Text, f => f, StringComparer.Ordinal);
        Assert.Equal(Assertion.Present, found["chest pain"].Assertion);
        Assert.Equal(Assertion.Negated, found["cough"].Assertion);
        Assert.Equal("Drug", found["metformin"].Type);
        Assert.Equal("medications", found["metformin"].Section);
        Assert.Equal(Assertion.Family, found["breast cancer"].Assertion);
        Assert.Equal(Assertion.Hypothetical, found["vomiting"].Assertion);
        Assert.True(document.English);
    }

    [Theory]
    [InlineData(FindingHead.All)]
    [InlineData(FindingHead.Bc5cdr)]
    [InlineData(FindingHead.CaseReport)]
    public void Offsets_point_to_the_text_and_do_not_overlap(FindingHead head)
    {
        var at = 0;
        foreach (var finding in model.Pipeline.Analyze(Note, head).Findings)
        {
            Assert.Equal(Note[finding.Span.Start..finding.Span.End], finding.Text);
            Assert.True(finding.Span.Start >= at);
            Assert.InRange(finding.Score, 0, 1);
            at = finding.Span.End;
        }
    }

    [Fact]
    public void Heads_name_their_types()
    {
        var corpus = model.Pipeline.Analyze(Note, FindingHead.Bc5cdr).Findings.Select(f => f.Type).ToHashSet();
        Assert.Subset(new HashSet<string> { "Chemical", "Disease" }, corpus);
        var report = model.Pipeline.Analyze(Note, FindingHead.CaseReport).Findings.Select(f => f.Type).ToHashSet();
        Assert.Subset(
            new HashSet<string> { "Problem", "Test", "Treatment", "Drug", "Dosage", "LabValue", "Anatomy" },
            report
        );
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("\n")]
    [InlineData("\t\r\n ")]
    public void White_space_at_the_end_changes_nothing(string end) =>
        Assert.Equal(
            model.Pipeline.Analyze(Note).Findings.Select(f => (f.Span, f.Type, f.Assertion, f.Score)),
            model.Pipeline.Analyze(Note + end).Findings.Select(f => (f.Span, f.Type, f.Assertion, f.Score))
        );

    [Fact]
    public void Paragraphs_may_change_places()
    {
        const string a = "She denies fever and cough.";
        const string b = "CT showed pneumonia of the left lower lobe.";
        var one = model.Pipeline.Analyze(a + "\n\n" + b).Findings.Select(f => (f.Text, f.Type, f.Assertion));
        var other = model.Pipeline.Analyze(b + "\n\n" + a).Findings.Select(f => (f.Text, f.Type, f.Assertion));
        Assert.Equal(one.Order(), other.Order());
    }

    /// <summary>Constant inputs and units fix the scales of the quantized network.</summary>
    [Fact]
    public void A_sentence_is_read_alike_whatever_stands_beside_it()
    {
        const string sentence = "Warfarin-induced bleeding was treated with 5 mg of vitamin K.";
        var alone = model.Pipeline.Analyze(sentence).Findings.Select(f => (f.Text, f.Type, f.Score)).ToList();
        Assert.NotEmpty(alone);
        foreach (
            var other in new[]
            {
                "No.",
                "Zzyzx %%% 12345 \ud83d\ude00!",
                Note,
                string.Concat(Enumerable.Repeat("fever and ", 90)),
            }
        )
        {
            var beside = model.Pipeline.Analyze(other + "\n\n" + sentence).Findings;
            Assert.Equal(alone, beside.Where(f => f.Span.Start > other.Length).Select(f => (f.Text, f.Type, f.Score)));
        }
    }

    [Fact]
    public void Parallel_runs_agree()
    {
        var expected = model.Pipeline.Analyze(Note).Findings.Select(f => (f.Span, f.Score)).ToList();
        Parallel.For(
            0,
            32,
            _ => Assert.Equal(expected, model.Pipeline.Analyze(Note).Findings.Select(f => (f.Span, f.Score)))
        );
    }

    [Fact]
    public void Short_forms_are_what_their_long_forms_are()
    {
        const string text = "Atrial fibrillation (AF) was treated with amiodarone. The AF recurred.";
        var found = model.Pipeline.Analyze(text, FindingHead.Bc5cdr).Findings;
        Assert.Equal(2, found.Count(f => f.Text == "AF" && f.Type == "Disease"));
    }

    [Theory]
    [InlineData("Seen by Dr. Anna Kowalski for cough.")]
    [InlineData("Mr. Jensen takes metformin. Call (617) 555-0143 or write to anna.kowalski@example.org.")]
    [InlineData("MRN: 00482913. Cough.")]
    public void Names_after_titles_addresses_and_bare_numbers_are_no_findings(string text) =>
        Assert.DoesNotContain(
            model.Pipeline.Analyze(text).Findings,
            f =>
                f.Text.Contains("Kowalski", StringComparison.OrdinalIgnoreCase)
                || f.Text is "Jensen" or "00482913" or "(617) 555-0143"
        );

    [Fact]
    public void The_words_that_carried_a_finding_are_named()
    {
        var finding = model.Pipeline.Analyze(Note, FindingHead.Bc5cdr).Findings.First(f => f.Text == "hypertension");
        var words = model.Pipeline.Explain(Note, finding);
        Assert.InRange(words.Count, 1, 5);
        Assert.Equal("hypertension", words[0].Text);
        Assert.All(words, w => Assert.Equal(w.Text, w.Span.Of(Note).ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\0\u0001\u0002\ufffd\uffff")]
    [InlineData("\ud83d\ude00\ud83d")]
    [InlineData("\udc00no fever")]
    public void Rubbish_is_answered(string text) =>
        Assert.All(model.Pipeline.Analyze(text).Findings, f => Assert.Equal(text[f.Span.Start..f.Span.End], f.Text));

    [Fact]
    public void Any_string_has_an_answer_with_right_offsets() =>
        Gen.String[Gen.OneOf(Gen.Char, Gen.Char["fevr no.,\n()"]), 0, 200]
            .Sample(
                text =>
                    Assert.All(
                        model.Pipeline.Analyze(text).Findings,
                        f => Assert.Equal(text[f.Span.Start..f.Span.End], f.Text)
                    ),
                iter: 100,
                threads: 1
            );

    [Fact]
    public void A_long_line_is_read_to_its_end()
    {
        var text = string.Concat(Enumerable.Repeat("no fever, cough; ", 2_000)) + "and diabetes mellitus";
        var findings = model.Pipeline.Analyze(text).Findings;
        Assert.Contains(findings, f => f.Text == "diabetes mellitus" && f.Span.End == text.Length);
    }

    /// <summary>Ten megabytes in one note: a hundred ordinary notes, then words of ten thousand letters.</summary>
    [Fact]
    [Trait("threat", "hostile document or model file")]
    public void A_note_of_ten_megabytes_is_read_in_bounded_memory()
    {
        var filler = string.Concat(Enumerable.Repeat(new string('w', 10_000) + " ", 1_000));
        var text = string.Concat(Enumerable.Repeat(Note + "\n", 100)) + filler + "\n\n" + Note;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var document = model.Pipeline.Analyze(text, FindingHead.Bc5cdr);
        // What other tests let go meanwhile makes it less, below nothing.
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 200 << 20);
        Assert.True(document.Findings[^1].Span.Start > text.Length - Note.Length);
    }

    [Fact]
    [Trait("threat", "hostile document or model file")]
    public void A_line_of_a_megabyte_without_a_space_is_answered()
    {
        // Letters and digits make one word; of the others each is a word.
        foreach (
            var (unit, count) in new[]
            {
                ("x", 1 << 20),
                ("9", 1 << 20),
                ("-", 5_000),
                ("\u0301", 5_000),
                ("\ud83d\ude00", 5_000),
            }
        )
        {
            var text = string.Concat(Enumerable.Repeat(unit, count)) + " fever";
            Assert.All(
                model.Pipeline.Analyze(text, FindingHead.CaseReport).Findings,
                f => Assert.Equal(text[f.Span.Start..f.Span.End], f.Text)
            );
        }
    }

    [Fact]
    public void Cancellation_is_heard()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => model.Pipeline.Analyze(Note, FindingHead.All, cancelled.Token));
    }

    [Theory]
    [InlineData("Der Patient wurde mit Fieber und Husten in die Klinik eingeliefert und ist nicht allergisch.", false)]
    [InlineData("El paciente fue ingresado con fiebre y tos en el hospital de la ciudad para estudio.", false)]
    [InlineData("The patient was admitted with fever and a cough to the hospital for further study.", true)]
    [InlineData(
        "пациент поступил с лихорадкой и кашлем в больницу для дальнейшего обследования и лечения вчера",
        false
    )]
    [InlineData("fever", true)]
    public void Texts_in_other_languages_are_said_to_be_so(string text, bool english) =>
        Assert.Equal(english, model.Pipeline.Analyze(text).English);
}
