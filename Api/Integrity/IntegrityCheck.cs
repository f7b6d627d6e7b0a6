using MedLedger.Api.Cli;
using MedLedger.Api.Persistence;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Integrity;

/// <summary>
/// Checks a whole data folder with its keys and writes nothing: the database file, the log, the trees, every record, the
/// search index, and everything else that is sealed. It reads one snapshot, so that it may run beside a server.
/// </summary>
internal sealed class IntegrityCheck(Store store)
{
    private static readonly int[] Damage = [11, 26]; // SQLITE_CORRUPT, SQLITE_NOTADB
    private readonly List<Finding> _findings = [];

    public async Task<IntegrityReport> RunAsync(
        ChainAnchors? chain,
        IProgress<Progressed> progress,
        CancellationToken cancellation
    )
    {
        var (patients, records, entries) = (0, 0L, 0L);
        try
        {
            await using var context = store.CreateDbContext();
            await context.Database.OpenConnectionAsync(cancellation);
            var connection = (SqliteConnection)context.Database.GetDbConnection();
            await FileAsync(connection, cancellation);
            await using var snapshot = connection.BeginTransaction(deferred: true);
            await context.Database.UseTransactionAsync(snapshot, cancellation);

            var log = new LogCheck(store, context, _findings.Add);
            await log.RunAsync(chain, progress, cancellation);
            entries = log.Entries;
            var compartments = new CompartmentCheck(store, context, _findings.Add);
            await compartments.RunAsync(log.RecordRoot, chain, progress, cancellation);
            patients = compartments.Patients;
            var sealedRows = new SealedRowsCheck(store, context, compartments.Erased, _findings.Add);
            await sealedRows.RunAsync(cancellation);
            var opened = new RecordsCheck(store, context, compartments, _findings.Add);
            await opened.RunAsync(progress, cancellation);
            records = opened.Records;
        }
        catch (SqliteException damaged) when (Damage.Contains(damaged.SqliteErrorCode))
        {
            _findings.Add(
                new("database", Path.GetFileName(store.Folder.Database), "is damaged; not all could be read")
            );
        }
        return new IntegrityReport(patients, records, entries, _findings);
    }

    private async Task FileAsync(SqliteConnection connection, CancellationToken cancellation)
    {
        foreach (var pragma in new[] { "integrity_check", "foreign_key_check" })
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"PRAGMA {pragma}";
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                // integrity_check says "ok", else where pages and indices disagree; foreign_key_check names table and row.
                var answer = reader.GetValue(0).ToString();
                if (answer != "ok")
                    _findings.Add(new("database", pragma, answer ?? ""));
            }
        }
    }
}
