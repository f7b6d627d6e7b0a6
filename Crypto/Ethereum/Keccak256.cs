using Org.BouncyCastle.Crypto.Digests;

namespace MedLedger.Crypto.Ethereum;

/// <summary>Keccak-256 with the original padding, as Ethereum uses it (not SHA3-256 of FIPS 202).</summary>
public static class Keccak256
{
    /// <summary>Bytes of a digest.</summary>
    public const int DigestSize = 32;

    /// <summary>The 32-byte digest of <paramref name="data"/>.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> data)
    {
        var digest = new byte[DigestSize];
        Hash(data, digest);
        return digest;
    }

    /// <summary>Writes the digest of <paramref name="data"/> to a destination of exactly 32 bytes.</summary>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (destination.Length != DigestSize)
            throw new ArgumentException("A Keccak-256 digest has 32 bytes.", nameof(destination));

        var keccak = new KeccakDigest(256);
        keccak.BlockUpdate(data);
        keccak.DoFinal(destination);
    }
}
