using MedLedger.Api.Tests.Integrity;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Tests.Backups;

/// <summary>What the operator does with keys and backups is in the log before it is done.</summary>
public sealed class BackupLogTests(ImportedFolder imported) : IClassFixture<ImportedFolder>, IDisposable
{
    private readonly ImportedCopy _folder = imported.Copy();

    [Fact]
    public async Task Backups_restores_and_passphrases_are_logged_also_beside_a_writer()
    {
        File.WriteAllText(_folder.File("secret"), "one two three four");
        int before;
        using (var writer = await StoreAccess.OpenAsync(_folder.Options))
        {
            before = (await ReadLog.OfAsync(writer)).Count;
            await _folder.Good(
                "keys",
                "backup",
                _folder.File("keys"),
                "--backup-passphrase-file",
                _folder.File("secret")
            );
            await _folder.Good("backup", _folder.File("data.backup"));
        }
        await _folder.Good("keys", "passphrase", "--new-passphrase-file", _folder.File("secret"));
        string[] opened = ["--key-file", _folder.File("master.key"), "--passphrase-file", _folder.File("secret")];
        string[] again = ["--data", _folder.File("again"), .. opened];
        var restored = await Cli.CommandRun.Of(["restore", _folder.File("data.backup"), .. again]);
        Assert.True(restored.ExitCode == 0, restored.Error);

        using (var store = await StoreAccess.OpenAsync(["--data", _folder.File("data"), .. opened]))
        {
            Assert.Equal(
                [
                    (AuditAction.BackedUp, "keys backup"),
                    (AuditAction.BackedUp, "backup"),
                    (AuditAction.KeysChanged, "passphrase"),
                ],
                (await ReadLog.OfAsync(store)).Skip(before).Select(e => (e.Entry.Action, e.Details.Interaction!))
            );
        }
        using (var store = await StoreAccess.OpenAsync(again))
        {
            var log = await ReadLog.OfAsync(store);
            Assert.Equal((AuditAction.BackedUp, "backup"), (log[^2].Entry.Action, log[^2].Details.Interaction!));
            Assert.Equal((AuditAction.Restored, "operator"), (log[^1].Entry.Action, log[^1].Details.Agent));
        }
    }

    public void Dispose() => _folder.Dispose();
}
