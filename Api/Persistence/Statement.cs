using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace MedLedger.Api.Persistence;

/// <summary>
/// One statement that is prepared once and run for many rows inside the transaction of a context, where change tracking
/// would cost more than SQLite does.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand _command;

    /// <summary>Prepares it.</summary>
    /// <param name="context">Its transaction is open.</param>
    /// <param name="sql">With parameters <c>$0</c>, <c>$1</c> ...; never made of values.</param>
    /// <param name="parameters">How many.</param>
    public Statement(LedgerContext context, string sql, int parameters)
    {
        var transaction =
            context.Database.CurrentTransaction ?? throw new InvalidOperationException("No transaction is open.");
        _command = ((SqliteConnection)context.Database.GetDbConnection()).CreateCommand();
        _command.CommandText = sql;
        _command.Transaction = (SqliteTransaction)transaction.GetDbTransaction();
        for (var i = 0; i < parameters; i++)
            _command.Parameters.Add(new SqliteParameter($"${i}", null));
    }

    /// <summary>Runs it with one row of values.</summary>
    public void Run(params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
            _command.Parameters[i].Value = values[i];
        _command.ExecuteNonQuery();
    }

    /// <inheritdoc/>
    public void Dispose() => _command.Dispose();
}
