using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Tests.Integrity;

/// <summary>Two patients and an organization, one record in two versions; made once for the tests of a class.</summary>
public sealed class ImportedFolder : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public async Task InitializeAsync()
    {
        using var made = new ImportedCopy(_folder);
        await made.ImportAsync(
            """{"resourceType":"Patient","id":"pat-1","name":[{"text":"secret words"}]}""",
            """{"resourceType":"Patient","id":"pat-2"}""",
            """{"resourceType":"Basic","id":"b","code":{"text":"secret words"},"subject":{"reference":"Patient/pat-1"}}""",
            """{"resourceType":"Organization","id":"o","name":"x"}"""
        );
        await made.ImportAsync(
            """{"resourceType":"Basic","id":"b","code":{"text":"y"},"subject":{"reference":"Patient/pat-1"}}"""
        );
        SqliteConnection.ClearAllPools();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    /// <summary>The same data and keys in a folder of the caller's own.</summary>
    internal ImportedCopy Copy()
    {
        var copy = new TemporaryFolder();
        CopyAll(_folder.Path, copy.Path);
        return new ImportedCopy(copy, owned: true);
    }

    internal static void CopyAll(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}

/// <summary>A data folder with its keys, to do with what a test wants.</summary>
internal sealed class ImportedCopy(TemporaryFolder folder, bool owned = false) : IDisposable
{
    public string[] Options => ["--data", File("data"), "--key-file", File("master.key")];

    public string File(params string[] parts) => folder.File(parts);

    public Task<CommandRun> Run(params string[] args) => CommandRun.Of([.. args, .. Options]);

    public async Task<CommandRun> Good(params string[] args)
    {
        var ran = await Run(args);
        Assert.True(ran.ExitCode == ExitCode.Good, ran.Output + ran.Error);
        return ran;
    }

    public async Task ImportAsync(params string[] lines)
    {
        System.IO.File.WriteAllLines(File("in.ndjson"), lines);
        await Good("import", File("in.ndjson"));
    }

    public long Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File("data", "medledger.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long? ?? 0;
    }

    public void Dispose()
    {
        if (owned)
            folder.Dispose();
    }
}
