using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using Org.BouncyCastle.Crypto.Generators;

namespace MedLedger.Crypto.Ethereum;

/// <summary>
/// The key files of Ethereum wallets (Web3 Secret Storage Definition, version 3): scrypt or PBKDF2-HMAC-SHA256,
/// AES-128-CTR, and a MAC of Keccak-256. Bounds on the work keep a hostile file from using up memory or time.
/// </summary>
public static class KeystoreV3
{
    private const int MostIterations = 10_000_000;
    private const long MostMemory = 512L << 20;

    /// <summary>Opens a key file. False when it is none, when its costs are out of bounds, or when the passphrase is not its.</summary>
    /// <param name="json">The file.</param>
    /// <param name="passphrase">UTF-8 bytes of the passphrase.</param>
    /// <param name="key">The key; the caller disposes of it.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> json,
        ReadOnlySpan<byte> passphrase,
        [NotNullWhen(true)] out Secp256k1PrivateKey? key
    )
    {
        key = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return TryOpen(document.RootElement, passphrase, out key);
        }
        catch (Exception malformed)
            when (malformed is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return false;
        }
    }

    private static bool TryOpen(JsonElement file, ReadOnlySpan<byte> passphrase, out Secp256k1PrivateKey? key)
    {
        key = null;
        var crypto = file.TryGetProperty("crypto", out var lower) ? lower : file.GetProperty("Crypto");
        if (file.GetProperty("version").GetInt32() != 3 || crypto.GetProperty("cipher").GetString() != "aes-128-ctr")
            return false;
        var iv = Hex(crypto.GetProperty("cipherparams").GetProperty("iv"));
        var ciphertext = Hex(crypto.GetProperty("ciphertext"));
        if (iv.Length != 16 || ciphertext.Length != Secp256k1PrivateKey.Size)
            return false;
        var derived = Derive(crypto, passphrase);
        if (derived is null)
            return false;
        var secret = new byte[Secp256k1PrivateKey.Size];
        try
        {
            // mac = keccak256(derived[16..32] || ciphertext)
            var mac = Keccak256.Hash([.. derived.AsSpan(16, 16), .. ciphertext]);
            if (!CryptographicOperations.FixedTimeEquals(mac, Hex(crypto.GetProperty("mac"))))
                return false;
            DecryptCtr(derived.AsSpan(0, 16), iv, ciphertext, secret);
            return Secp256k1PrivateKey.TryCreate(secret, out key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static byte[]? Derive(JsonElement crypto, ReadOnlySpan<byte> passphrase)
    {
        var parameters = crypto.GetProperty("kdfparams");
        var salt = Hex(parameters.GetProperty("salt"));
        if (parameters.GetProperty("dklen").GetInt32() != 32)
            return null;
        if (crypto.GetProperty("kdf").GetString() == "pbkdf2")
        {
            var count = parameters.GetProperty("c").GetInt32();
            return count is >= 1 and <= MostIterations && parameters.GetProperty("prf").GetString() == "hmac-sha256"
                ? Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, count, HashAlgorithmName.SHA256, 32)
                : null;
        }
        if (crypto.GetProperty("kdf").GetString() != "scrypt")
            return null;
        var (n, r, p) = (
            parameters.GetProperty("n").GetInt32(),
            parameters.GetProperty("r").GetInt32(),
            parameters.GetProperty("p").GetInt32()
        );
        var isBounded =
            n > 1
            && BitOperations.IsPow2(n)
            && r is >= 1 and <= 64
            && (r > 1 || n < 1 << 16) // RFC 7914, section 2: N < 2^(128 r / 8)
            && p is >= 1 and <= 64
            && 128L * n * r <= MostMemory
            && 128L * n * r * p <= 8 * MostMemory;
        return isBounded ? SCrypt.Generate(passphrase.ToArray(), salt, n, r, p, 32) : null;
    }

    private static void DecryptCtr(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> iv,
        ReadOnlySpan<byte> input,
        Span<byte> output
    )
    {
        using var aes = Aes.Create();
        aes.SetKey(key);
        var counter = BinaryPrimitives.ReadUInt128BigEndian(iv);
        Span<byte> block = stackalloc byte[16];
        Span<byte> stream = stackalloc byte[16];
        for (var at = 0; at < input.Length; at += 16)
        {
            BinaryPrimitives.WriteUInt128BigEndian(block, counter);
            aes.EncryptEcb(block, stream, PaddingMode.None);
            for (var i = 0; i < 16; i++)
                output[at + i] = (byte)(input[at + i] ^ stream[i]);
            counter = unchecked(counter + 1);
        }
        CryptographicOperations.ZeroMemory(stream);
    }

    private static byte[] Hex(JsonElement value) => Convert.FromHexString(value.GetString() ?? "");
}
