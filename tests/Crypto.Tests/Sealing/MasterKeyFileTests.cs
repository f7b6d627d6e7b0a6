using System.Security.Cryptography;
using System.Text;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Crypto.Tests.Sealing;

public class MasterKeyFileTests
{
    [Fact]
    public void Opens_what_it_wrote_and_only_with_its_passphrase()
    {
        using var key = SecretKey.Generate();
        var raw = MasterKeyFile.Write(key);
        var wrapped = MasterKeyFile.Write(key, "pass"u8);
        using (var opened = MasterKeyFile.TryOpen(raw, []))
            Assert.Equal(KeyFile.Fingerprint(key), KeyFile.Fingerprint(opened!));
        using (var opened = MasterKeyFile.TryOpen(wrapped, "pass"u8))
            Assert.Equal(KeyFile.Fingerprint(key), KeyFile.Fingerprint(opened!));
        Assert.False(MasterKeyFile.NeedsPassphrase(raw));
        Assert.True(MasterKeyFile.NeedsPassphrase(wrapped));
        Assert.Null(MasterKeyFile.TryOpen(wrapped, "Pass"u8));
        Assert.Null(MasterKeyFile.TryOpen(wrapped, []));
        Assert.Null(MasterKeyFile.TryOpen(raw, "pass"u8));
        Assert.Throws<ArgumentException>(() => MasterKeyFile.Write(key, []));
    }

    [Fact]
    public void Hostile_files_are_refused_before_they_cost_anything()
    {
        using var key = SecretKey.Generate();
        var good = MasterKeyFile.Write(key, "pass"u8);
        string[] bad =
        [
            "",
            "\n",
            good.TrimEnd(),
            good + "\n",
            good.Replace("m=65536", "m=999999999", StringComparison.Ordinal),
            good.Replace("m=65536", "m=1048577", StringComparison.Ordinal),
            good.Replace("t=3", "t=1000", StringComparison.Ordinal),
            good.Replace("p=4", "p=100", StringComparison.Ordinal),
            good.Replace("m=65536", "m=31", StringComparison.Ordinal),
            good.Replace("m=65536", "m=065536", StringComparison.Ordinal),
            good.Replace("v1", "v2", StringComparison.Ordinal),
            good.Replace("argon2id", "argon2d", StringComparison.Ordinal),
            MasterKeyFile.Write(key).ToUpperInvariant(),
        ];
        foreach (var text in bad)
            Assert.Null(MasterKeyFile.TryOpen(text, "pass"u8));
    }

    // RFC 9106, section 5.3, needs a secret and associated data; this is the reference implementation's own test
    // (phc-winner-argon2, test.c): version 19, 2 passes, 64 MiB, 1 lane, "password", "somesalt".
    [Fact]
    public void Argon2id_matches_the_reference_implementation()
    {
        using var key = MasterKeyFile.Stretch("password"u8, Encoding.ASCII.GetBytes("somesalt"), 65536, 2, 1);
        Assert.Equal(
            "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7",
            Convert.ToHexStringLower(key.Bytes)
        );
    }

    [Fact]
    public void Key_files_are_bound_to_their_name_and_their_master_key()
    {
        using var master = SecretKey.Generate();
        using var other = SecretKey.Generate();
        using var key = SecretKey.Generate();
        var file = KeyFile.Wrap(master, "a", key);
        using (var opened = KeyFile.Unwrap(master, "a", file))
            Assert.Equal(KeyFile.Fingerprint(key), KeyFile.Fingerprint(opened!));
        Assert.Null(KeyFile.Unwrap(master, "b", file));
        Assert.Null(KeyFile.Unwrap(other, "a", file));
        for (var i = 0; i < file.Length; i++)
        {
            file[i] ^= 0x40;
            Assert.Null(KeyFile.Unwrap(master, "a", file));
            file[i] ^= 0x40;
        }
        var journal = SealedJournal.Seal(master, "t/1"u8, [1, 2, 3]);
        Assert.Equal(new byte[] { 1, 2, 3 }, SealedJournal.Open(master, "t/1"u8, journal));
        Assert.Null(SealedJournal.Open(master, "t/2"u8, journal));
        Assert.Null(KeyFile.Unwrap(master, "t/1", journal));
    }

    [Fact]
    public void Labels_and_contexts_give_keys_that_differ_and_a_disposed_key_gives_none()
    {
        var key = SecretKey.Generate();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (label, context) in new[] { ("a", ""), ("b", ""), ("a", "b"), ("ab", ""), ("", "ab") })
        {
            using var derived = key.Derive(label, Encoding.ASCII.GetBytes(context));
            Assert.True(seen.Add(KeyFile.Fingerprint(derived)));
        }
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Derive("a"));
        Assert.Throws<ObjectDisposedException>(() => key.Copy());
        Assert.Throws<ArgumentException>(() => new SecretKey(RandomNumberGenerator.GetBytes(31)));
    }
}
