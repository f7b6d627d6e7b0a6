using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace MedLedger.Crypto.Sealing;

/// <summary>The keys of backups: one that derives from the tenant key, and one from a passphrase (Argon2id, RFC 9106).</summary>
public static partial class BackupKey
{
    // RFC 9106, section 4, second recommendation.
    private const int MemoryKib = 64 * 1024;
    private const int Passes = 3;
    private const int Lanes = 4;
    private const int SaltSize = 16;

    /// <summary>The key of backups of the data; a new master key does not change it.</summary>
    public static SecretKey FromTenant(SecretKey tenant)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        return tenant.Derive("backup");
    }

    /// <summary>A key of a passphrase, and the text that <see cref="TryStretch"/> makes it again from.</summary>
    public static SecretKey Stretch(ReadOnlySpan<byte> passphrase, out string parameters)
    {
        if (passphrase.IsEmpty)
            throw new ArgumentException("A passphrase has at least one character.", nameof(passphrase));
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        parameters = $"argon2id m={MemoryKib},t={Passes},p={Lanes} {Convert.ToHexStringLower(salt)}";
        return MasterKeyFile.Stretch(passphrase, salt, MemoryKib, Passes, Lanes);
    }

    /// <summary>The same key again; null when the text asks for other costs than this program's.</summary>
    public static SecretKey? TryStretch(ReadOnlySpan<byte> passphrase, string parameters)
    {
        if (passphrase.IsEmpty || Parameters().Match(parameters) is not { Success: true } match)
            return null;
        int Number(string group) =>
            int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        if (Number("m") != MemoryKib || Number("t") != Passes || Number("p") != Lanes)
            return null;
        var salt = Convert.FromHexString(match.Groups["salt"].ValueSpan);
        return MasterKeyFile.Stretch(passphrase, salt, MemoryKib, Passes, Lanes);
    }

    [GeneratedRegex(
        @"\Aargon2id m=(?<m>[1-9][0-9]{0,8}),t=(?<t>[1-9][0-9]{0,3}),p=(?<p>[1-9][0-9]{0,3}) (?<salt>[0-9a-f]{32})\z",
        RegexOptions.None,
        1000
    )]
    private static partial Regex Parameters();
}
