using System.Reflection;
using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Api.Keys;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Api.Tests.Keys;

public sealed class FileKeyCustodyTests : IDisposable
{
    private static readonly string Patient = new('a', 64);
    private static readonly string Other = new('b', 64);

    // Only Consent can make one; a test that stands in for it takes its instance.
    private static readonly CustodyAccess Access = (CustodyAccess)
        typeof(CustodyAccess).GetField("Instance", BindingFlags.Static | BindingFlags.NonPublic)!.GetValue(null)!;

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("keys", "master.key");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("correct horse")]
    public void Keys_are_the_same_after_a_restart(string passphrase)
    {
        var secret = Encoding.UTF8.GetBytes(passphrase);
        string[] before;
        using (var custody = FileKeyCustody.Create(Path, secret))
        {
            Assert.True(custody.TryCreate(Access, Patient));
            Assert.True(custody.TryCreate(Access, Patient));
            before = Fingerprints(custody);
            Assert.Equal(5, before.Distinct(StringComparer.Ordinal).Count());
        }
        using var again = FileKeyCustody.Open(Path, secret);
        Assert.Equal(before, Fingerprints(again));
    }

    [Fact]
    public void A_wrong_missing_or_unwanted_passphrase_is_refused()
    {
        FileKeyCustody.Create(Path, "one"u8).Dispose();
        Assert.Equal(ExitCode.Refused, Failure(() => FileKeyCustody.Open(Path, "two"u8)));
        Assert.Equal(ExitCode.Usage, Failure(() => FileKeyCustody.Open(Path, [])));
        var raw = _folder.File("raw.key");
        FileKeyCustody.Create(raw, []).Dispose();
        Assert.Equal(ExitCode.Refused, Failure(() => FileKeyCustody.Open(raw, "one"u8)));
        Assert.Equal(ExitCode.Usage, Failure(() => FileKeyCustody.Open(_folder.File("none.key"), [])));
        Assert.Equal(ExitCode.Usage, Failure(() => FileKeyCustody.Create(raw, [])));
    }

    [Fact]
    public void Another_master_key_does_not_open_these_keys()
    {
        FileKeyCustody.Create(Path, []).Dispose();
        var other = _folder.File("other.key");
        FileKeyCustody.Create(other, []).Dispose();
        File.Copy(other, Path, overwrite: true);
        Assert.Equal(ExitCode.Refused, Failure(() => FileKeyCustody.Open(Path, [])));
    }

    [Fact]
    public void A_key_file_that_others_can_read_is_refused()
    {
        if (OperatingSystem.IsWindows())
            return;
        FileKeyCustody.Create(Path, []).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Equal(ExitCode.Refused, Failure(() => FileKeyCustody.Open(Path, [])));
    }

    [Fact]
    public void Shredded_keys_never_come_back()
    {
        using (var custody = FileKeyCustody.Create(Path, []))
        {
            Assert.True(custody.TryCreate(Access, Patient));
            Assert.True(custody.TryCreate(Access, Other));
            custody.OpenEncryptionKey(Access, Patient)!.Dispose();
            custody.Shred(Patient);
            custody.Shred(Patient);
            AssertGone(custody);
        }
        Assert.DoesNotContain(
            Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories),
            f => f.Contains(Patient, StringComparison.Ordinal) && f.EndsWith(".key", StringComparison.Ordinal)
        );
        using var again = FileKeyCustody.Open(Path, []);
        AssertGone(again);
        using var kept = again.OpenEncryptionKey(Access, Other);
        Assert.NotNull(kept);
    }

    // Killed between the marker and the shredding, or with a backup of the key files copied back.
    [Fact]
    public void A_marker_alone_is_enough_and_recovery_finishes()
    {
        using var custody = FileKeyCustody.Create(Path, []);
        Assert.True(custody.TryCreate(Access, Patient));
        var key = _folder.File("keys", "master.key.d", "patients", Patient, "encryption.key");
        var backup = File.ReadAllBytes(key);
        custody.Shred(Patient);
        File.WriteAllBytes(key, backup);
        File.WriteAllText(_folder.File("keys", "master.key.d", "x.key.00.part"), "half");
        AssertGone(custody);
        custody.Recover();
        Assert.False(File.Exists(key));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.part", SearchOption.AllDirectories));
    }

    // Every file that a first start writes, in its order, and what a cut leaves of each: nothing, a part, all of it.
    public static TheoryData<int, bool> Cuts =>
        new()
        {
            { 0, false },
            { 0, true },
            { 1, false },
            { 1, true },
        };

    [Theory]
    [MemberData(nameof(Cuts))]
    public void A_first_start_that_was_cut_off_anywhere_begins_anew(int written, bool hasPart)
    {
        var order = new[] { _folder.File("keys", "master.key.d", "tenant.key"), Path };
        FileKeyCustody.Create(Path, []).Dispose();
        var former = order.Select(File.ReadAllBytes).ToList();
        for (var i = written; i < order.Length; i++)
            File.Delete(order[i]);
        if (hasPart)
            File.WriteAllBytes(order[written] + ".0011aabb.part", former[written][..(former[written].Length / 2)]);
        Assert.False(FileKeyCustody.Exists(Path));
        using (var custody = FileKeyCustody.Create(Path, []))
        {
            custody.Recover();
            Assert.True(custody.TryCreate(Access, Patient));
        }
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.part", SearchOption.AllDirectories));
        Assert.NotEqual(former[1], File.ReadAllBytes(Path));
        using var again = FileKeyCustody.Open(Path, []);
        using var kept = again.OpenEncryptionKey(Access, Patient);
        Assert.NotNull(kept);
    }

    // Cut off after both files, the start is complete: the next one opens the same keys.
    [Fact]
    public void A_start_without_its_master_key_never_replaces_keys_that_are_in_use()
    {
        using (var custody = FileKeyCustody.Create(Path, []))
            Assert.True(custody.TryCreate(Access, Patient));
        File.Delete(Path);
        Assert.Equal(ExitCode.Usage, Failure(() => FileKeyCustody.Create(Path, [])));
        Assert.True(File.Exists(_folder.File("keys", "master.key.d", "patients", Patient, "encryption.key")));
    }

    [Fact]
    public void Exchanged_and_damaged_key_files_yield_nothing()
    {
        using (var custody = FileKeyCustody.Create(Path, []))
        {
            Assert.True(custody.TryCreate(Access, Patient));
            Assert.True(custody.TryCreate(Access, Other));
        }
        string File(string patient) => _folder.File("keys", "master.key.d", "patients", patient, "encryption.key");
        System.IO.File.Copy(File(Other), File(Patient), overwrite: true);
        var bytes = System.IO.File.ReadAllBytes(File(Other));
        bytes[^1] ^= 1;
        System.IO.File.WriteAllBytes(File(Other), bytes);
        using var again = FileKeyCustody.Open(Path, []);
        Assert.Null(again.OpenEncryptionKey(Access, Patient));
        Assert.Null(again.OpenEncryptionKey(Access, Other));
    }

    [Fact]
    public void Nothing_but_this_custodys_names_becomes_a_path()
    {
        using var custody = FileKeyCustody.Create(Path, []);
        Assert.Throws<ArgumentException>(() => custody.TryCreate(Access, "../../" + new string('a', 58)));
        Assert.Throws<ArgumentException>(() => custody.Shred(new string('A', 64)));
        Assert.Throws<ArgumentException>(() => custody.OpenOperatorKey("../x"));
        Assert.Throws<ArgumentNullException>(() => custody.OpenTenantKey(null!));
        Assert.Throws<ArgumentNullException>(() => custody.OpenEncryptionKey(null!, Patient));
        Assert.Throws<ArgumentNullException>(() => custody.OpenSigningKey(null!, Patient));
    }

    private static void AssertGone(FileKeyCustody custody)
    {
        Assert.Null(custody.OpenEncryptionKey(Access, Patient));
        Assert.Null(custody.OpenSigningKey(Access, Patient));
        Assert.False(custody.TryCreate(Access, Patient));
    }

    private static string[] Fingerprints(FileKeyCustody custody)
    {
        using var tenant = custody.OpenTenantKey(Access);
        using var log = custody.OpenOperatorKey("log");
        using var relayer = custody.OpenOperatorKey("relayer");
        using var encryption = custody.OpenEncryptionKey(Access, Patient)!;
        using var signing = custody.OpenSigningKey(Access, Patient)!;
        Assert.Equal(custody.Fingerprint, KeyFile.Fingerprint(tenant));
        return [.. new[] { tenant, log, relayer, encryption, signing }.Select(KeyFile.Fingerprint)];
    }

    private static int Failure(Action action) => Assert.Throws<CommandFailure>(action).ExitCode;
}
