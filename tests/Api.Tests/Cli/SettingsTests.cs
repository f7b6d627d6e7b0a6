using System.CommandLine;
using MedLedger.Api.Cli;

namespace MedLedger.Api.Tests.Cli;

/// <summary>Where a setting is looked for, and what is said when its file is none.</summary>
public sealed class SettingsTests : IDisposable
{
    private static readonly Option<string?> Colour = new("--colour");
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_flag_wins_over_the_file_that_settings_names()
    {
        var file = File("""{"colour":"red","shape":"round","none":""}""");
        var settings = Of("--settings", file, "--colour", "blue");
        Assert.Equal(("blue", "round"), (settings.Value(Colour, "colour"), settings.Value("shape")));
        Assert.Equal("red", Of("--settings", file).Value(Colour, "colour"));
        Assert.Null(settings.Value("none"));
        Assert.Null(settings.Value("size"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"colour\":1}")]
    [InlineData("{\"colour\":\"red\"")]
    [InlineData("")]
    public void A_file_that_is_no_object_of_strings_ends_the_command(string json)
    {
        var failure = Assert.Throws<CommandFailure>(() => Of("--settings", File(json)));
        Assert.Equal(ExitCode.Usage, failure.ExitCode);
        Assert.Contains("JSON object of strings", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_named_and_not_there_ends_the_command()
    {
        var run = await CommandRun.Of("consent", "list", "--settings", _folder.File("nowhere.json"));
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("nowhere.json is not there", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_flag_wins_over_the_environment_and_that_over_the_file()
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["MEDLEDGER_SETTINGS"] = _folder.File("nowhere.json"),
            ["MEDLEDGER_CHAIN_NODE"] = "neither",
        };
        string[] line = ["demo", "--data", _folder.File("data"), "--key-file", _folder.File("master.key")];
        Assert.Contains("nowhere.json", await ErrorAsync(environment, line), StringComparison.Ordinal);
        string[] named = [.. line, "--settings", File("""{"chain-node":"ganache"}""")];
        Assert.Contains("anvil or ganache", await ErrorAsync(environment, named), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<string> ErrorAsync(IReadOnlyDictionary<string, string?> environment, string[] line)
    {
        using var process = ChildProgram.StartWith(environment, line);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        Assert.Equal(ExitCode.Usage, process.ExitCode);
        return error;
    }

    private static Settings Of(params string[] line)
    {
        var root = new RootCommand();
        SharedOptions.AddTo(root);
        root.Add(Colour);
        return Settings.From(root.Parse(line));
    }

    private string File(string json)
    {
        var file = _folder.File("settings.json");
        System.IO.File.WriteAllText(file, json);
        return file;
    }
}
