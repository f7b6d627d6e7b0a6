using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;

namespace MedLedger.Crypto.Sealing;

/// <summary>
/// Passwords of accounts, hashed with Argon2id (RFC 9106) in the form of the PHC string format:
/// <c>$argon2id$v=19$m=19456,t=2,p=1$salt$hash</c>.
/// </summary>
public static partial class PasswordHash
{
    /// <summary>Longest password in UTF-8 bytes; longer ones are refused before any work is done.</summary>
    public const int MaxBytes = 256;

    // OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane.
    private const int MemoryKib = 19 * 1024;
    private const int Passes = 2;
    private const int Lanes = 1;
    private const int SaltSize = 16;
    private const int HashSize = 32;

    // Bounds on what a stored string may ask for.
    private const int MaxMemoryKib = 1024 * 1024;
    private const int MaxPasses = 16;
    private const int MaxLanes = 16;

    /// <summary>Hashes a password with a fresh salt.</summary>
    /// <exception cref="ArgumentException">The password is empty or longer than <see cref="MaxBytes"/>.</exception>
    public static string Create(string password)
    {
        if (!IsHashable(password))
            throw new ArgumentException("A password has 1 to 256 bytes of UTF-8.", nameof(password));
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        var hash = Compute(password, salt, MemoryKib, Passes, Lanes);
        return $"$argon2id$v=19$m={MemoryKib},t={Passes},p={Lanes}${Encode(salt)}${Encode(hash)}";
    }

    /// <summary>Whether the password is the one that was hashed. Compares in constant time; damaged strings are false.</summary>
    public static bool Verify(string encoded, string password)
    {
        if (!IsHashable(password) || Encoded().Match(encoded) is not { Success: true } match)
            return false;
        int memory = Number(match, "m"),
            passes = Number(match, "t"),
            lanes = Number(match, "p");
        if (passes is < 1 or > MaxPasses || lanes is < 1 or > MaxLanes || memory < 8 * lanes || memory > MaxMemoryKib)
            return false;
        if (
            !TryDecode(match.Groups["salt"].Value, out var salt) || !TryDecode(match.Groups["hash"].Value, out var hash)
        )
            return false;
        return CryptographicOperations.FixedTimeEquals(Compute(password, salt, memory, passes, lanes), hash);
    }

    private static bool IsHashable(string password) =>
        password.Length is > 0 and <= MaxBytes && Encoding.UTF8.GetByteCount(password) <= MaxBytes;

    private static byte[] Compute(string password, byte[] salt, int memoryKib, int passes, int lanes)
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
        var secret = Encoding.UTF8.GetBytes(password);
        var hash = new byte[HashSize];
        try
        {
            generator.GenerateBytes(secret, hash);
            return hash;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        var padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        if (!Convert.TryFromBase64String(padded, bytes, out var written) || written < 8)
            return false;
        bytes = bytes[..written];
        return true;
    }

    private static int Number(Match match, string group) =>
        int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"\A\$argon2id\$v=19\$m=(?<m>[1-9][0-9]{0,8}),t=(?<t>[1-9][0-9]{0,3}),p=(?<p>[1-9][0-9]{0,3})\$(?<salt>[A-Za-z0-9+/]{11,86})\$(?<hash>[A-Za-z0-9+/]{43})\z",
        RegexOptions.None,
        1000
    )]
    private static partial Regex Encoded();
}
