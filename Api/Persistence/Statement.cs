using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MedLedger.Api.Persistence;

/// <summary>
/// One statement that is prepared once for the connection of a context and run for many rows, where change tracking would
/// cost more than SQLite does, and a command with named parameters as much.
/// </summary>
internal readonly struct Statement
{
    private const int ShortText = 256;
    private readonly PreparedStatement _prepared;

    /// <summary>Takes it.</summary>
    /// <param name="context">Its transaction is open.</param>
    /// <param name="sql">With parameters <c>$0</c>, <c>$1</c> ... in this order; never made of values.</param>
    /// <param name="parameters">How many.</param>
    public Statement(LedgerContext context, string sql, int parameters)
    {
        if (context.Transaction is null)
            throw new InvalidOperationException("No transaction is open.");
        _prepared = context.Prepare(sql);
        if (raw.sqlite3_bind_parameter_count(_prepared.Handle) != parameters)
            throw new ArgumentException("The statement has another number of parameters.", nameof(parameters));
    }

    /// <summary>Runs it with one row of values: texts, numbers, booleans and bytes.</summary>
    /// <exception cref="SqliteException">SQLite refuses it.</exception>
    public void Run(params ReadOnlySpan<object> values)
    {
        var statement = _prepared.Handle;
        try
        {
            for (var i = 0; i < values.Length; i++)
                SqliteException.ThrowExceptionForRC(Bind(statement, i + 1, values[i]), _prepared.Connection);
            SqliteException.ThrowExceptionForRC(raw.sqlite3_step(statement), _prepared.Connection);
        }
        finally
        {
            // What was bound is not kept until the next run.
            _ = raw.sqlite3_reset(statement);
            _ = raw.sqlite3_clear_bindings(statement);
        }
    }

    private static int Bind(sqlite3_stmt statement, int index, object value)
    {
        switch (value)
        {
            case byte[] bytes:
                return raw.sqlite3_bind_blob(statement, index, bytes);
            case int number:
                return raw.sqlite3_bind_int64(statement, index, number);
            case long number:
                return raw.sqlite3_bind_int64(statement, index, number);
            case bool truth:
                return raw.sqlite3_bind_int64(statement, index, truth ? 1 : 0);
            case string { Length: > 0 and <= ShortText } text:
                Span<byte> utf8 = stackalloc byte[3 * ShortText];
                return raw.sqlite3_bind_text(statement, index, utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
            case string text:
                return raw.sqlite3_bind_text(statement, index, text);
            default:
                throw new ArgumentException("A value is of no type that rows have.", nameof(value));
        }
    }
}

/// <summary>A statement of one connection.</summary>
internal sealed class PreparedStatement : IDisposable
{
    /// <summary>Prepares it.</summary>
    /// <exception cref="SqliteException">SQLite does not understand it.</exception>
    public PreparedStatement(sqlite3 connection, string sql)
    {
        Connection = connection;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(connection, sql, out var handle), connection);
        Handle = handle;
    }

    public sqlite3 Connection { get; }

    public sqlite3_stmt Handle { get; }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
