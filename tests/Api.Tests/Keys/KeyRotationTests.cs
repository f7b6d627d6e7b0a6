using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Api.Keys;
using MedLedger.Api.Tests.Cli;
using MedLedger.Api.Tests.Integrity;

namespace MedLedger.Api.Tests.Keys;

public sealed class KeyRotationTests(ImportedFolder imported) : IClassFixture<ImportedFolder>, IDisposable
{
    private readonly ImportedCopy _folder = imported.Copy();

    private string Master => _folder.File("master.key");

    [Fact]
    public async Task After_a_rotation_all_opens_and_the_old_master_key_opens_nothing()
    {
        var (old, oldTenant) = (
            File.ReadAllBytes(Master),
            File.ReadAllBytes(_folder.File("master.key.d", "tenant.key"))
        );
        var rotated = await _folder.Good("keys", "rotate", "--json");
        Assert.True(rotated.Json.GetProperty("ok").GetBoolean());
        Assert.False(File.Exists(Master + ".next"));
        await _folder.Good("fsck");

        // No key file is as it was, nor does the old key open one.
        Assert.NotEqual(oldTenant, File.ReadAllBytes(_folder.File("master.key.d", "tenant.key")));
        File.WriteAllBytes(Master, old);
        Assert.Equal(ExitCode.Refused, (await _folder.Run("fsck")).ExitCode);
    }

    // Cut off before each step: what was there opens, the rotation goes on, and what is made meanwhile opens too.
    [Fact]
    public void A_rotation_that_was_cut_off_anywhere_loses_no_key_and_goes_on()
    {
        var before = Fingerprint();
        var steps = 0;
        KeyRotation.Rotate(Master, [], [], before: _ => steps++);
        Assert.True(steps > 10);
        for (var cut = 0; cut < steps; cut++)
        {
            var step = 0;
            Assert.Throws<OperationCanceledException>(() =>
                KeyRotation.Rotate(
                    Master,
                    [],
                    [],
                    before: _ =>
                    {
                        if (step++ == cut)
                            throw new OperationCanceledException();
                    }
                )
            );
            File.WriteAllText(_folder.File("master.key.d", "tenant.key.00aa.part"), "half");
            Assert.Equal(before, Fingerprint());
            using (var custody = FileKeyCustody.Open(Master, []))
            {
                custody.Recover();
                custody.OpenOperatorKey("made-at-" + new string('x', cut + 1)).Dispose();
            }
            var (_, isResumed) = KeyRotation.Rotate(Master, [], []);
            Assert.Equal(cut > 0, isResumed);
            Assert.False(File.Exists(Master + ".next"));
            Assert.Equal(before, Fingerprint());
            using var again = FileKeyCustody.Open(Master, []);
            again.OpenOperatorKey("made-at-" + new string('x', cut + 1)).Dispose();
        }
    }

    [Fact]
    public async Task A_killed_rotation_goes_on()
    {
        var started = ChildProgram.Start(["keys", "rotate", .. _folder.Options]);
        while (!started.HasExited && !File.Exists(Master + ".next"))
            await Task.Delay(1);
        started.Kill();
        await started.WaitForExitAsync();
        started.Dispose();
        await _folder.Good("fsck");
        await _folder.Good("keys", "rotate");
        await _folder.Good("fsck");
    }

    [Fact]
    public async Task Keys_that_are_in_use_are_not_rotated_and_rotated_ones_not_opened()
    {
        using (FileKeyCustody.Open(Master, []))
        {
            var refused = await _folder.Run("keys", "rotate");
            Assert.Equal(ExitCode.Machine, refused.ExitCode);
            Assert.Contains("in use", refused.Error, StringComparison.Ordinal);
        }
        using (KeyLock.Exclusive(FileKeyCustody.KeyFolder(Master)))
            Assert.Equal(ExitCode.Machine, (await _folder.Run("fsck")).ExitCode);
        await _folder.Good("fsck");
    }

    [Fact]
    public void A_damaged_key_file_stops_a_rotation_before_it_begins()
    {
        var file = Directory.GetFiles(
            _folder.File("master.key.d", "patients"),
            "signing.key",
            SearchOption.AllDirectories
        );
        File.WriteAllBytes(file[0], [1, 2, 3]);
        var failure = Assert.Throws<CommandFailure>(() => KeyRotation.Rotate(Master, [], []));
        Assert.Equal(ExitCode.Refused, failure.ExitCode);
        Assert.False(File.Exists(Master + ".next"));
    }

    [Fact]
    public async Task The_passphrase_changes_without_the_key_and_a_rotation_keeps_it()
    {
        var before = Fingerprint();
        File.WriteAllText(_folder.File("one"), "correct horse\n");
        await _folder.Good("keys", "passphrase", "--new-passphrase-file", _folder.File("one"));
        Assert.Equal(ExitCode.Usage, (await _folder.Run("fsck")).ExitCode);
        Assert.Equal(before, Fingerprint("correct horse"));
        string[] passphrase = ["--passphrase-file", _folder.File("one")];
        await _folder.Good(["keys", "rotate", .. passphrase]);
        Assert.Equal(before, Fingerprint("correct horse"));
        await _folder.Good(["keys", "passphrase", .. passphrase]);
        Assert.Equal(before, Fingerprint());
    }

    public void Dispose() => _folder.Dispose();

    private string Fingerprint(string passphrase = "")
    {
        using var custody = FileKeyCustody.Open(Master, Encoding.UTF8.GetBytes(passphrase));
        using var log = custody.OpenOperatorKey("log");
        return custody.Fingerprint + Crypto.Sealing.KeyFile.Fingerprint(log);
    }
}
