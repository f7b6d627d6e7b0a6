using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;
using MedLedger.Api.Tests.Consents;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Tests.Integrity;

public sealed class FsckTests(ImportedFolder imported) : IClassFixture<ImportedFolder>, IDisposable
{
    private readonly ImportedCopy _folder = imported.Copy();

    [Fact]
    public async Task A_sound_folder_is_sound_and_stays_as_it_was()
    {
        var before = _folder.Execute("SELECT COUNT(*) FROM log_entries");
        var checkedOnce = await _folder.Run("fsck", "--json");
        Assert.True(checkedOnce.ExitCode == ExitCode.Good, checkedOnce.Error);
        Assert.Empty(Damaged(checkedOnce));
        Assert.Equal(5, checkedOnce.Json.GetProperty("records").GetInt32());
        Assert.Equal(3, checkedOnce.Json.GetProperty("compartments").GetInt32());
        Assert.Equal(before, checkedOnce.Json.GetProperty("entries").GetInt64());
        Assert.Equal(before, _folder.Execute("SELECT COUNT(*) FROM log_entries"));
    }

    [Fact]
    public async Task An_erased_patient_is_no_damage()
    {
        await _folder.Run("erase", "--patient", "pat-1");
        Assert.Empty(Damaged(await _folder.Run("fsck", "--json")));
    }

    // What somebody does to the database, and as what it is found.
    [Theory]
    [InlineData("UPDATE records SET Content = substr(Content, 1, 60) || x'00' || substr(Content, 62)", "record")]
    [InlineData("UPDATE records SET Content = x''", "record")]
    [InlineData("UPDATE compartments SET KeyShare = zeroblob(48)", "record")]
    [InlineData("UPDATE compartments SET Facts = zeroblob(length(Facts)) WHERE Version = 1", "record")]
    [InlineData("UPDATE compartments SET ContentTag = zeroblob(32)", "record")]
    [InlineData("UPDATE encapsulations SET Encapsulation = zeroblob(1120)", "record")]
    [InlineData("UPDATE encapsulations SET Encapsulation = x'00'", "record")]
    [InlineData("DELETE FROM compartments WHERE Version = 1", "record")]
    [InlineData("DELETE FROM compartments WHERE Version = 2; DELETE FROM records WHERE Version = 2", "record")]
    [InlineData("UPDATE records SET IsDeleted = 1 WHERE Version = 2", "record")]
    [InlineData("UPDATE stanzas SET Wrapped = zeroblob(length(Wrapped))", "segment")]
    [InlineData("UPDATE segments SET PublicKey = zeroblob(1216)", "segment")]
    [InlineData("UPDATE segments SET Epoch = 7", "segment")]
    [InlineData("UPDATE search SET Tokens = x''", "index")]
    [InlineData("DELETE FROM search", "index")]
    [InlineData("DELETE FROM tokens", "index")]
    [InlineData("INSERT INTO tokens VALUES ('00', 'none')", "index")]
    [InlineData("UPDATE leaves SET Leaf = zeroblob(32)", "tree")]
    [InlineData("UPDATE leaves SET Leaf = x'ff'", "tree")]
    [InlineData("UPDATE patients SET Root = zeroblob(32)", "tree")]
    [InlineData("UPDATE patients SET Commitment = zeroblob(32) WHERE \"Index\" >= 0", "patient")]
    [InlineData("UPDATE patients SET Reference = x'00' WHERE \"Index\" >= 0", "patient")]
    [InlineData("UPDATE log_entries SET Entry = substr(Entry, 1, 80) || zeroblob(32) WHERE \"Index\" = 1", "head")]
    [InlineData("UPDATE log_entries SET Entry = x'00' WHERE \"Index\" = 1", "log")]
    [InlineData("DELETE FROM log_entries WHERE \"Index\" = 1", "log")]
    [InlineData("DELETE FROM log_heads WHERE Size = (SELECT MAX(Size) FROM log_heads)", "head")]
    [InlineData("UPDATE log_heads SET Note = 'x'", "head")]
    [InlineData("INSERT INTO log_tiles VALUES (0, 0, zeroblob(32))", "tile")]
    [InlineData("INSERT INTO log_tiles VALUES (1, 0, zeroblob(32))", "tile")]
    [InlineData("UPDATE log_details SET Content = zeroblob(length(Content))", "details")]
    [InlineData("DELETE FROM segments", "database")]
    public async Task What_is_damaged_is_named_by_its_kind_and_nothing_else(string damage, string kind)
    {
        _folder.Execute("PRAGMA foreign_keys = OFF; " + damage);
        var found = await _folder.Run("fsck", "--json");
        Assert.Equal(ExitCode.Refused, found.ExitCode);
        Assert.False(found.Json.GetProperty("ok").GetBoolean());
        Assert.Contains(kind, Damaged(found), StringComparer.Ordinal);
        Assert.DoesNotContain("pat-", found.Output + found.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret words", found.Output + found.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_json_each_damaged_thing_is_a_line()
    {
        _folder.Execute("DELETE FROM tokens");
        var found = await _folder.Run("fsck");
        Assert.Equal(ExitCode.Refused, found.ExitCode);
        Assert.Equal(
            4,
            found.Output.TrimEnd().Split('\n').Count(l => l.StartsWith("index ", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task Lost_and_exchanged_keys_are_found()
    {
        var patients = Directory.GetDirectories(_folder.File("master.key.d", "patients"));
        File.WriteAllBytes(Path.Combine(patients[0], "encryption.key"), [1, 2, 3]);
        Assert.Contains("patient", Damaged(await _folder.Run("fsck", "--json")), StringComparer.Ordinal);

        File.Delete(_folder.File("master.key"));
        Assert.Equal(ExitCode.Usage, (await _folder.Run("fsck")).ExitCode);
    }

    [Fact]
    public async Task A_torn_database_file_is_damage_and_no_crash()
    {
        SqliteConnection.ClearAllPools();
        _folder.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        using (var file = new FileStream(_folder.File("data", "medledger.db"), FileMode.Open, FileAccess.Write))
        {
            file.Seek(file.Length / 2, SeekOrigin.Begin);
            file.Write(new byte[file.Length / 4]);
        }
        var found = await _folder.Run("fsck", "--json");
        Assert.Equal(ExitCode.Refused, found.ExitCode);
        Assert.False(found.Json.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task Beside_a_running_ledger_the_anchors_on_its_chain_are_compared()
    {
        using var ledgerFolder = new ConsentFolder();
        await ledgerFolder.WithAsync(async ledger =>
        {
            await ledger.Anchoring.AnchorLogAsync(default);
            var sound = await ledgerFolder.Run("fsck", "--json");
            Assert.True(sound.ExitCode == ExitCode.Good, sound.Output + sound.Error);
            Assert.Equal("checked", sound.Json.GetProperty("chain").GetString());
        });
    }

    public void Dispose() => _folder.Dispose();

    private static IReadOnlyList<string> Damaged(CommandRun run) =>
        [.. run.Json.GetProperty("damaged").EnumerateArray().Select(one => one.GetProperty("kind").GetString()!)];
}
