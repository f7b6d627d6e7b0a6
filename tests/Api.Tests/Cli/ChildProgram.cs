using System.Diagnostics;
using System.Text;
using MedLedger.Tests;

namespace MedLedger.Api.Tests.Cli;

/// <summary>The program in a process of its own: for what a test cannot do to its own process.</summary>
internal static class ChildProgram
{
    /// <summary>Starts the program; the caller ends and disposes it.</summary>
    public static Process Start(params string[] args) => StartUnder([], args);

    /// <summary>Starts the program with other variables in its environment; null takes one away.</summary>
    public static Process StartWith(IReadOnlyDictionary<string, string?> environment, params string[] args) =>
        StartUnder([], args, environment);

    /// <summary>Runs the program to its end.</summary>
    public static Task<CommandRun> RunAsync(params string[] args) => RunUnderAsync([], args);

    /// <summary>Runs the program to its end under another one, for example <c>unshare</c>.</summary>
    public static async Task<CommandRun> RunUnderAsync(string[] wrapper, params string[] args)
    {
        using var process = StartUnder(wrapper, args);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new CommandRun(process.ExitCode, await output, await error);
    }

    private static Process StartUnder(
        string[] wrapper,
        string[] args,
        IReadOnlyDictionary<string, string?>? environment = null
    )
    {
        string[] line = [.. wrapper, "dotnet", BuiltProgram.Path, .. args];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            StandardErrorEncoding = Encoding.UTF8,
            StandardOutputEncoding = Encoding.UTF8,
        };
        if (environment is not null)
        {
            foreach (var (name, value) in environment)
                start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }
}
