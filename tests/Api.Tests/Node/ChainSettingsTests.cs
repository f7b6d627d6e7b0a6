using System.CommandLine;
using MedLedger.Api.Cli;
using MedLedger.Api.Node;
using MedLedger.Consent.Access;
using MedLedger.Tests;

namespace MedLedger.Api.Tests.Node;

public sealed class ChainSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Without_settings_the_defaults_of_the_gate_hold_and_one_block_is_done()
    {
        var settings = Of("{}");
        var (gate, defaults) = (PlaceRules.GateOf(settings), new GateSettings());
        Assert.Equal(
            (defaults.MaxChainSilence, defaults.MaxClockDifference),
            (gate.MaxChainSilence, gate.MaxClockDifference)
        );
        Assert.Equal((60, 1), ((int)ChainSettings.Deadline(settings).TotalSeconds, ChainSettings.Depth(settings)));
        Assert.Null(ChainSettings.Second(settings));
    }

    [Fact]
    public void Each_bound_is_a_setting()
    {
        var settings = Of(
            """{"chain-silence":"7","clock-difference":"8","chain-depth":"9","chain-deadline":"10","second-chain":"https://b.example/"}"""
        );
        var gate = PlaceRules.GateOf(settings);
        Assert.Equal((7, 8), (gate.MaxChainSilence.TotalSeconds, gate.MaxClockDifference.TotalSeconds));
        Assert.Equal((9, 10), (ChainSettings.Depth(settings), ChainSettings.Deadline(settings).TotalSeconds));
        Assert.Equal(new Uri("https://b.example/"), ChainSettings.Second(settings));
    }

    [Theory]
    [InlineData("chain-silence", "0")]
    [InlineData("chain-silence", "-5")]
    [InlineData("chain-silence", "3601")]
    [InlineData("clock-difference", "1.5")]
    [InlineData("clock-difference", "two")]
    [InlineData("chain-depth", "0")]
    [InlineData("chain-depth", "1025")]
    [InlineData("chain-deadline", "99999999999")]
    [InlineData("second-chain", "ftp://b.example/")]
    public void What_is_no_bound_ends_the_command_instead_of_falling_back(string name, string value)
    {
        var settings = Of($$"""{"{{name}}":"{{value}}"}""");
        var failure = Assert.Throws<CommandFailure>(() =>
        {
            _ = PlaceRules.GateOf(settings);
            _ = (ChainSettings.Depth(settings), ChainSettings.Deadline(settings), ChainSettings.Second(settings));
        });
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_of_the_chain_is_documented()
    {
        var code = File.ReadAllText(RepositoryRoot.File("Api", "Node", "ChainSettings.cs"));
        var documented = File.ReadAllText(RepositoryRoot.File("README.md"));
        foreach (System.Text.RegularExpressions.Match name in Variable().Matches(code))
            Assert.Contains($"`{name.Value}`", documented, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private Settings Of(string json)
    {
        var file = _folder.File("settings.json");
        File.WriteAllText(file, json);
        var root = new RootCommand();
        SharedOptions.AddTo(root);
        root.Add(PlaceRules.EmergencyRoles);
        return Settings.From(root.Parse(["--settings", file]));
    }

    private static System.Text.RegularExpressions.Regex Variable() =>
        new("MEDLEDGER_[A-Z_]+", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
}
