using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;

namespace MedLedger.Crypto.Sealing;

/// <summary>
/// The text of a master key file: 32 random bytes, in clear (the file's mode protects them) or wrapped under a
/// passphrase with Argon2id (RFC 9106). The passphrase can change without the key.
/// </summary>
public static partial class MasterKeyFile
{
    private const string Label = "master-key";

    // RFC 9106, section 4, second recommendation: 64 MiB, 3 passes, 4 lanes.
    private const int MemoryKib = 64 * 1024;
    private const int Passes = 3;
    private const int Lanes = 4;
    private const int SaltSize = 16;

    // Bounds on what a file may ask for, since a hostile one could exhaust memory or time.
    private const int MaxMemoryKib = 1024 * 1024;
    private const int MaxPasses = 16;
    private const int MaxLanes = 16;

    /// <summary>The file's text for a key, in clear.</summary>
    public static string Write(SecretKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return $"medledger-master-key-v1 raw {Convert.ToHexStringLower(key.Bytes)}\n";
    }

    /// <summary>The file's text for a key, under a passphrase.</summary>
    /// <exception cref="ArgumentException">The passphrase is empty.</exception>
    public static string Write(SecretKey key, ReadOnlySpan<byte> passphrase)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (passphrase.IsEmpty)
            throw new ArgumentException("A passphrase has at least one character.", nameof(passphrase));
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        using var wrapping = Stretch(passphrase, salt, MemoryKib, Passes, Lanes);
        var wrapped = SealedBytes.Seal(wrapping, Label, salt, key.Bytes);
        return $"medledger-master-key-v1 argon2id m={MemoryKib},t={Passes},p={Lanes} "
            + $"{Convert.ToHexStringLower(salt)} {Convert.ToHexStringLower(wrapped)}\n";
    }

    /// <summary>Whether the text is a key under a passphrase.</summary>
    public static bool NeedsPassphrase(string text) => Wrapped().IsMatch(text);

    /// <summary>The key; null when the text is damaged, asks for too much, or the passphrase is missing, not wanted or wrong.</summary>
    public static SecretKey? TryOpen(string text, ReadOnlySpan<byte> passphrase)
    {
        if (Raw().Match(text) is { Success: true } raw)
            return passphrase.IsEmpty ? Key(Convert.FromHexString(raw.Groups["key"].ValueSpan)) : null;
        if (passphrase.IsEmpty || Wrapped().Match(text) is not { Success: true } match)
            return null;

        int memory = Number(match, "m"),
            passes = Number(match, "t"),
            lanes = Number(match, "p");
        if (passes is < 1 or > MaxPasses || lanes is < 1 or > MaxLanes || memory < 8 * lanes || memory > MaxMemoryKib)
            return null;
        var salt = Convert.FromHexString(match.Groups["salt"].ValueSpan);
        using var wrapping = Stretch(passphrase, salt, memory, passes, lanes);
        var bytes = SealedBytes.Open(wrapping, Label, salt, Convert.FromHexString(match.Groups["wrapped"].ValueSpan));
        return bytes is null ? null : Key(bytes);
    }

    internal static SecretKey Stretch(ReadOnlySpan<byte> passphrase, byte[] salt, int memoryKib, int passes, int lanes)
    {
        var generator = new Argon2BytesGenerator();
        generator.Init(
            new Argon2Parameters.Builder(Argon2Parameters.Argon2id)
                .WithVersion(Argon2Parameters.Version13)
                .WithMemoryAsKB(memoryKib)
                .WithIterations(passes)
                .WithParallelism(lanes)
                .WithSalt(salt)
                .Build()
        );
        byte[] secret = passphrase.ToArray(),
            output = new byte[SecretKey.Size];
        try
        {
            generator.GenerateBytes(secret, output);
            return new SecretKey(output);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(output);
        }
    }

    private static SecretKey? Key(byte[] bytes)
    {
        var key = bytes.Length == SecretKey.Size ? new SecretKey(bytes) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    private static int Number(Match match, string group) =>
        int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\Amedledger-master-key-v1 raw (?<key>[0-9a-f]{64})\n\z", RegexOptions.None, 1000)]
    private static partial Regex Raw();

    [GeneratedRegex(
        @"\Amedledger-master-key-v1 argon2id m=(?<m>[1-9][0-9]{0,8}),t=(?<t>[1-9][0-9]{0,3}),p=(?<p>[1-9][0-9]{0,3}) (?<salt>[0-9a-f]{32}) (?<wrapped>(?:[0-9a-f]{2}){72,256})\n\z",
        RegexOptions.None,
        1000
    )]
    private static partial Regex Wrapped();
}
