using MedLedger.Api.Cli;

namespace MedLedger.Api.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--help", ExitCode.Good)]
    [InlineData("--version", ExitCode.Good)]
    [InlineData("--no-such-flag", ExitCode.Usage)]
    [InlineData("no-such-command", ExitCode.Usage)]
    [InlineData("", ExitCode.Usage)]
    public async Task The_exit_code_tells_wrong_flags_from_refusals(string line, int expected)
    {
        var ran = await CommandRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(expected, ran.ExitCode);
    }

    /// <summary>What a shell makes of a variable that is not set.</summary>
    [Theory]
    [InlineData("verify-proof", "--vkey", "", "--proof", "a", "--public", "b")]
    [InlineData("restore", "")]
    [InlineData("patients", "--data", "")]
    public async Task An_empty_name_is_a_wrong_flag(params string[] args)
    {
        var ran = await CommandRun.Of([.. args, "--json"]);
        Assert.Equal(ExitCode.Usage, ran.ExitCode);
        Assert.Contains("empty", ran.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_flags_with_json_are_one_json_object()
    {
        var ran = await CommandRun.Of("no-such-command", "--json");
        Assert.Equal(ExitCode.Usage, ran.ExitCode);
        Assert.False(ran.Json.GetProperty("ok").GetBoolean());
    }

    /// <summary>A line makes only the commands that it names.</summary>
    [Fact]
    public void Commands_are_found_under_their_own_names()
    {
        var commands = CommandLine.Commands;
        Assert.All(commands, c => Assert.Equal(c.Name, c.Create().Name));
        Assert.Equal(commands.Length, commands.Select(c => c.Name).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--data", "keys", "--help")]
    public async Task Help_names_every_command(params string[] args)
    {
        var ran = await CommandRun.Of(args);
        Assert.Equal(ExitCode.Good, ran.ExitCode);
        Assert.All(CommandLine.Commands, c => Assert.Contains($"  {c.Name}", ran.Output, StringComparison.Ordinal));
    }
}
