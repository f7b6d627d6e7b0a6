namespace MedLedger.Api.Tests.Cli;

/// <summary>
/// What the program leaves in the user's home folder: nothing that nobody asked for. Libraries write identifiers and keys
/// there unless they are stopped (ONNX Runtime's telemetry, ASP.NET's data protection).
/// </summary>
public sealed class HomeFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_analysis_leaves_no_file_and_no_identifier_of_the_machine()
    {
        var text = _folder.File("note.txt");
        await File.WriteAllTextAsync(text, "Denies fever. Takes aspirin 81 mg daily.");
        using var process = ChildProgram.StartWith(Environment(), "analyze", text);
        var error = process.StandardError.ReadToEndAsync();
        Assert.Contains("aspirin", await process.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        Assert.Empty(Left());
    }

    [Fact]
    public async Task A_server_leaves_no_file_there_and_watches_no_folder()
    {
        string[] store = ["--data", _folder.File("data"), "--key-file", _folder.File("master.key")];
        using var process = ChildProgram.StartWith(
            Environment(),
            ["serve", "--samples", "--urls", "http://127.0.0.1:0", .. store]
        );
        var lines = new List<string>();
        IReadOnlyList<string> watches = [];
        try
        {
            _ = process.StandardOutput.ReadToEndAsync(); // so that it never waits to be read
            while (await process.StandardError.ReadLineAsync() is { } line)
            {
                lines.Add(line);
                if (line.StartsWith("Listening on ", StringComparison.Ordinal))
                    break;
            }
            watches = Watches(process.Id);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        Assert.StartsWith("Listening on ", lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(lines, line => line.StartsWith("warn:", StringComparison.Ordinal));
        Assert.Empty(Left());
        Assert.Empty(watches);
    }

    // proc(5): /proc/PID/fdinfo/FD of an inotify descriptor has a line for each watch.
    private static IReadOnlyList<string> Watches(int process) =>
        OperatingSystem.IsLinux()
            ?
            [
                .. Directory
                    .EnumerateFiles($"/proc/{process}/fdinfo")
                    .SelectMany(File.ReadLines)
                    .Where(line => line.StartsWith("inotify ", StringComparison.Ordinal)),
            ]
            : [];

    private string Home => Directory.CreateDirectory(_folder.File("home")).FullName;

    private IEnumerable<string> Left() => Directory.EnumerateFiles(Home, "*", SearchOption.AllDirectories);

    /// <summary>Of a user's machine: ONNX Runtime is silent by itself where it finds itself tested.</summary>
    private Dictionary<string, string?> Environment()
    {
        var ours = System.Environment.GetFolderPath(System.Environment.SpecialFolder.LocalApplicationData);
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["HOME"] = Home,
            ["MEDLEDGER_TOOLCHAIN"] =
                System.Environment.GetEnvironmentVariable("MEDLEDGER_TOOLCHAIN")
                ?? Path.Combine(ours, "medledger", "toolchain"),
        };
        string[] unset =
        [
            "CI",
            "TF_BUILD",
            "GITHUB_ACTIONS",
            "ORT_DISABLE_TELEMETRY",
            "ORT_RUNNING_UNIT_TESTS",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
        ];
        foreach (var name in unset)
            environment[name] = null;
        return environment;
    }
}
