using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Records;

public sealed class KilledImportTests
{
    [Fact]
    public async Task An_import_that_was_killed_is_finished_by_running_it_again()
    {
        using var folder = new TemporaryFolder();
        const int Total = 3_001;
        File.WriteAllText(folder.File("in.json"), SampleRecords.Bundle("Wintermantel", Total - 1));
        string[] store = ["--data", folder.File("data"), "--key-file", folder.File("master.key")];

        await KillWhenWritingAsync(folder, ["import", folder.File("in.json"), .. store]);
        var rerun = await CommandRun.Of(["import", folder.File("in.json"), "--json", .. store]);
        Assert.Equal((ExitCode.Good, ""), (rerun.ExitCode, rerun.ExitCode == ExitCode.Good ? "" : rerun.Error));
        Assert.Equal(Total, rerun.Json.GetProperty("records").GetInt32());
        Assert.NotEqual(0, rerun.Json.GetProperty("created").GetInt32());
        Assert.Equal(0, rerun.Json.GetProperty("updated").GetInt32());

        var exported = await CommandRun.Of([
            "export",
            "--patient",
            "pat-1",
            "--out",
            folder.File("out.json"),
            "--json",
            .. store,
        ]);
        Assert.Equal(Total, exported.Json.GetProperty("records").GetInt32());
        Assert.Equal(0, exported.Json.GetProperty("unreadable").GetInt32());
    }

    // kill -9 as soon as some of the records are on the disk, and before all of them can be.
    private static async Task KillWhenWritingAsync(TemporaryFolder folder, string[] args)
    {
        using var process = ChildProgram.Start(args);
        var wal = folder.File("data", "medledger.db-wal");
        while (!process.HasExited && !(File.Exists(wal) && new FileInfo(wal).Length > 1_500_000))
            await Task.Delay(5);
        process.Kill();
        await process.WaitForExitAsync();
    }
}
