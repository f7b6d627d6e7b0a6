using MedLedger.Analytics.Deidentification;

namespace MedLedger.Tests.Analytics;

[Collection(nameof(Model))]
public sealed class DeidentificationTests(Model model)
{
    public static TheoryData<string, string> Identifiers()
    {
        var data = new TheoryData<string, string>();
        foreach (var row in Cases.Rows("identifiers.tsv"))
            data.Add(row[0], row[1]);
        return data;
    }

    public static TheoryData<string> Harmless() => [.. Cases.Rows("not-identifiers.txt").Select(r => r[0])];

    [Theory]
    [MemberData(nameof(Identifiers))]
    public void Identifiers_are_found(string sentence, string kind)
    {
        var (text, start, end) = Cases.Marked(sentence, '{', '}');
        var found = model.Pipeline.Deidentifier.Find(text);
        Assert.True(
            found.Any(i => i.Span.Start <= start && end <= i.Span.End && i.KindName == kind),
            $"{kind}: found {string.Join("; ", found.Select(i => i.KindName + " " + i.Text))}"
        );
    }

    [Theory]
    [MemberData(nameof(Harmless))]
    public void Eponyms_and_measures_stay(string text) =>
        Assert.Empty(model.Pipeline.Deidentifier.Find(text).Select(i => i.KindName + " " + i.Text));

    [Fact]
    public void A_name_found_once_is_found_again()
    {
        const string text = "Patient Name: Oswald Kingsley\nLater Kingsley walked. OSWALD slept.";
        Assert.Equal(
            "Patient Name: [NAME]\nLater [NAME] walked. [NAME] slept.",
            model.Pipeline.Deidentifier.Mask(text)
        );
    }

    [Fact]
    public void Surrogates_are_consistent_and_dates_shift_alike()
    {
        const string text = "Mr. Kingsley came on 03/14/2019 and Mr. Kingsley left on 03/16/2019.";
        var patient = new SurrogateKey().Of("a") with { Days = -10 };
        var replaced = model.Pipeline.Deidentifier.Surrogates(text, patient);
        Assert.DoesNotContain("Kingsley", replaced, StringComparison.Ordinal);
        Assert.Contains("03/04/2019", replaced, StringComparison.Ordinal);
        Assert.Contains("03/06/2019", replaced, StringComparison.Ordinal);
        var names = replaced.Split("Mr. ")[1..].Select(p => p.Split(' ')[0]).Distinct();
        Assert.Single(names);
    }

    [Fact]
    public void A_patient_has_the_same_surrogates_and_offset_in_every_text_and_no_other_patient_has()
    {
        const string text = "Patient Name: Oswald Kingsley\nSeen on 03/14/2019.";
        var key = new SurrogateKey();
        string Of(SurrogateKey from, string patient) => model.Pipeline.Deidentifier.Surrogates(text, from.Of(patient));
        Assert.Equal(Of(key, "a"), Of(key, "a"));
        Assert.NotEqual(Of(key, "a"), Of(key, "b"));
        Assert.NotEqual(Of(key, "a"), Of(new SurrogateKey(), "a"));
        Assert.All(Enumerable.Range(0, 200), i => Assert.InRange(key.Of($"{i}").Days, -364, -30));
    }

    /// <summary>Different people stay different, and nobody is called by a name that stands in the text.</summary>
    [Fact]
    public void Surrogates_are_no_names_of_the_text_and_no_two_people_share_one()
    {
        string[] names =
        [
            "Harper",
            "Kendall",
            "Quarles",
            "Dunmere",
            "Kingsley",
            "Pemberton",
            "Hollingsworth",
            "Okonkwo",
        ];
        var text = string.Join('\n', names.Select(n => $"Dr. {n} called."));
        for (var i = 0; i < 20; i++)
        {
            var replaced = model.Pipeline.Deidentifier.Surrogates(text, new SurrogateKey().Of("a"));
            var found = replaced.Split('\n').Select(l => l.Split(' ')[1]).ToList();
            Assert.Equal(names.Length, found.Distinct(StringComparer.OrdinalIgnoreCase).Count());
            Assert.Empty(found.Intersect(names, StringComparer.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public void Only_dates_keep_their_meaning_when_dates_are_shifted() =>
        Assert.Equal(
            "Dr. [NAME] saw her on March 13, 2020.",
            model.Pipeline.Deidentifier.ShiftDates("Dr. Hollingsworth saw her on March 3, 2020.", 10)
        );

    [Fact]
    public void Masking_twice_changes_nothing()
    {
        var once = model.Pipeline.Deidentifier.Mask("Dr. Hollingsworth, MRN 00123456, phone 617-555-0199, 03/14/2019.");
        Assert.Equal(once, model.Pipeline.Deidentifier.Mask(once));
    }

    [Fact]
    public void Long_runs_of_digits_and_dashes_are_searched_in_bounded_time()
    {
        var text = string.Concat(Enumerable.Repeat("12-", 30_000)) + string.Concat(Enumerable.Repeat("Aa ", 30_000));
        Assert.NotNull(model.Pipeline.Deidentifier.Find(text));
    }
}
