using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace MedLedger.Api.Toolchain;

/// <summary>What a finished tool left: its exit code and everything it wrote.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Error, TimeSpan Elapsed)
{
    /// <summary>The last lines of both streams, for an error message.</summary>
    public string Tail(int lines = 12) =>
        string.Join(
            '\n',
            $"{Output}\n{Error}"
                .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .TakeLast(lines)
        );
}

/// <summary>Runs one program to its end, with a deadline, and never leaves its process tree behind.</summary>
internal static class ToolProcess
{
    private static readonly Dictionary<string, string?> EmptyEnvironment = new(StringComparer.Ordinal);

    /// <summary>Runs <paramref name="file"/> and captures both streams.</summary>
    /// <returns>Null when there is no such program.</returns>
    /// <exception cref="TimeoutException">The program did not end in time; it was killed.</exception>
    public static async Task<ToolRun?> TryRunAsync(
        string file,
        IEnumerable<string> arguments,
        string? workingDirectory = null,
        TimeSpan? timeout = null,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? input = null,
        CancellationToken cancellation = default
    )
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = workingDirectory ?? string.Empty,
        };
        foreach (var (name, value) in environment ?? EmptyEnvironment)
            start.Environment[name] = value;

        var clock = Stopwatch.StartNew();
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return null;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout ?? TimeSpan.FromMinutes(2));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var error = process.StandardError.ReadToEndAsync(deadline.Token);
            await WriteInputAsync(process, input);
            await process.WaitForExitAsync(deadline.Token);
            return new ToolRun(process.ExitCode, await output, await error, clock.Elapsed);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"{Path.GetFileName(file)} did not end within {clock.Elapsed.TotalSeconds:F0} s.",
                late
            );
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static async Task WriteInputAsync(Process process, string? input)
    {
        try
        {
            if (input is not null)
                await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // the program ended without reading; its exit code says more than a broken pipe
        }
    }
}
