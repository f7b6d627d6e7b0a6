using System.Security.Cryptography;
using MedLedger.Crypto.Sealing;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace MedLedger.Crypto.Log;

/// <summary>An Ed25519 signing key (RFC 8032), zeroed when disposed.</summary>
public sealed class Ed25519PrivateKey : IDisposable
{
    private readonly byte[] _seed = GC.AllocateUninitializedArray<byte>(Ed25519.SecretKeySize, pinned: true);
    private readonly byte[] _publicKey = new byte[Ed25519.PublicKeySize];
    private bool _disposed;

    private Ed25519PrivateKey(ReadOnlySpan<byte> seed)
    {
        seed.CopyTo(_seed);
        Ed25519.GeneratePublicKey(_seed, _publicKey);
    }

    /// <summary>32 bytes, as RFC 8032 encodes them.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>The key that a secret stands for.</summary>
    public static Ed25519PrivateKey FromSecret(SecretKey secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        using var seed = secret.Derive("ed25519");
        return new Ed25519PrivateKey(seed.Bytes);
    }

    internal static Ed25519PrivateKey FromSeed(ReadOnlySpan<byte> seed) => new(seed);

    /// <summary>The signature, 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var signature = new byte[Ed25519.SignatureSize];
        Ed25519.Sign(_seed, 0, _publicKey, 0, message.ToArray(), 0, message.Length, signature, 0);
        return signature;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_seed);
    }
}

/// <summary>Verification of Ed25519 (RFC 8032): canonical encodings only, no public key of small order.</summary>
public static class Ed25519Signature
{
    /// <summary>Bytes of a public key.</summary>
    public const int PublicKeySize = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int Size = 64;

    /// <summary>Whether the key is a canonical point of the prime-order subgroup.</summary>
    public static bool IsPublicKey(ReadOnlySpan<byte> publicKey) =>
        publicKey.Length == PublicKeySize && Ed25519.ValidatePublicKeyFull(publicKey.ToArray(), 0);

    /// <summary>Whether the signature of the message was made with the key; false for anything malformed.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == Size
        && IsPublicKey(publicKey)
        && Ed25519.Verify(signature.ToArray(), 0, publicKey.ToArray(), 0, message.ToArray(), 0, message.Length);
}
