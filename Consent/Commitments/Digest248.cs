using System.Security.Cryptography;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Commitments;

/// <summary>
/// Numbers of 248 bits, which always fit the scalar field: digests (SHA-256 without its last byte) and fresh secrets.
/// </summary>
public static class Digest248
{
    /// <summary>Bytes of such a number.</summary>
    public const int Size = 31;

    /// <summary>The first 31 bytes of SHA-256 over <paramref name="data"/> as a big-endian integer.</summary>
    public static Fr Of(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        return FromSha256(hash);
    }

    /// <summary>The first 31 bytes of a SHA-256 that is known already.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static Fr FromSha256(ReadOnlySpan<byte> sha256)
    {
        if (sha256.Length != SHA256.HashSizeInBytes)
            throw new ArgumentException("A SHA-256 has 32 bytes.", nameof(sha256));
        return FromBytes(sha256[..Size]);
    }

    /// <summary>The big-endian integer of 31 bytes, for secrets that are derived (HKDF).</summary>
    /// <exception cref="ArgumentException">Not 31 bytes.</exception>
    public static Fr FromBytes(ReadOnlySpan<byte> bytes31)
    {
        if (bytes31.Length != Size)
            throw new ArgumentException("A number of 248 bits has 31 bytes.", nameof(bytes31));
        Span<byte> padded = stackalloc byte[Fr.SizeInBytes];
        padded[0] = 0;
        bytes31.CopyTo(padded[1..]);
        var canonical = Fr.TryParseCanonical(padded, out var value); // always: 2^248 is below r
        System.Diagnostics.Debug.Assert(canonical);
        CryptographicOperations.ZeroMemory(padded);
        return value;
    }

    /// <summary>A fresh salt or secret from the system's generator.</summary>
    public static Fr Random()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        var value = FromBytes(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return value;
    }
}
