using System.Diagnostics;
using System.Globalization;
using MedLedger.Api.Node;
using MedLedger.Api.Toolchain;

namespace MedLedger.Api.Tests.Node;

/// <summary>The node's process never outlives us, and we never end a process that is not ours.</summary>
[Trait("threat", "crash, power cut, full disk, two nodes at once")]
public sealed class NodeProcessTests
{
    private static readonly ChainNodeProgram Sleeper = new(ChainNodeKind.Anvil, "sleep", []);

    [Fact]
    public async Task The_process_ends_with_us()
    {
        using var folder = new TemporaryFolder();
        var node = NodeProcess.Start(Sleeper, _ => ["600"], folder.Path);
        using var seen = Process.GetProcessById(node.Id);
        node.Dispose();
        await seen.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(File.Exists(folder.File("node.pid")));
    }

    [Fact]
    public async Task The_process_ends_when_we_are_killed()
    {
        using var folder = new TemporaryFolder();
        // a parent of its own that holds the pipe as we do, and is killed as the kernel kills
        var script = Path.Combine(folder.Path, "watched.sh");
        await File.WriteAllTextAsync(script, NodeProcess.Watched);
        var start = new ProcessStartInfo(
            "/bin/sh",
            [
                "-c",
                $"mkfifo '{folder.Path}/pipe'; sleep 600 > '{folder.Path}/pipe' & echo $!; "
                    + $"sh -c \"$(cat '{script}')\" sleep 601 < '{folder.Path}/pipe' & echo $!; wait",
            ]
        )
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var shell = Process.Start(start)!;
        var holder = await ReadIdAsync(shell);
        var watched = await ReadIdAsync(shell);
        await WaitForAsync(() => Name(watched) == "sleep");

        using (var held = Process.GetProcessById(holder))
            held.Kill();
        await shell.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Null(Name(watched));
    }

    [Fact]
    public async Task What_a_killed_run_left_is_ended_at_the_next_start_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        using var left = Process.Start("sleep", ["602"]);
        using var other = Process.Start("sleep", ["603"]);
        try
        {
            File.WriteAllText(folder.File("node.pid"), $"{other.Id} {other.StartTime.Ticks + 1}");
            NodeProcess.EndLeftover(folder.Path);
            Assert.False(other.HasExited);

            File.WriteAllText(folder.File("node.pid"), $"{left.Id} {left.StartTime.Ticks}");
            NodeProcess.EndLeftover(folder.Path);
            await left.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
            Assert.False(other.HasExited);
        }
        finally
        {
            other.Kill();
        }
    }

    private static async Task<int> ReadIdAsync(Process shell) =>
        int.Parse((await shell.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);

    private static string? Name(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.ProcessName;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        for (var i = 0; i < 200 && !condition(); i++)
            await Task.Delay(25);
        Assert.True(condition());
    }
}
