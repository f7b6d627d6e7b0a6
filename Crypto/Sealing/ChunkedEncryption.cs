using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MedLedger.Crypto.Sealing;

/// <summary>
/// C2SP chunked encryption with AES-256-GCM and SHA-512 ("Cobblestone-256", c2sp.org/chunked-encryption): the one
/// authenticated encryption that everything at rest uses. The key is committed to, the context is bound into the key.
/// </summary>
internal static class ChunkedEncryption
{
    public const int SaltSize = 24;
    public const int HeaderSize = SaltSize + CommitmentSize;
    public const int TagSize = 16;
    public const int ChunkSize = 16 * 1024;
    public const int CommitmentSize = 32;
    public const int NonceSize = 12;

    /// <summary>The message under a fresh salt: salt, commitment, chunks of which the last is short.</summary>
    public static byte[] Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> message)
    {
        Span<byte> salt = stackalloc byte[SaltSize];
        RandomNumberGenerator.Fill(salt);
        return Encrypt(key, context, message, salt);
    }

    /// <summary>The same under a given salt: known-answer tests only. A repeated one repeats nonces.</summary>
    internal static byte[] Encrypt(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> context,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> salt
    )
    {
        CheckKey(key);
        Span<byte> keys = stackalloc byte[SecretKey.Size + NonceSize + CommitmentSize];
        DeriveKeys(key, salt, context, keys);
        try
        {
            var chunks = (message.Length / ChunkSize) + 1;
            var output = new byte[checked(HeaderSize + message.Length + (chunks * TagSize))];
            salt.CopyTo(output);
            keys[(SecretKey.Size + NonceSize)..].CopyTo(output.AsSpan(SaltSize));

            using var aes = new AesGcm(keys[..SecretKey.Size], TagSize);
            Span<byte> nonce = stackalloc byte[NonceSize];
            var at = output.AsSpan(HeaderSize);
            for (var chunk = 0; chunk < chunks; chunk++)
            {
                var plaintext = message[..Math.Min(ChunkSize, message.Length)];
                message = message[plaintext.Length..];
                Nonce(keys, chunk, nonce);
                aes.Encrypt(nonce, plaintext, at[..plaintext.Length], at.Slice(plaintext.Length, TagSize));
                at = at[(plaintext.Length + TagSize)..];
            }
            return output;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    /// <summary>The message; null for any wrong key, context or byte, without saying which.</summary>
    public static byte[]? Decrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> ciphertext)
    {
        CheckKey(key);
        if (!TryMessageLength(ciphertext.Length, out var length))
            return null;

        Span<byte> keys = stackalloc byte[SecretKey.Size + NonceSize + CommitmentSize];
        DeriveKeys(key, ciphertext[..SaltSize], context, keys);
        try
        {
            var commitment = keys[(SecretKey.Size + NonceSize)..];
            if (!CryptographicOperations.FixedTimeEquals(commitment, ciphertext.Slice(SaltSize, CommitmentSize)))
                return null;

            var message = new byte[length];
            return TryDecryptChunks(keys, ciphertext[HeaderSize..], message) ? message : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    private static bool TryDecryptChunks(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> chunks, Span<byte> message)
    {
        using var aes = new AesGcm(keys[..SecretKey.Size], TagSize);
        Span<byte> nonce = stackalloc byte[NonceSize];
        var rest = message;
        for (var chunk = 0; !chunks.IsEmpty; chunk++)
        {
            var size = Math.Min(ChunkSize, rest.Length);
            Nonce(keys, chunk, nonce);
            try
            {
                aes.Decrypt(nonce, chunks[..size], chunks.Slice(size, TagSize), rest[..size]);
            }
            catch (AuthenticationTagMismatchException)
            {
                CryptographicOperations.ZeroMemory(message);
                return false;
            }
            chunks = chunks[(size + TagSize)..];
            rest = rest[size..];
        }
        return true;
    }

    // There is one chunking for each message length: full chunks, and a last one that is shorter, perhaps empty.
    private static bool TryMessageLength(int ciphertextLength, out int length)
    {
        length = 0;
        var body = ciphertextLength - HeaderSize;
        if (body < TagSize)
            return false;
        var last = body % (ChunkSize + TagSize);
        if (last < TagSize)
            return false;
        length = body - (((body / (ChunkSize + TagSize)) + 1) * TagSize);
        return true;
    }

    // key || base nonce || commitment = HKDF-Expand(prk = input key, info = "c2sp.org/chunked-encryption@v1+" || aead || 0x00 || salt || context)
    internal static void DeriveKeys(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> salt,
        ReadOnlySpan<byte> context,
        Span<byte> output
    )
    {
        // The framework wants a pseudo-random key as long as the hash; HMAC extends shorter keys with zeros anyway.
        Span<byte> prk = stackalloc byte[SHA512.HashSizeInBytes];
        prk.Clear();
        key.CopyTo(prk);
        HKDF.Expand(
            HashAlgorithmName.SHA512,
            prk,
            output,
            [.. "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"u8, 0, .. salt, .. context]
        );
        CryptographicOperations.ZeroMemory(prk);
    }

    internal static void Nonce(ReadOnlySpan<byte> keys, int chunk, Span<byte> nonce)
    {
        keys.Slice(SecretKey.Size, NonceSize).CopyTo(nonce);
        var low = nonce[(NonceSize - sizeof(uint))..];
        BinaryPrimitives.WriteUInt32BigEndian(low, BinaryPrimitives.ReadUInt32BigEndian(low) ^ (uint)chunk);
    }

    private static void CheckKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != SecretKey.Size)
            throw new ArgumentException("An AES-256 key has 32 bytes.", nameof(key));
    }
}
