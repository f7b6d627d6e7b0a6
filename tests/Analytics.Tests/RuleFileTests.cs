using System.Text;
using MedLedger.Analytics.Context;
using MedLedger.Analytics.Sections;

namespace MedLedger.Tests.Analytics;

public sealed class RuleFileTests
{
    [Theory]
    [InlineData("""{"version":"1","rules":[{"cue":"no","category":"negated","direction":"forward","extra":1}]}""")]
    [InlineData("""{"version":"1","rules":[{"cue":"no","category":"denied","direction":"forward"}]}""")]
    [InlineData("""{"version":"1","rules":[{"cue":"","category":"negated","direction":"forward"}]}""")]
    [InlineData("""{"version":"1","rules":[{"cue":"but","category":"terminate","direction":"forward"}]}""")]
    [InlineData("""{"version":"1","rules":[{"cue":"no","category":"negated","direction":"none"}]}""")]
    [InlineData("""{"version":"1","rules":[{"cue":"no","category":"negated","direction":"forward","reach":0}]}""")]
    [InlineData(
        """{"version":"1","rules":[{"cue":"no","category":"negated","direction":"forward","place":"middle"}]}"""
    )]
    [InlineData("""{"version":"1","rules":[{"cue":"no","category":"negated","direction":"forward","types":"Test"}]}""")]
    [InlineData("""{"version":"1","rules":[{"cue":["no",1],"category":"negated","direction":"forward"}]}""")]
    [InlineData("""{"version":"1","rules":[{"cue":["",[""]],"category":"negated","direction":"forward"}]}""")]
    [InlineData("""{"version":"1","rules":[{"cue":"no","category":"negated","direction":"backward","upTo":["if"]}]}""")]
    [InlineData("""{"version":"1","rules":[{"cue":"but","category":"terminate","direction":"none","clause":true}]}""")]
    [InlineData(
        """{"version":"1","rules":[{"cue":"but","category":"terminate","direction":"none","compared":true}]}"""
    )]
    [InlineData(
        """{"version":"1","rules":[{"cue":"for","category":"negated","direction":"forward","after":"hold"}]}"""
    )]
    [InlineData("""{"version":"1"}""")]
    [InlineData("null")]
    [InlineData("{")]
    public void Context_rules_of_another_form_are_refused(string json) =>
        Assert.Throws<InvalidDataException>(() => ContextRules.Parse(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("""{"version":"1","sections":[{"name":"x","headings":["y"],"colour":"red"}]}""")]
    [InlineData("""{"version":"1","sections":[{"name":"x"}]}""")]
    [InlineData("[]")]
    public void Section_rules_of_another_form_are_refused(string json) =>
        Assert.Throws<InvalidDataException>(() => SectionRules.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Every_category_has_rules()
    {
        var categories = ContextRules.Default.Rules.Select(r => r.Category).Distinct();
        Assert.Equal(Enum.GetValues<ContextCategory>().Order(), categories.Order());
    }

    [Fact]
    public void A_cue_of_parts_is_a_rule_for_each_choice()
    {
        var rules = ContextRules.Parse(
            """{"version":"1","rules":[{"cue":[["","very"],"likely",["a","the"]],"category":"uncertain","direction":"forward"}]}"""u8.ToArray()
        );
        Assert.Equal(["likely a", "likely the", "very likely a", "very likely the"], rules.Rules.Select(r => r.Cue));
    }

    [Fact]
    public void No_rule_is_written_twice() =>
        Assert.Equal(
            ContextRules.Default.Rules.Count,
            ContextRules
                .Default.Rules.Select(r =>
                    (r.Cue, r.Category, r.Direction, r.Place, Types(r.Types), Types(r.ExceptTypes), r.Compared)
                )
                .Distinct()
                .Count()
        );

    private static string Types(string[]? types) => string.Join(' ', types ?? []);
}
