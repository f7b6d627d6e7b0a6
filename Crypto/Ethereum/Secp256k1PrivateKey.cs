using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using MedLedger.Crypto.Sealing;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;

namespace MedLedger.Crypto.Ethereum;

/// <summary>
/// A secp256k1 private key that signs with the nonces of RFC 6979 and in low-s form (EIP-2). Not constant time,
/// and the arithmetic leaves copies of the scalar to the garbage collector; the key bytes themselves are zeroed on dispose.
/// </summary>
public sealed class Secp256k1PrivateKey : IDisposable
{
    /// <summary>Bytes of a private key.</summary>
    public const int Size = 32;

    private readonly byte[] _key;
    private readonly byte[] _publicKey;
    private bool _disposed;

    private Secp256k1PrivateKey(byte[] key)
    {
        _key = key;
        _publicKey = Secp256k1.Encode(Secp256k1.MultiplyG(Secp256k1.Scalar(key)));
        Address = EthereumAddress.FromPublicKey(_publicKey);
    }

    /// <summary>The account of this key.</summary>
    public EthereumAddress Address { get; }

    /// <summary>X and Y, 64 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>A new random key.</summary>
    public static Secp256k1PrivateKey Generate()
    {
        Span<byte> candidate = stackalloc byte[Size];
        try
        {
            while (true)
            {
                RandomNumberGenerator.Fill(candidate);
                if (TryCreate(candidate, out var key))
                    return key;
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(candidate);
        }
    }

    /// <summary>Takes 32 big-endian bytes, 0 &lt; d &lt; n; false for anything else.</summary>
    public static bool TryCreate(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Secp256k1PrivateKey? key)
    {
        key = null;
        if (bytes.Length != Size)
            return false;
        var d = Secp256k1.Scalar(bytes);
        if (d.SignValue == 0 || d.CompareTo(Secp256k1.N) >= 0)
            return false;
        key = new Secp256k1PrivateKey(bytes.ToArray());
        return true;
    }

    /// <summary>
    /// The key that a secret stands for: HKDF gives candidates until one is in range, which the first all but always is.
    /// </summary>
    public static Secp256k1PrivateKey FromSecret(SecretKey secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        for (byte attempt = 0; ; attempt++)
        {
            using var candidate = secret.Derive("secp256k1", [attempt]);
            if (TryCreate(candidate.Bytes, out var key))
                return key;
        }
    }

    /// <summary>Signs a 32-byte hash. The same key and hash give the same signature.</summary>
    /// <exception cref="ArgumentException">The hash has not 32 bytes.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public EcdsaSignature Sign(ReadOnlySpan<byte> hash)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (hash.Length != 32)
            throw new ArgumentException("A message hash has 32 bytes.", nameof(hash));

        var n = Secp256k1.N;
        var d = Secp256k1.Scalar(_key);
        var z = Secp256k1.Scalar(hash);
        var nonces = new HMacDsaKCalculator(new Sha256Digest());
        nonces.Init(n, d, hash.ToArray());

        while (true)
        {
            var k = nonces.NextK();
            var point = Secp256k1.MultiplyG(k);
            var r = point.AffineXCoord.ToBigInteger();
            if (r.SignValue == 0 || r.CompareTo(n) >= 0)
                continue;

            var s = k.ModInverse(n).Multiply(z.Add(d.Multiply(r))).Mod(n);
            if (s.SignValue == 0)
                continue;

            var yParity = point.AffineYCoord.TestBitZero() ? 1 : 0;
            if (s.CompareTo(Secp256k1.HalfN) > 0)
            {
                s = n.Subtract(s);
                yParity ^= 1;
            }
            return new EcdsaSignature(Secp256k1.Bytes(r), Secp256k1.Bytes(s), yParity);
        }
    }

    /// <summary>Writes the 32 bytes of the key; the caller zeroes them.</summary>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public void Export(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (destination.Length != Size)
            throw new ArgumentException("A private key has 32 bytes.", nameof(destination));
        _key.CopyTo(destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }
}
