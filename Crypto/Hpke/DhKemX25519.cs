using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace MedLedger.Crypto.Hpke;

/// <summary>DHKEM(X25519, HKDF-SHA256), RFC 9180 section 4.1. Nothing is sealed with it; it ties our HPKE to the RFC's vectors.</summary>
internal sealed class DhKemX25519 : Kem
{
    private const int PointSize = 32;
    private static readonly LabeledKdf Kdf = new([.. "KEM"u8, 0x00, 0x20]);

    public override ushort Id => 0x0020;
    public override int PublicKeySize => PointSize;
    public override int EncapsulationSize => PointSize;
    public override int RandomnessSize => 32;

    public override byte[] PublicKey(ReadOnlySpan<byte> privateKey)
    {
        var publicKey = new byte[PointSize];
        X25519.ScalarMultBase(privateKey, publicKey);
        return publicKey;
    }

    // dkp_prk = LabeledExtract("", "dkp_prk", ikm); sk = LabeledExpand(dkp_prk, "sk", "", Nsk)
    public override byte[] DerivePrivateKey(ReadOnlySpan<byte> ikm)
    {
        var prk = Kdf.Extract([], "dkp_prk"u8, ikm);
        var privateKey = new byte[PrivateKeySize];
        Kdf.Expand(prk, "sk"u8, [], privateKey);
        return privateKey;
    }

    public override bool TryEncapsulate(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> randomness,
        Span<byte> sharedSecret,
        Span<byte> encapsulation
    )
    {
        var ephemeral = DerivePrivateKey(randomness);
        try
        {
            PublicKey(ephemeral).CopyTo(encapsulation);
            return TrySharedSecret(ephemeral, publicKey, encapsulation, publicKey, sharedSecret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ephemeral);
        }
    }

    public override bool TryDecapsulate(
        ReadOnlySpan<byte> encapsulation,
        ReadOnlySpan<byte> privateKey,
        Span<byte> sharedSecret
    ) => TrySharedSecret(privateKey, encapsulation, encapsulation, PublicKey(privateKey), sharedSecret);

    // kem_context = concat(enc, pkRm); shared_secret = ExtractAndExpand(dh, kem_context)
    private static bool TrySharedSecret(
        ReadOnlySpan<byte> scalar,
        ReadOnlySpan<byte> point,
        ReadOnlySpan<byte> encapsulation,
        ReadOnlySpan<byte> publicKey,
        Span<byte> sharedSecret
    )
    {
        if (point.Length != PointSize || encapsulation.Length != PointSize)
            return false;

        Span<byte> dh = stackalloc byte[PointSize];
        try
        {
            // An all-zero result comes from a point of small order (RFC 9180, section 7.1.4).
            if (!X25519.CalculateAgreement(scalar, point, dh))
                return false;
            var prk = Kdf.Extract([], "eae_prk"u8, dh);
            Kdf.Expand(prk, "shared_secret"u8, [.. encapsulation, .. publicKey], sharedSecret);
            CryptographicOperations.ZeroMemory(prk);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dh);
        }
    }
}
