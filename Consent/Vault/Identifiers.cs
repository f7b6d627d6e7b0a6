using System.Security.Cryptography;

namespace MedLedger.Consent.Vault;

/// <summary>Identifiers of rows: lower-case hexadecimal digits of random bytes or keyed hashes.</summary>
internal static class Identifiers
{
    public const int RandomSize = 16;
    public const int KeyedSize = 32;

    public static string Random() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomSize));

    public static byte[] Parse(string hex, int size, string parameter)
    {
        if (hex.Length != 2 * size || !hex.All(char.IsAsciiHexDigitLower))
            throw new ArgumentException($"{2 * size} lower-case hexadecimal digits are wanted.", parameter);
        return Convert.FromHexString(hex);
    }

    /// <summary>The same for rows that were read: false when a row holds something else.</summary>
    public static bool TryParse(string hex, int size, out byte[] bytes)
    {
        bytes = [];
        if (hex.Length != 2 * size || !hex.All(char.IsAsciiHexDigitLower))
            return false;
        bytes = Convert.FromHexString(hex);
        return true;
    }
}
