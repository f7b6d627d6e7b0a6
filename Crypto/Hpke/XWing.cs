using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc7748;
using Org.BouncyCastle.Security;

namespace MedLedger.Crypto.Hpke;

/// <summary>
/// X-Wing, the hybrid of ML-KEM-768 and X25519 (draft-connolly-cfrg-xwing-kem): private as long as either holds,
/// so that what is recorded today stays private against a quantum computer.
/// </summary>
internal sealed class XWing : Kem
{
    private const int KemPublicKeySize = 1184;
    private const int KemCiphertextSize = 1088;
    private const int PointSize = 32;

    public override ushort Id => 0x647A;
    public override int PublicKeySize => KemPublicKeySize + PointSize;
    public override int EncapsulationSize => KemCiphertextSize + PointSize;
    public override int RandomnessSize => 64;

    private static ReadOnlySpan<byte> Label => @"\.//^\"u8;

    public override byte[] PublicKey(ReadOnlySpan<byte> privateKey)
    {
        Span<byte> x = stackalloc byte[PointSize];
        try
        {
            var kemKey = ExpandDecapsulationKey(privateKey, x);
            var publicKey = new byte[PublicKeySize];
            kemKey.GetPublicKeyEncoded().CopyTo(publicKey, 0);
            X25519.ScalarMultBase(x, publicKey.AsSpan(KemPublicKeySize));
            return publicKey;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(x);
        }
    }

    // sk = SHAKE256(ikm, 32*8); return GenerateKeyPairDerand(sk)
    public override byte[] DerivePrivateKey(ReadOnlySpan<byte> ikm)
    {
        var privateKey = new byte[PrivateKeySize];
        Shake256(ikm, privateKey);
        return privateKey;
    }

    public override bool TryEncapsulate(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> randomness,
        Span<byte> sharedSecret,
        Span<byte> encapsulation
    )
    {
        if (publicKey.Length != PublicKeySize || !TryReadKemKey(publicKey[..KemPublicKeySize], out var kemKey))
            return false;

        var pointKey = publicKey[KemPublicKeySize..];
        var ephemeral = randomness.Slice(32, PointSize);
        var ciphertext = encapsulation[..KemCiphertextSize];
        var ephemeralPoint = encapsulation[KemCiphertextSize..];
        Span<byte> kemSecret = stackalloc byte[SharedSecretSize];
        Span<byte> pointSecret = stackalloc byte[PointSize];
        try
        {
            var encapsulator = new MLKemEncapsulator(MLKemParameters.ml_kem_768);
            encapsulator.Init(new ParametersWithRandom(kemKey, new GivenRandom(randomness[..32].ToArray())));
            encapsulator.Encapsulate(ciphertext, kemSecret);

            X25519.ScalarMultBase(ephemeral, ephemeralPoint);
            X25519.ScalarMult(ephemeral, pointKey, pointSecret);
            Combine(kemSecret, pointSecret, ephemeralPoint, pointKey, sharedSecret);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(kemSecret);
            CryptographicOperations.ZeroMemory(pointSecret);
        }
    }

    public override bool TryDecapsulate(
        ReadOnlySpan<byte> encapsulation,
        ReadOnlySpan<byte> privateKey,
        Span<byte> sharedSecret
    )
    {
        if (encapsulation.Length != EncapsulationSize)
            return false;

        Span<byte> x = stackalloc byte[PointSize];
        Span<byte> pointKey = stackalloc byte[PointSize];
        Span<byte> kemSecret = stackalloc byte[SharedSecretSize];
        Span<byte> pointSecret = stackalloc byte[PointSize];
        try
        {
            var decapsulator = new MLKemDecapsulator(MLKemParameters.ml_kem_768);
            decapsulator.Init(ExpandDecapsulationKey(privateKey, x));
            decapsulator.Decapsulate(encapsulation[..KemCiphertextSize], kemSecret);

            X25519.ScalarMultBase(x, pointKey);
            X25519.ScalarMult(x, encapsulation[KemCiphertextSize..], pointSecret);
            Combine(kemSecret, pointSecret, encapsulation[KemCiphertextSize..], pointKey, sharedSecret);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(x);
            CryptographicOperations.ZeroMemory(kemSecret);
            CryptographicOperations.ZeroMemory(pointSecret);
        }
    }

    // expanded = SHAKE256(sk, 96*8); ML-KEM-768.KeyGen_internal(expanded[0:32], expanded[32:64]); sk_X = expanded[64:96]
    private static MLKemPrivateKeyParameters ExpandDecapsulationKey(ReadOnlySpan<byte> privateKey, Span<byte> x)
    {
        if (privateKey.Length != PrivateKeySize)
            throw new ArgumentException("An X-Wing decapsulation key has 32 bytes.", nameof(privateKey));
        var expanded = new byte[96];
        Shake256(privateKey, expanded);
        expanded.AsSpan(64).CopyTo(x);
        var kemKey = MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, expanded[..64]);
        CryptographicOperations.ZeroMemory(expanded);
        return kemKey;
    }

    private static bool TryReadKemKey(ReadOnlySpan<byte> encoding, out MLKemPublicKeyParameters key)
    {
        key = null!;
        // FIPS 203, section 7.2, modulus check: each of the 768 coefficients of 12 bits is below q = 3329.
        for (var i = 0; i < KemPublicKeySize - 32; i += 3)
        {
            var low = encoding[i] | ((encoding[i + 1] & 0x0F) << 8);
            var high = (encoding[i + 1] >> 4) | (encoding[i + 2] << 4);
            if (low >= 3329 || high >= 3329)
                return false;
        }
        key = MLKemPublicKeyParameters.FromEncoding(MLKemParameters.ml_kem_768, encoding.ToArray());
        return true;
    }

    // SHA3-256(concat(ss_M, ss_X, ct_X, pk_X, XWingLabel))
    private static void Combine(
        ReadOnlySpan<byte> kemSecret,
        ReadOnlySpan<byte> pointSecret,
        ReadOnlySpan<byte> ephemeralPoint,
        ReadOnlySpan<byte> pointKey,
        Span<byte> sharedSecret
    )
    {
        var digest = new Sha3Digest(256);
        digest.BlockUpdate(kemSecret);
        digest.BlockUpdate(pointSecret);
        digest.BlockUpdate(ephemeralPoint);
        digest.BlockUpdate(pointKey);
        digest.BlockUpdate(Label);
        digest.DoFinal(sharedSecret);
    }

    private static void Shake256(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var shake = new ShakeDigest(256);
        shake.BlockUpdate(input);
        shake.OutputFinal(output);
    }

    /// <summary>Hands the caller's 32 random bytes to ML-KEM, once.</summary>
    private sealed class GivenRandom(byte[] bytes) : SecureRandom(null)
    {
        private byte[]? _bytes = bytes;

        public override void NextBytes(byte[] buf) => NextBytes(buf.AsSpan());

        public override void NextBytes(byte[] buf, int off, int len) => NextBytes(buf.AsSpan(off, len));

        public override void NextBytes(Span<byte> buffer)
        {
            if (_bytes is null || buffer.Length != _bytes.Length)
                throw new InvalidOperationException("ML-KEM asked for more randomness than its message.");
            _bytes.CopyTo(buffer);
            CryptographicOperations.ZeroMemory(_bytes);
            _bytes = null;
        }
    }
}
