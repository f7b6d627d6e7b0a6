using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Tests.Records;

/// <summary>Somebody edits the database: what does not hash to the record root in the signed log is not opened.</summary>
[Trait("threat", "dishonest operator without patient keys")]
public sealed class RecordRootTests : IDisposable
{
    private const string RollBack = """
        DELETE FROM compartments WHERE Version = 2;
        DELETE FROM records WHERE Version = 2;
        UPDATE leaves SET Version = 1, Leaf = (SELECT o.Leaf FROM old_leaves o WHERE o.PatientKey = leaves.PatientKey
          AND o.Position = leaves.Position AND o.Since = leaves.Since);
        """;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(RollBack)]
    [InlineData(
        RollBack
            + "UPDATE patients SET Root = (SELECT o.Root FROM old_patients o WHERE o.PatientKey = patients.PatientKey)"
    )]
    [InlineData("UPDATE leaves SET Leaf = zeroblob(32)")]
    [InlineData("UPDATE leaves SET Leaf = (SELECT o.Leaf FROM leaves o ORDER BY o.Leaf LIMIT 1)")]
    [InlineData("DELETE FROM leaves WHERE Position = 1")]
    [InlineData("UPDATE patients SET Root = zeroblob(32)")]
    [InlineData("UPDATE patients SET Root = x''")]
    [InlineData("UPDATE patients SET Commitment = zeroblob(32) WHERE length(Commitment) = 32")]
    [InlineData("UPDATE patients SET Erased = '2026-01-01 00:00:00+00:00' WHERE length(Commitment) = 32")]
    [Trait("threat", "rolled-back record")]
    public async Task Rows_that_were_rolled_back_or_forged_with_their_leaves_are_refused(string tamper)
    {
        await ImportTwoVersionsAsync();
        Assert.Equal(ExitCode.Good, (await ExportAsync()).ExitCode);
        Execute(tamper);

        var exported = await ExportAsync();
        Assert.Equal(ExitCode.Refused, exported.ExitCode);
        Assert.Contains("recordRoot", exported.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("out.json")));

        // Nothing is written, and no new root signed, on top of it.
        File.WriteAllText(_folder.File("more.ndjson"), """{"resourceType":"Patient","id":"pat-1","active":true}""");
        var written = await Run("import", _folder.File("more.ndjson"));
        Assert.Equal(ExitCode.Refused, written.ExitCode);
        Assert.Contains("recordRoot", written.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE log_entries SET Entry = substr(Entry, 1, 80) || zeroblob(32) WHERE \"Index\" = 1")]
    [InlineData("DELETE FROM log_entries WHERE \"Index\" = (SELECT MAX(\"Index\") FROM log_entries)")]
    [InlineData(
        "DELETE FROM log_heads WHERE Size = (SELECT MAX(Size) FROM log_heads); DELETE FROM log_details; DELETE FROM log_entries"
    )]
    [InlineData("UPDATE log_heads SET Note = substr(Note, 1, length(Note) - 12) || 'AAAAAAAA' || substr(Note, -4)")]
    public async Task A_log_that_does_not_hash_to_its_head_opens_nothing(string tamper)
    {
        await ImportTwoVersionsAsync();
        Execute(tamper);
        var exported = await ExportAsync();
        Assert.Equal(ExitCode.Refused, exported.ExitCode);
        Assert.Contains("check log failed", exported.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_stand_in_the_log_and_leave_the_root_as_it_is()
    {
        await ImportTwoVersionsAsync();
        var before = Entries();
        await ExportAsync();
        await Run("patients", "--json");
        await Run("consent", "list", "--json");
        await Run("export", "--patient", "nobody", "--out", _folder.File("none.json"));
        // exported, searched, searched, and the refused export
        Assert.Equal(before + 4, Entries());
        Assert.Equal(ExitCode.Good, (await ExportAsync()).ExitCode);
    }

    public void Dispose() => _folder.Dispose();

    private async Task ImportTwoVersionsAsync()
    {
        File.WriteAllLines(
            _folder.File("in.ndjson"),
            [
                """{"resourceType":"Patient","id":"pat-1"}""",
                """{"resourceType":"Basic","id":"b","code":{"text":"x"},"subject":{"reference":"Patient/pat-1"}}""",
                """{"resourceType":"Organization","id":"o","name":"x"}""",
            ]
        );
        await ImportAsync();
        Execute("CREATE TABLE old_leaves AS SELECT * FROM leaves; CREATE TABLE old_patients AS SELECT * FROM patients");
        File.WriteAllText(
            _folder.File("in.ndjson"),
            """{"resourceType":"Basic","id":"b","code":{"text":"y"},"subject":{"reference":"Patient/pat-1"}}"""
        );
        await ImportAsync();
    }

    private async Task ImportAsync()
    {
        var ran = await Run("import", _folder.File("in.ndjson"));
        Assert.Equal((ExitCode.Good, ""), (ran.ExitCode, ran.ExitCode == ExitCode.Good ? "" : ran.Error));
    }

    private async Task<CommandRun> ExportAsync()
    {
        File.Delete(_folder.File("out.json"));
        return await Run("export", "--patient", "pat-1", "--out", _folder.File("out.json"), "--json");
    }

    private void Execute(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA foreign_keys = OFF; " + sql;
        command.ExecuteNonQuery();
    }

    private long Entries()
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM log_entries";
        return (long)command.ExecuteScalar()!;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={_folder.File("data", "medledger.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    private Task<CommandRun> Run(params string[] args) =>
        CommandRun.Of([.. args, "--data", _folder.File("data"), "--key-file", _folder.File("master.key")]);
}
