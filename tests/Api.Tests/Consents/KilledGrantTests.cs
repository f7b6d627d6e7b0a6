using System.Diagnostics;
using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;
using MedLedger.Tests;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Tests.Consents;

public sealed class KilledGrantTests
{
    // What the database shows when the process is killed: after the Consent, after the labels, after the anchor, after
    // the signed revocation, after the signature, after the block.
    private static readonly string[] Points =
    [
        "SELECT COUNT(*) FROM consent_states WHERE Change IS NOT NULL",
        "SELECT COUNT(*) FROM grants WHERE IsRevocationSigned",
        "SELECT COUNT(*) FROM consent_states WHERE length(Classes) > 0",
        "SELECT COUNT(*) FROM anchors",
        "SELECT COUNT(*) - 1 FROM grants",
    ];

    [Fact]
    [Trait("threat", "crash, power cut, full disk, two nodes at once")]
    public async Task A_change_that_was_killed_at_any_point_ends_as_if_it_had_not_been()
    {
        using var before = new ConsentFolder();
        await before.ImportPatientAsync();
        File.WriteAllText(before.File("first.json"), ConsentFolder.Consent("c", ConsentFolder.First));
        File.WriteAllText(
            before.File("second.json"),
            ConsentFolder.Consent("c", ConsentFolder.First, ConsentFolder.NotCode("29463-7"))
        );
        var first = await before.Run("consent", "add", before.File("first.json"));
        Assert.Equal((ExitCode.Good, ""), (first.ExitCode, first.ExitCode == ExitCode.Good ? "" : first.Error));

        var expected = await RunAsync(before, null);
        foreach (var point in Points)
            Assert.Equal((point, expected), (point, await RunAsync(before, point)));
    }

    private static async Task<string> RunAsync(ConsentFolder before, string? killedAt)
    {
        using var folder = before.Copy();
        if (killedAt is not null)
            await KillAsync(folder, killedAt);
        var second = await folder.Run("consent", "add", folder.File("second.json"), "--json");
        Assert.Equal((ExitCode.Good, ""), (second.ExitCode, second.ExitCode == ExitCode.Good ? "" : second.Error));
        return await folder.SummaryAsync();
    }

    private static async Task KillAsync(ConsentFolder folder, string query)
    {
        SqliteConnection.ClearAllPools();
        string[] args = [BuiltProgram.Path, "consent", "add", folder.File("second.json"), .. folder.Options];
        var start = new ProcessStartInfo("dotnet", args)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        using (var database = new SqliteConnection($"Data Source={folder.File("data", "medledger.db")};Pooling=False"))
        {
            database.Open();
            using var command = database.CreateCommand();
            command.CommandText = query;
            while (!process.HasExited && (long)(await command.ExecuteScalarAsync())! == 0)
                await Task.Delay(1);
        }
        Assert.False(process.HasExited, "The process ended before it could be killed: " + query);
        process.Kill();
        await process.WaitForExitAsync();
    }
}
