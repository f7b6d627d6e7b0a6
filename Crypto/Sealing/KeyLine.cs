using System.Security.Cryptography;

namespace MedLedger.Crypto.Sealing;

/// <summary>A secret as the one line of a file that its owner alone reads: a prefix that says what it is, 64 digits.</summary>
public static class KeyLine
{
    /// <summary>The file's text.</summary>
    public static string Write(string prefix, SecretKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return $"{prefix}{Convert.ToHexStringLower(key.Bytes)}\n";
    }

    /// <summary>The secret of such a line; null for any other text.</summary>
    public static SecretKey? TryRead(string prefix, string text)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(text);
        var digits = text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : "";
        if (digits.Length != (2 * SecretKey.Size) + 1 || digits[^1] != '\n')
            return null;
        digits = digits[..^1];
        if (!digits.All(digit => char.IsAsciiDigit(digit) || digit is >= 'a' and <= 'f'))
            return null;
        var bytes = Convert.FromHexString(digits);
        var secret = new SecretKey(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return secret;
    }
}
