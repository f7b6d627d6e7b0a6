using MedLedger.Api.Persistence;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Tests.Persistence;

/// <summary>Questions in the program's own SQL, and the transactions of statements alone.</summary>
public sealed class QueryTests : IDisposable
{
    private const string Insert = "INSERT INTO settings (Name, Value) VALUES ($0, $1)";
    private const string ByName = "SELECT Value FROM settings WHERE Name = $0";
    private const string ByNames =
        "SELECT s.Value FROM json_each($0) k CROSS JOIN settings s ON s.Name = k.value ORDER BY s.Name";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task An_answer_is_that_of_its_values_and_of_what_is_stored_now()
    {
        using var store = await OpenAsync();
        await using var context = store.CreateDbContext();
        Assert.Empty(Values(context, "a"));
        Put(context, "a", "1");
        Put(context, "b", "2");
        Assert.Equal(["1"], Values(context, "a"));
        Assert.Equal(["2"], Values(context, "b"));
        Assert.Empty(Values(context, "' OR 1 = 1 --"));
        Assert.Equal(["1", "2"], Query.Rows(context, ByNames, Text, Query.List(["b", "a", "a", "\"] x"])));
        Assert.Empty(Query.Rows(context, ByNames, Text, Query.List([])));
        await using var other = store.CreateDbContext();
        Put(other, "c", "3");
        Assert.Equal(["3"], Values(context, "c"));
    }

    [Fact]
    public async Task Bytes_are_seen_where_they_stand_row_by_row()
    {
        using var store = await OpenAsync();
        await using var context = store.CreateDbContext();
        var seen = new List<string>();
        Query.Each(
            context,
            "SELECT x'0102' UNION ALL SELECT x'' UNION ALL SELECT $0 UNION ALL SELECT x'04'",
            row =>
            {
                seen.Add(Convert.ToHexString(row.Span(0)) + "/" + Convert.ToHexString(row.Bytes(0)));
                return seen.Count < 3;
            },
            new byte[] { 3 }
        );
        Assert.Equal(["0102/0102", "/", "03/03"], seen);
    }

    [Fact]
    public async Task What_a_plain_transaction_holds_others_see_when_it_is_committed_only()
    {
        using var store = await OpenAsync();
        await using var context = store.CreateDbContext();
        await using var other = store.CreateDbContext();
        using (var transaction = context.BeginPlain())
        {
            new Statement(context, Insert, 2).Run("a", "1");
            Assert.Equal(["1"], Values(context, "a"));
            Assert.Empty(Values(other, "a"));
            Assert.Throws<InvalidOperationException>(() => context.BeginPlain());
            transaction.Commit();
        }
        Assert.Equal(["1"], Values(other, "a"));
        Assert.Null(context.Transaction);
        Assert.Throws<InvalidOperationException>(() => new Statement(context, Insert, 2));
    }

    [Fact]
    public async Task One_that_is_not_committed_is_rolled_back_and_its_context_works_on()
    {
        using var store = await OpenAsync();
        await using var context = store.CreateDbContext();
        using (context.BeginPlain())
            new Statement(context, Insert, 2).Run("a", "1");
        Assert.Empty(Values(context, "a"));
        Put(context, "a", "2");
        Assert.Equal(["2"], Values(context, "a"));
        using (context.BeginPlain())
            Assert.Throws<SqliteException>(() => new Statement(context, Insert, 2).Run("a", "3"));
        Assert.Equal(["2"], Values(context, "a"));
    }

    public void Dispose() => _folder.Dispose();

    private static string Text(SqliteDataReader row) => row.GetString(0);

    private static List<string> Values(LedgerContext context, string name) => Query.Rows(context, ByName, Text, name);

    private static void Put(LedgerContext context, string name, string value)
    {
        using var transaction = context.BeginPlain();
        new Statement(context, Insert, 2).Run(name, value);
        transaction.Commit();
    }

    private Task<Store> OpenAsync() =>
        StoreAccess.OpenAsync(["--data", _folder.File("data"), "--key-file", _folder.File("master.key")]);
}
