using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MedLedger.Api.Persistence;

/// <summary>
/// Sets what SQLite keeps per connection: a committed write is on the disk, deleted content is overwritten. A pooled
/// connection keeps it, so it is set when SQLite opens the file, not each time that the connection is lent again.
/// </summary>
internal sealed class SqlitePragmas : DbConnectionInterceptor
{
    // A few MB of pages for each connection, and a checkpoint after 16 MB of log instead of 4: the pages that many writes
    // touch are then written to the database once.
    private const string Statements =
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-8192; "
        + "PRAGMA wal_autocheckpoint=4000;";

    private readonly ConditionalWeakTable<object, object> _prepared = [];

    // Counting what it allocates costs SQLite a lock of the whole process for each page and value, and nobody asks.
    private SqlitePragmas()
    {
        SQLitePCL.Batteries_V2.Init();
        SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    public static SqlitePragmas Instance { get; } = new();

    /// <inheritdoc/>
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) =>
        Prepare(connection);

    /// <inheritdoc/>
    public override Task ConnectionOpenedAsync(
        DbConnection connection,
        ConnectionEndEventData eventData,
        CancellationToken cancellationToken = default
    )
    {
        Prepare(connection);
        return Task.CompletedTask;
    }

    private void Prepare(DbConnection connection)
    {
        var handle = ((SqliteConnection)connection).Handle!;
        if (_prepared.TryGetValue(handle, out _))
            return;
        using var command = connection.CreateCommand();
        command.CommandText = Statements;
        command.ExecuteNonQuery();
        _prepared.TryAdd(handle, handle);
    }
}
