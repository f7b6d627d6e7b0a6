using System.Text.Json;
using MedLedger.Analytics.Text;

namespace MedLedger.Tests.Analytics;

/// <summary>The shipped int8 network against what training's unquantized one said of the same sentences.</summary>
[Collection(nameof(Model))]
public sealed class ParityTests(Model model)
{
    [Fact]
    public void Int8_emissions_follow_the_unquantized_ones()
    {
        using var json = JsonDocument.Parse(
            File.ReadAllText(RepositoryRoot.File("tests", "Analytics.Tests", "cases", "parity.json"))
        );
        foreach (var row in json.RootElement.EnumerateArray())
        {
            var text = row.GetProperty("text").GetString()!;
            var expected = row.GetProperty("emissions").EnumerateArray().Select(v => v.GetSingle()).ToArray();
            var tokens = Tokenizer.Tokenize(text);
            Assert.Equal(row.GetProperty("tokens").GetInt32(), tokens.Count);
            var found = Emissions(text, tokens);
            Assert.Equal(expected.Length, found.Length);
            var differences = expected.Zip(found, (a, b) => Math.Abs(a - b)).ToList();
            Assert.True(differences.Average() < 0.15, $"{text}: mean {differences.Average()}");
            Assert.True(differences.Max() < 2.5, $"{text}: largest {differences.Max()}");
        }
    }

    private float[] Emissions(string text, List<TextSpan> tokens)
    {
        var range = 0..tokens.Count;
        return model.Pipeline.Tagger.Emissions(text, tokens, [new LowerCaseSentence(text, tokens, range)])[0];
    }
}
