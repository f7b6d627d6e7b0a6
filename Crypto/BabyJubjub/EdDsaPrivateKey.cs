using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Crypto.BabyJubjub;

/// <summary>
/// A private key of EdDSA-Poseidon on Baby Jubjub, compatible with circomlibjs. The nonce is derived from key and message
/// (RFC 8032, section 5.1.6), so that no bad random number can reveal the key. Signing is constant time; the seed is
/// zeroed on <see cref="Dispose"/>.
/// </summary>
public sealed class EdDsaPrivateKey : IDisposable
{
    /// <summary>The length of a seed in bytes.</summary>
    public const int SeedSizeInBytes = 32;

    private readonly byte[] _seed;
    private bool _disposed;

    private EdDsaPrivateKey(byte[] seed)
    {
        _seed = seed;
        Span<byte> expanded = stackalloc byte[Blake512.SizeInBytes];
        Expand(expanded);
        var scalar = MemoryMarshal.Read<Limbs>(expanded);
        // A = (s / 8) * B8; s is a multiple of 8.
        var eighth = new Limbs(
            (scalar.L0 >> 3) | (scalar.L1 << 61),
            (scalar.L1 >> 3) | (scalar.L2 << 61),
            (scalar.L2 >> 3) | (scalar.L3 << 61),
            scalar.L3 >> 3
        );
        var (x, y) = EdwardsPoint.Multiply(EdwardsPoint.Base8, eighth).ToAffine();
        PublicKey = new EdDsaPublicKey(x, y);
        CryptographicOperations.ZeroMemory(expanded);
    }

    /// <summary>The public key A.</summary>
    public EdDsaPublicKey PublicKey { get; }

    /// <summary>A new key from the system's generator.</summary>
    public static EdDsaPrivateKey Generate() => new(RandomNumberGenerator.GetBytes(SeedSizeInBytes));

    /// <summary>The key of a seed of 32 bytes; the seed is copied.</summary>
    /// <exception cref="ArgumentException">The seed does not have 32 bytes.</exception>
    public static EdDsaPrivateKey FromSeed(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != SeedSizeInBytes)
            throw new ArgumentException("A seed has 32 bytes.", nameof(seed));
        return new EdDsaPrivateKey(seed.ToArray());
    }

    /// <summary>Copies the seed, for sealing it in a key file. The caller zeroes the copy.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than 32 bytes.</exception>
    public void ExportSeed(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (destination.Length < SeedSizeInBytes)
            throw new ArgumentException("The destination is shorter than 32 bytes.", nameof(destination));
        _seed.CopyTo(destination);
    }

    /// <summary>Signs one field element.</summary>
    public EdDsaSignature Sign(Fr message)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Span<byte> expanded = stackalloc byte[Blake512.SizeInBytes];
        Span<byte> prefixed = stackalloc byte[64];
        Span<byte> digest = stackalloc byte[Blake512.SizeInBytes];
        Expand(expanded);
        expanded[32..].CopyTo(prefixed);
        message.WriteBigEndian(prefixed[32..]);
        prefixed[32..].Reverse();
        Blake512.Hash(prefixed, digest);

        var s = Montgomery<SubgroupOrder>.ToMontgomery(MemoryMarshal.Read<Limbs>(expanded));
        var r = SubgroupOrder.ReduceWide(MemoryMarshal.Read<Limbs>(digest), MemoryMarshal.Read<Limbs>(digest[32..]));
        var (r8X, r8Y) = EdwardsPoint
            .Multiply(EdwardsPoint.Base8, Montgomery<SubgroupOrder>.FromMontgomery(r))
            .ToAffine();
        var challenge = PoseidonHash.Hash(r8X, r8Y, PublicKey.X, PublicKey.Y, message);
        var h = Montgomery<SubgroupOrder>.ToMontgomery(challenge.ToCanonical());
        var sum = Montgomery<SubgroupOrder>.Add(r, Montgomery<SubgroupOrder>.Multiply(h, s));
        var response = Fr.FromCanonicalUnchecked(Montgomery<SubgroupOrder>.FromMontgomery(sum));

        CryptographicOperations.ZeroMemory(expanded);
        CryptographicOperations.ZeroMemory(prefixed);
        CryptographicOperations.ZeroMemory(digest);
        return EdDsaSignature.TryCreate(r8X, r8Y, response)
            ?? throw new CryptographicException("A signature must be well formed.");
    }

    /// <summary>Zeroes the seed.</summary>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_seed);
    }

    /// <summary>BLAKE-512 of the seed, the first half clamped as RFC 8032 does: s, then the nonce prefix.</summary>
    private void Expand(Span<byte> expanded)
    {
        Blake512.Hash(_seed, expanded);
        expanded[0] &= 0xf8;
        expanded[31] &= 0x7f;
        expanded[31] |= 0x40;
    }
}
