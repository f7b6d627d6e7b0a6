using System.Text;

namespace MedLedger.Crypto.Sealing;

/// <summary>A key in a file of its own, wrapped under the master key and bound to its name: files cannot be exchanged.</summary>
public static class KeyFile
{
    private const string Label = "key-file";

    /// <summary>The bytes of the file.</summary>
    public static byte[] Wrap(SecretKey masterKey, string name, SecretKey key)
    {
        ArgumentNullException.ThrowIfNull(masterKey);
        ArgumentNullException.ThrowIfNull(key);
        return SealedBytes.Seal(masterKey, Label, Encoding.UTF8.GetBytes(name), key.Bytes);
    }

    /// <summary>The key; null for another master key, another name or damaged bytes.</summary>
    public static SecretKey? Unwrap(SecretKey masterKey, string name, ReadOnlySpan<byte> file)
    {
        ArgumentNullException.ThrowIfNull(masterKey);
        var bytes = SealedBytes.Open(masterKey, Label, Encoding.UTF8.GetBytes(name), file);
        if (bytes is null)
            return null;
        var key = bytes.Length == SecretKey.Size ? new SecretKey(bytes) : null;
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    /// <summary>
    /// 8 bytes in hexadecimal that tell two keys apart and nothing else about them: kept with the data, they show that a
    /// key file belongs to it.
    /// </summary>
    public static string Fingerprint(SecretKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Convert.ToHexStringLower(key.Mac("medledger/v1/fingerprint"u8).AsSpan(0, 8));
    }
}
