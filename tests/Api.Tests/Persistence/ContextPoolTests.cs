using MedLedger.Api.Persistence;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Tests.Persistence;

public sealed class ContextPoolTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_context_comes_back_with_an_open_connection_and_nothing_tracked()
    {
        using var store = await OpenAsync();
        LedgerContext first;
        await using (first = store.CreateDbContext())
        {
            first.Settings.Add(new SettingRow { Name = "never-saved", Value = "x" });
            first.ChangeTracker.AutoDetectChangesEnabled = false;
        }
        await using var second = store.CreateDbContext();
        Assert.Same(first, second);
        Assert.Equal(System.Data.ConnectionState.Open, second.Database.GetDbConnection().State);
        Assert.Empty(second.ChangeTracker.Entries());
        Assert.True(second.ChangeTracker.AutoDetectChangesEnabled);
        Assert.Equal(0, await second.SaveChangesAsync());
    }

    [Fact]
    public async Task One_that_is_disposed_twice_is_lent_once()
    {
        using var store = await OpenAsync();
        var first = store.CreateDbContext();
        await first.DisposeAsync();
        await first.DisposeAsync();
        await using var second = store.CreateDbContext();
        await using var third = store.CreateDbContext();
        Assert.NotSame(second, third);
    }

    [Fact]
    public async Task What_was_not_committed_is_rolled_back_when_it_is_disposed()
    {
        using var store = await OpenAsync();
        await using (var context = store.CreateDbContext())
        {
            await context.Database.BeginTransactionAsync();
            context.Settings.Add(new SettingRow { Name = "rolled-back", Value = "x" });
            await context.SaveChangesAsync();
        }
        await using var next = store.CreateDbContext();
        Assert.Null(await next.Settings.FindAsync("rolled-back"));
    }

    [Fact]
    public async Task A_prepared_query_has_the_values_of_each_use_and_may_run_inside_itself()
    {
        using var store = await OpenAsync();
        await using var context = store.CreateDbContext();
        context.Settings.AddRange(
            new SettingRow { Name = "a", Value = "1" },
            new SettingRow { Name = "b", Value = "2" }
        );
        await context.SaveChangesAsync();
        async Task<List<string>> ValuesAsync(params string[] names) =>
            await context
                .Settings.AsNoTracking()
                .Where(s => names.Contains(s.Name))
                .OrderBy(s => s.Name)
                .Select(s => s.Value)
                .ToListAsync();
        Assert.Equal(["1"], await ValuesAsync("a"));
        Assert.Equal(["2"], await ValuesAsync("b"));
        Assert.Equal(["1", "2"], await ValuesAsync("a", "b"));
        Assert.Empty(await ValuesAsync());

        var pairs = new List<string>();
        string[] both = ["a", "b"];
        var query = context.Settings.AsNoTracking().Where(s => both.Contains(s.Name)).OrderBy(s => s.Name);
        await foreach (var outer in query.AsAsyncEnumerable())
        await foreach (var inner in query.AsAsyncEnumerable())
            pairs.Add(outer.Value + inner.Value);
        Assert.Equal(["11", "12", "21", "22"], pairs);
    }

    [Fact]
    public async Task A_query_that_failed_can_run_again()
    {
        using var store = await OpenAsync();
        await using var context = store.CreateDbContext();
        for (var i = 0; i < 2; i++)
        {
            context.Settings.Add(new SettingRow { Name = "once", Value = $"{i}" });
            if (i == 0)
                await context.SaveChangesAsync();
            else
                await Assert.ThrowsAsync<DbUpdateException>(() => context.SaveChangesAsync());
            context.ChangeTracker.Clear();
        }
        Assert.Equal("0", (await context.Settings.FindAsync("once"))!.Value);
    }

    [Fact]
    public async Task A_store_that_is_disposed_holds_no_connection()
    {
        var store = await OpenAsync();
        await using (var context = store.CreateDbContext())
            Assert.NotNull(await context.Settings.FirstAsync());
        var late = store.CreateDbContext();
        store.Dispose();
        await late.DisposeAsync();
        // Nobody has the database open: it can be taken alone.
        await using var alone = new SqliteConnection(
            $"Data Source={_folder.File("data", "medledger.db")};Pooling=False"
        );
        await alone.OpenAsync();
        await using var command = alone.CreateCommand();
        command.CommandText = "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;";
        await command.ExecuteNonQueryAsync();
    }

    public void Dispose() => _folder.Dispose();

    private Task<Store> OpenAsync() =>
        StoreAccess.OpenAsync(["--data", _folder.File("data"), "--key-file", _folder.File("master.key")]);
}
