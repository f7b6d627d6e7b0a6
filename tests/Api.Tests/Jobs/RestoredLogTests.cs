using MedLedger.Api.Jobs;
using MedLedger.Api.Tests.Consents;
using MedLedger.Consent.Log;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Tests.Jobs;

/// <summary>Somebody puts an older log, or another one, in place of the log whose head is on the chain.</summary>
[Trait("threat", "dishonest operator without patient keys")]
public sealed class RestoredLogTests : IDisposable
{
    private static readonly string[] Tables = ["log_entries", "log_tiles", "log_heads", "log_anchors", "log_details"];
    private readonly ConsentFolder _folder = new();

    [Fact]
    [Trait("threat", "split log")]
    public async Task A_log_that_does_not_contain_the_one_on_the_chain_starts_nothing()
    {
        await _folder.WithAsync(_ => Task.CompletedTask);
        Execute(string.Join(';', Tables.Select(t => $"CREATE TABLE old_{t} AS SELECT * FROM {t}")));
        await _folder.WithAsync(async ledger =>
        {
            await LogAsync(ledger);
            await LogAsync(ledger);
            await ledger.Anchoring.AnchorLogAsync(default);
        });
        await _folder.WithAsync(_ => Task.CompletedTask);
        Execute("PRAGMA foreign_keys = OFF;" + string.Join(';', Tables.Select(Restore)));

        var older = await Assert.ThrowsAsync<InvalidDataException>(() => _folder.WithAsync(_ => Task.CompletedTask));
        Assert.Contains("older state", older.Message, StringComparison.Ordinal);

        // As long as the anchored one, but written anew with the log's own key.
        await AppendAsync(3);
        var another = await Assert.ThrowsAsync<InvalidDataException>(() => _folder.WithAsync(_ => Task.CompletedTask));
        Assert.Contains("are not those", another.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_anchor_whose_transaction_a_crash_lost_is_followed_by_another()
    {
        long anchored = 0;
        await _folder.WithAsync(async ledger => anchored = (await ledger.Anchoring.AnchorLogAsync(default)).Head.Size);
        Execute("DELETE FROM log_anchors");
        await _folder.WithAsync(async ledger =>
        {
            var again = await ledger.Anchoring.AnchorLogAsync(default);
            Assert.Equal(anchored + 1, again.Head.Size);
            Assert.Equal((ulong)again.Head.Size, (await ledger.Chain.Audit.LatestAsync(default)).Size);
        });
    }

    public void Dispose() => _folder.Dispose();

    private static string Restore(string table) =>
        $"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM old_{table}";

    private static Task<long> LogAsync(OpenLedger ledger) =>
        ledger.Audit.AppendAsync(
            [
                new AuditEvent
                {
                    Action = AuditAction.Searched,
                    PatientKey = ledger.Store.Vault.OrganizationKey,
                    Agent = "operator",
                },
            ],
            default
        );

    private async Task AppendAsync(int entries)
    {
        for (var i = 0; i < entries; i++)
            Assert.Equal(Api.Cli.ExitCode.Good, (await _folder.Run("patients")).ExitCode);
    }

    private void Execute(string sql)
    {
        SqliteConnection.ClearAllPools();
        using var connection = new SqliteConnection(
            $"Data Source={_folder.File("data", "medledger.db")};Pooling=False"
        );
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
