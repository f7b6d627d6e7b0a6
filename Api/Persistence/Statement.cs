using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Persistence;

/// <summary>
/// One statement that is prepared once for the connection of a context and run for many rows, where change tracking would
/// cost more than SQLite does.
/// </summary>
internal readonly struct Statement
{
    private readonly SqliteCommand _command;

    /// <summary>Takes it.</summary>
    /// <param name="context">Its transaction is open.</param>
    /// <param name="sql">With parameters <c>$0</c>, <c>$1</c> ...; never made of values.</param>
    /// <param name="parameters">How many.</param>
    public Statement(LedgerContext context, string sql, int parameters)
    {
        var transaction = context.Transaction ?? throw new InvalidOperationException("No transaction is open.");
        _command = context.Command(sql, parameters);
        _command.Transaction = transaction;
    }

    /// <summary>Runs it with one row of values.</summary>
    public void Run(params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
            _command.Parameters[i].Value = values[i];
        _command.ExecuteNonQuery();
    }
}
