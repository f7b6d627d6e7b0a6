using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MedLedger.Api.Persistence;

/// <summary>
/// The commands of one kept connection, each prepared when it first runs: SQLite takes longer to plan a query than to
/// answer it. For one thread, as the connection is.
/// </summary>
internal sealed class PreparedCommands : IDisposable
{
    private const int Most = 256;
    private readonly Dictionary<string, PreparedCommand> _commands = new(StringComparer.Ordinal);

    /// <summary>A command of the program's own SQL, with parameters <c>$0</c>, <c>$1</c> ... to be set; never disposed by the caller.</summary>
    /// <param name="connection">The kept connection.</param>
    /// <param name="sql">Never made of values.</param>
    /// <param name="parameters">How many.</param>
    public SqliteCommand Take(SqliteConnection connection, string sql, int parameters)
    {
        if (!_commands.TryGetValue(sql, out var known))
            _commands.Add(sql, known = Fill(new PreparedCommand(), connection, sql, parameters));
        return known;
    }

    /// <summary>The same for a connection that is not kept, which disposes it when it is closed.</summary>
    public static SqliteCommand Make(SqliteConnection connection, string sql, int parameters) =>
        Fill(new SqliteCommand(), connection, sql, parameters);

    /// <summary>The prepared command with the text of one that is about to run; that one itself while the other is in use.</summary>
    public SqliteCommand Instead(SqliteCommand asked)
    {
        if (!_commands.TryGetValue(asked.CommandText, out var known))
        {
            if (_commands.Count >= Most)
                return asked;
            known = new PreparedCommand { Connection = asked.Connection, CommandText = asked.CommandText };
            _commands.Add(known.CommandText, known);
        }
        if (known.IsLent)
            return asked;
        known.IsLent = true;
        known.Transaction = asked.Transaction;
        known.CommandTimeout = asked.CommandTimeout;
        known.Parameters.Clear();
        foreach (SqliteParameter parameter in asked.Parameters)
            known.Parameters.Add(parameter);
        asked.Dispose();
        return known;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var command in _commands.Values)
            command.End();
        _commands.Clear();
    }

    private static T Fill<T>(T command, SqliteConnection connection, string sql, int parameters)
        where T : SqliteCommand
    {
        command.Connection = connection;
        command.CommandText = sql;
        for (var i = 0; i < parameters; i++)
            command.Parameters.Add(new SqliteParameter($"${i}", null));
        return command;
    }

    // Who runs a command disposes it afterwards; what it prepared stays.
    private sealed class PreparedCommand : SqliteCommand
    {
        private bool _isOver;

        public bool IsLent { get; set; }

        public void End()
        {
            _isOver = true;
            Dispose();
        }

        protected override void Dispose(bool disposing)
        {
            IsLent = false;
            if (_isOver || !disposing)
                base.Dispose(disposing);
        }
    }
}

/// <summary>Lets the queries of a context that is kept run as its <see cref="PreparedCommands"/>.</summary>
internal sealed class PreparedQueries : DbCommandInterceptor
{
    private PreparedQueries() { }

    public static PreparedQueries Instance { get; } = new();

    /// <inheritdoc/>
    public override DbCommand CommandInitialized(CommandEndEventData eventData, DbCommand result) =>
        eventData.Context is LedgerContext { Prepared: { } prepared } && result is SqliteCommand command
            ? prepared.Instead(command)
            : result;
}
