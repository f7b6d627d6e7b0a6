using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MedLedger.Api.Persistence;

/// <summary>
/// Questions in the program's own SQL, prepared once for the connection of a context: for what every read asks, where to
/// translate a query and to track its rows costs many times what SQLite does. Answers are read to their end at once.
/// </summary>
internal static class Query
{
    private static readonly Meter Meter = new("MedLedger.Database");
    private static readonly Counter<long> Asked = Meter.CreateCounter<long>(
        "medledger.database.queries",
        description: "Questions to the database in the program's own SQL."
    );

    /// <summary>The rows of an answer.</summary>
    /// <param name="context">Where, and in which transaction, when one is open there.</param>
    /// <param name="sql">With parameters <c>$0</c>, <c>$1</c> ...; never made of values.</param>
    /// <param name="row">Reads one row.</param>
    /// <param name="values">The parameters' values.</param>
    public static List<T> Rows<T>(
        LedgerContext context,
        string sql,
        Func<SqliteDataReader, T> row,
        params ReadOnlySpan<object> values
    )
    {
        using var reader = Ask(context, sql, values);
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(row(reader));
        return rows;
    }

    /// <summary>Looks at the rows of an answer, of which few are wanted; nothing else is asked meanwhile.</summary>
    /// <param name="context">Where.</param>
    /// <param name="sql">As above.</param>
    /// <param name="look">Looks at one row; false when no other is wanted.</param>
    /// <param name="values">The parameters' values.</param>
    public static void Each(
        LedgerContext context,
        string sql,
        Func<SqliteDataReader, bool> look,
        params ReadOnlySpan<object> values
    )
    {
        using var reader = Ask(context, sql, values);
        while (reader.Read() && look(reader)) { }
    }

    private static SqliteDataReader Ask(LedgerContext context, string sql, ReadOnlySpan<object> values)
    {
        Asked.Add(1);
        var command = context.Command(sql, values.Length);
        command.Transaction = context.Transaction;
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        return command.ExecuteReader();
    }

    /// <summary>Texts, each once, as one parameter: <c>FROM json_each($0) k CROSS JOIN ...</c>.</summary>
    public static string List(IEnumerable<string> texts) =>
        JsonSerializer.Serialize(texts.Distinct(StringComparer.Ordinal));

    /// <summary>A column of bytes.</summary>
    public static byte[] Bytes(this SqliteDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    /// <summary>The same where it stands, until the next row is read.</summary>
    public static ReadOnlySpan<byte> Span(this SqliteDataReader reader, int column) =>
        raw.sqlite3_column_blob(reader.Handle, column);
}
