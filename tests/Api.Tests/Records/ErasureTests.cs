using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Tests.Records;

public sealed class ErasureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task After_an_erasure_nothing_of_the_patient_opens_and_others_stay()
    {
        await ImportTwoAsync();
        var before = KeyFolders();
        var erased = await Run("erase", "--patient", "pat-1", "--json");
        Assert.Equal((ExitCode.Good, true), (erased.ExitCode, erased.Json.GetProperty("erased").GetBoolean()));

        Assert.Equal(ExitCode.Refused, (await ExportAsync("pat-1")).ExitCode);
        Assert.Equal(1, (await ExportAsync("pat-2")).Json.GetProperty("records").GetInt32());
        Assert.Equal(
            0,
            Count(
                "SELECT COUNT(*) FROM records r JOIN compartments c USING (RecordKey) JOIN patients p USING (PatientKey) WHERE p.Erased IS NOT NULL"
            )
        );
        // The keys of one compartment are gone from custody.
        Assert.Equal(before - 1, KeyFolders());
    }

    [Fact]
    public async Task An_erased_patient_does_not_come_back_by_an_import()
    {
        await ImportTwoAsync();
        await Run("erase", "--patient", "pat-1");
        var again = await Run("import", _folder.File("in.ndjson"), "--json");
        Assert.Equal(ExitCode.Refused, again.ExitCode);
        Assert.Equal(2, again.Json.GetProperty("rejected").GetInt32());
    }

    [Fact]
    public async Task Erasing_twice_or_nobody_is_told_apart()
    {
        await ImportTwoAsync();
        await Run("erase", "--patient", "pat-1");
        Assert.Equal(ExitCode.Good, (await Run("erase", "--patient", "pat-1")).ExitCode);
        Assert.Equal(ExitCode.Refused, (await Run("erase", "--patient", "nobody")).ExitCode);
    }

    [Theory]
    [InlineData(
        "UPDATE records SET Content = substr(Content, 1, 40) || iif(substr(Content, 41, 1) = x'00', x'01', x'00') "
            + "|| substr(Content, 42)"
    )]
    [InlineData("UPDATE compartments SET KeyShare = zeroblob(48)")]
    [InlineData("UPDATE compartments SET Facts = zeroblob(length(Facts))")]
    [InlineData("UPDATE stanzas SET Wrapped = zeroblob(length(Wrapped))")]
    [InlineData("UPDATE segments SET PublicKey = zeroblob(1216)")]
    [InlineData("UPDATE encapsulations SET Encapsulation = zeroblob(1120)")]
    public async Task A_tampered_row_opens_nothing_and_says_so(string tamper)
    {
        await ImportTwoAsync();
        using (var connection = Open())
        {
            using var command = connection.CreateCommand();
            command.CommandText = tamper;
            command.ExecuteNonQuery();
        }
        var exported = await ExportAsync("pat-2");
        Assert.Equal(ExitCode.Refused, exported.ExitCode);
        Assert.Equal(0, exported.Json.GetProperty("records").GetInt32());
        Assert.Equal(1, exported.Json.GetProperty("unreadable").GetInt32());
    }

    public void Dispose() => _folder.Dispose();

    private int KeyFolders() =>
        Directory
            .GetDirectories(_folder.File("master.key.d", "patients"))
            .Count(folder => Directory.EnumerateFiles(folder, "*.key").Any());

    private async Task ImportTwoAsync()
    {
        File.WriteAllLines(
            _folder.File("in.ndjson"),
            [
                """{"resourceType":"Patient","id":"pat-1"}""",
                """{"resourceType":"Patient","id":"pat-2"}""",
                """{"resourceType":"Basic","id":"b","code":{"text":"x"},"subject":{"reference":"Patient/pat-1"}}""",
            ]
        );
        var ran = await Run("import", _folder.File("in.ndjson"));
        Assert.Equal((ExitCode.Good, ""), (ran.ExitCode, ran.ExitCode == ExitCode.Good ? "" : ran.Error));
    }

    private Task<CommandRun> ExportAsync(string patient) =>
        Run("export", "--patient", patient, "--out", _folder.File("out.json"), "--json");

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={_folder.File("data", "medledger.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    private long Count(string query)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = query;
        return (long)command.ExecuteScalar()!;
    }

    private Task<CommandRun> Run(params string[] args) =>
        CommandRun.Of([.. args, "--data", _folder.File("data"), "--key-file", _folder.File("master.key")]);
}
