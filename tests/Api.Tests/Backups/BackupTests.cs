using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;
using MedLedger.Api.Tests.Integrity;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Tests.Backups;

[Trait("threat", "thief of disk, backup, blob store")]
public sealed class BackupTests(ImportedFolder imported) : IClassFixture<ImportedFolder>, IDisposable
{
    private readonly ImportedCopy _folder = imported.Copy();

    private string[] Restored => ["--data", _folder.File("again"), "--key-file", _folder.File("master.key")];

    private string Backup => _folder.File("data.backup");

    [Fact]
    public async Task What_was_backed_up_beside_a_writer_is_restored_and_checked()
    {
        Directory.CreateDirectory(_folder.File("data", "evidence"));
        File.WriteAllText(_folder.File("data", "evidence", "one.json"), "{}");
        using (await StoreAccess.OpenAsync(_folder.Options))
            await _folder.Good("backup", Backup);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Backup));
        Assert.Equal(ExitCode.Usage, (await _folder.Run("backup", Backup)).ExitCode);

        var restored = await CommandRun.Of(["restore", Backup, "--json", .. Restored]);
        Assert.True(restored.ExitCode == ExitCode.Good, restored.Output + restored.Error);
        Assert.Equal(5, restored.Json.GetProperty("records").GetInt32());
        Assert.Equal(await ExportAsync(_folder.Options, "pat-1"), await ExportAsync(Restored, "pat-1"));
        Assert.Equal("{}", File.ReadAllText(_folder.File("again", "evidence", "one.json")));
        Assert.False(Directory.Exists(_folder.File("again.restoring")));

        var twice = await CommandRun.Of(["restore", Backup, .. Restored]);
        Assert.Equal(ExitCode.Usage, twice.ExitCode);
        Assert.Contains("not empty", twice.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_cut_or_foreign_backup_is_refused_and_leaves_nothing()
    {
        await _folder.Good("backup", Backup);
        var bytes = File.ReadAllBytes(Backup);
        int[] places = [0, 30, 80, 200, bytes.Length / 2, bytes.Length - 1];
        foreach (var at in places)
        {
            var changed = bytes.ToArray();
            changed[at] ^= 1;
            await RefusedAsync(changed);
        }
        await RefusedAsync(bytes[..^1]);
        await RefusedAsync(bytes[..(bytes.Length / 2)]);
        await RefusedAsync([.. bytes, 0]);
        await RefusedAsync([]);

        File.WriteAllBytes(Backup, bytes);
        await CommandRun.Of(
            "import",
            _folder.File("in.ndjson"),
            "--data",
            _folder.File("x"),
            "--key-file",
            _folder.File("y")
        );
        var foreign = await CommandRun.Of(
            "restore",
            Backup,
            "--data",
            _folder.File("again"),
            "--key-file",
            _folder.File("y")
        );
        Assert.Equal(ExitCode.Refused, foreign.ExitCode);
        Assert.Contains("not the one of this backup", foreign.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of(["restore", _folder.File("none"), .. Restored])).ExitCode);
    }

    [Fact]
    public async Task A_backup_of_damaged_data_is_told_and_does_not_become_the_folder()
    {
        _folder.Execute("UPDATE compartments SET KeyShare = zeroblob(48) WHERE Version = 2");
        await _folder.Good("backup", Backup);
        var restored = await CommandRun.Of(["restore", Backup, "--json", .. Restored]);
        Assert.Equal(ExitCode.Refused, restored.ExitCode);
        Assert.Equal("record", restored.Json.GetProperty("damaged")[0].GetProperty("kind").GetString());
        Assert.False(Directory.Exists(_folder.File("again")));
        Assert.True(Directory.Exists(_folder.File("again.restoring")));
    }

    [Fact]
    public async Task Data_and_keys_that_were_lost_come_back_from_their_two_backups()
    {
        File.WriteAllText(_folder.File("secret"), "correct horse\n");
        File.WriteAllText(_folder.File("wrong"), "correct house\n");
        string[] passphrase = ["--backup-passphrase-file", _folder.File("secret")];
        var before = await ExportAsync(_folder.Options, "pat-1");
        await _folder.Good("backup", Backup);
        await _folder.Good(["keys", "backup", _folder.File("keys.backup"), .. passphrase]);
        File.Delete(_folder.File("master.key"));
        Directory.Delete(_folder.File("master.key.d"), recursive: true);
        Directory.Delete(_folder.File("data"), recursive: true);

        Assert.Equal(ExitCode.Usage, (await CommandRun.Of(["restore", Backup, .. Restored])).ExitCode);
        string[] back = ["keys", "restore", _folder.File("keys.backup")];
        var wrong = await _folder.Run([.. back, "--backup-passphrase-file", _folder.File("wrong")]);
        Assert.Equal(ExitCode.Refused, wrong.ExitCode);
        Assert.False(File.Exists(_folder.File("master.key")));
        await _folder.Good([.. back, .. passphrase]);
        Assert.Equal(ExitCode.Usage, (await _folder.Run([.. back, .. passphrase])).ExitCode);

        Assert.Equal(ExitCode.Good, (await CommandRun.Of(["restore", Backup, .. Restored])).ExitCode);
        Assert.Equal(before, await ExportAsync(Restored, "pat-1"));
    }

    // A byte scan: whatever was sealed for the patient, the patient's keys, and the words, in all files.
    [Fact]
    public async Task Nothing_of_an_erased_patient_is_left_in_any_file_or_comes_back_by_a_backup()
    {
        File.WriteAllText(_folder.File("secret"), "correct horse\n");
        string[] passphrase = ["--backup-passphrase-file", _folder.File("secret")];
        await _folder.Good("backup", Backup);
        await _folder.Good(["keys", "backup", _folder.File("keys.backup"), .. passphrase]);
        var traces = Traces();
        Assert.All(traces, trace => Assert.True(IsInAnyFile(trace), Convert.ToHexString(trace)));
        var head = Text("SELECT Note FROM log_heads ORDER BY Size DESC LIMIT 1");

        await _folder.Good("erase", "--patient", "pat-1");
        Assert.All(traces, trace => Assert.False(IsInAnyFile(trace), Convert.ToHexString(trace)));
        // The log goes on from where it was: fsck holds each former head against the entries.
        Assert.Equal(1, _folder.Execute($"SELECT COUNT(*) FROM log_heads WHERE Note = '{head}'"));
        await _folder.Good("fsck");

        // Data from before the erasure, with the keys as they are now.
        var restored = await CommandRun.Of(["restore", Backup, "--json", .. Restored]);
        Assert.True(restored.ExitCode == ExitCode.Good, restored.Output + restored.Error);
        Assert.Equal(1, restored.Json.GetProperty("erasedAgain").GetInt32());
        Assert.All(traces, trace => Assert.False(IsInAnyFile(trace), Convert.ToHexString(trace)));
        await AssertGoneAsync(Restored);

        // A backup from after it.
        await _folder.Good("backup", _folder.File("later.backup"));
        string[] later = ["--data", _folder.File("later"), "--key-file", _folder.File("master.key")];
        Assert.Equal(
            ExitCode.Good,
            (await CommandRun.Of(["restore", _folder.File("later.backup"), .. later])).ExitCode
        );
        Assert.All(traces, trace => Assert.False(IsInAnyFile(trace), Convert.ToHexString(trace)));

        // Keys from before the erasure, with the data as they are now: the first start shreds them again.
        File.Delete(_folder.File("master.key"));
        Directory.Delete(_folder.File("master.key.d"), recursive: true);
        await _folder.Good(["keys", "restore", _folder.File("keys.backup"), .. passphrase]);
        await AssertGoneAsync(_folder.Options);
        Assert.All(traces, trace => Assert.False(IsInAnyFile(trace), Convert.ToHexString(trace)));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task AssertGoneAsync(string[] options)
    {
        var gone = await CommandRun.Of(["export", "--patient", "pat-1", "--out", Path.GetTempFileName(), .. options]);
        Assert.Equal(ExitCode.Refused, gone.ExitCode);
        Assert.NotEmpty(await ExportAsync(options, "pat-2"));
    }

    private async Task RefusedAsync(byte[] backup)
    {
        File.WriteAllBytes(Backup, backup);
        var refused = await CommandRun.Of(["restore", Backup, "--json", .. Restored]);
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.False(refused.Json.GetProperty("ok").GetBoolean());
        Assert.False(Directory.Exists(_folder.File("again")));
        Assert.False(Directory.Exists(_folder.File("again.restoring")));
    }

    private static async Task<string> ExportAsync(string[] options, string patient)
    {
        var file = Path.GetTempFileName();
        try
        {
            var ran = await CommandRun.Of(["export", "--patient", patient, "--out", file, .. options]);
            Assert.True(ran.ExitCode == ExitCode.Good, ran.Error);
            return await File.ReadAllTextAsync(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private List<byte[]> Traces()
    {
        var traces = new List<byte[]>();
        const string OfPatient = """
            SELECT r.Content FROM records r JOIN compartments c USING (RecordKey, Version) JOIN patients p USING (PatientKey)
              WHERE p."Index" = 0
            UNION ALL SELECT c.KeyShare FROM compartments c JOIN patients p USING (PatientKey) WHERE p."Index" = 0
            UNION ALL SELECT c.Facts FROM compartments c JOIN patients p USING (PatientKey) WHERE p."Index" = 0
            UNION ALL SELECT s.Wrapped FROM stanzas s JOIN segments g ON g.Id = s.SegmentId JOIN patients p USING (PatientKey)
              WHERE p."Index" = 0
            UNION ALL SELECT p.Reference FROM patients p WHERE p."Index" = 0
            UNION ALL SELECT s.Tokens FROM search s JOIN patients p USING (PatientKey) WHERE p."Index" = 0
            UNION ALL SELECT d.Content FROM log_details d JOIN patients p USING (PatientKey) WHERE p."Index" = 0
            """;
        using var connection = new SqliteConnection(
            $"Data Source={_folder.File("data", "medledger.db")};Pooling=False"
        );
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = OfPatient;
        using var reader = command.ExecuteReader();
        while (reader.Read())
            traces.Add([.. ((byte[])reader[0]).Take(24)]);
        var key = Text("SELECT PatientKey FROM patients WHERE \"Index\" = 0");
        foreach (var file in Directory.GetFiles(_folder.File("master.key.d", "patients", key)))
            traces.Add(File.ReadAllBytes(file)[..32]);
        Assert.True(traces.Count > 10);
        return traces;
    }

    private string Text(string sql)
    {
        using var connection = new SqliteConnection(
            $"Data Source={_folder.File("data", "medledger.db")};Pooling=False"
        );
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (string)command.ExecuteScalar()!;
    }

    private bool IsInAnyFile(byte[] trace) =>
        Directory
            .EnumerateFiles(_folder.File(), "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith("in.ndjson", StringComparison.Ordinal))
            .Any(file => File.ReadAllBytes(file).AsSpan().IndexOf(trace) >= 0);
}
