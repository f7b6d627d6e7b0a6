using System.Text.Json;
using MedLedger.Api.Cli;

namespace MedLedger.Api.Tests.Cli;

/// <summary>One command, run in this process, with what it wrote.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    /// <summary>The last line of standard output.</summary>
    public JsonElement Json => JsonDocument.Parse(Output.TrimEnd().Split('\n')[^1]).RootElement;

    public static async Task<CommandRun> Of(params string[] args)
    {
        using var error = new StringWriter();
        return await Of(args, error);
    }

    /// <summary>With a standard error of the caller's.</summary>
    public static async Task<CommandRun> Of(string[] args, StringWriter error)
    {
        using var output = new StringWriter();
        var code = await CommandLine.RunAsync(args, new Terminal(output, error));
        return new CommandRun(code, output.ToString(), error.ToString());
    }
}
