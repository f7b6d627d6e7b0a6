using System.Diagnostics;
using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Records;

public sealed class FullDiskTests
{
    // The data folder lies on a disk of 6 MB in a mount namespace of the child; what it holds at the end is copied out.
    private const string OnSmallDisk = """
        data="$1"; kept="$2"; shift 2
        mkdir -p "$data" && mount -t tmpfs -o size=6m tmpfs "$data" || exit 97
        "$@"; code=$?
        cp -a "$data" "$kept"
        exit $code
        """;

    [SmallDiskFact]
    public async Task A_full_disk_ends_an_import_with_a_clear_error_and_a_rerun_completes_it()
    {
        using var folder = new TemporaryFolder();
        const int Observations = 6_000;
        File.WriteAllText(folder.File("in.json"), SampleRecords.Bundle("Wintermantel", Observations));
        string[] key = ["--key-file", folder.File("master.key")];

        var full = await ChildProgram.RunUnderAsync(
            [
                .. SmallDiskFactAttribute.Unshare,
                "sh",
                "-c",
                OnSmallDisk,
                "sh",
                folder.File("data"),
                folder.File("kept"),
            ],
            ["import", folder.File("in.json"), "--data", folder.File("data"), .. key]
        );
        Assert.True(full.ExitCode == ExitCode.Machine, $"{full.ExitCode}: {full.Error}");
        Assert.Contains("disk", full.Error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", full.Error, StringComparison.Ordinal);

        string[] store = ["--data", folder.File("kept"), .. key];
        var rerun = await CommandRun.Of(["import", folder.File("in.json"), "--json", .. store]);
        Assert.True(rerun.ExitCode == ExitCode.Good, rerun.Error);
        Assert.Equal(Observations + 1, rerun.Json.GetProperty("records").GetInt32());
        Assert.Equal(0, rerun.Json.GetProperty("updated").GetInt32());
        Assert.NotEqual(0, rerun.Json.GetProperty("unchanged").GetInt32());

        var exported = await CommandRun.Of([
            "export",
            "--patient",
            "pat-1",
            "--out",
            folder.File("out.json"),
            "--json",
            .. store,
        ]);
        Assert.Equal(Observations + 1, exported.Json.GetProperty("records").GetInt32());
    }
}

/// <summary>Skips, saying why, where a process may not mount a disk of its own.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public static readonly string[] Unshare = ["unshare", "--user", "--map-root-user", "--mount"];

    private static readonly bool IsAvailable = Probe();

    public SmallDiskFactAttribute()
    {
        if (!IsAvailable)
            Skip = "This machine lets no process mount a tmpfs in a namespace of its own (unshare).";
    }

    private static bool Probe()
    {
        try
        {
            string[] line = [.. Unshare[1..], "mount", "-t", "tmpfs", "tmpfs", "/mnt"];
            using var process = Process.Start(
                new ProcessStartInfo(Unshare[0], line) { RedirectStandardError = true, UseShellExecute = false }
            )!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
