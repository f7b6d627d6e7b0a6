using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace MedLedger.Crypto.Hpke;

/// <summary>AEAD algorithms of RFC 9180, section 7.3. Records use AES-256-GCM; the others tie us to published vectors.</summary>
internal enum HpkeAead : ushort
{
    Aes128Gcm = 1,
    Aes256Gcm = 2,
    ChaCha20Poly1305 = 3,
}

/// <summary>HPKE in base mode with HKDF-SHA256 (RFC 9180): a KEM and an AEAD.</summary>
internal sealed class HpkeSuite(Kem kem, HpkeAead aead)
{
    private const ushort HkdfSha256 = 1;

    /// <summary>What segments are sealed with: X-Wing, HKDF-SHA256, AES-256-GCM.</summary>
    public static HpkeSuite Segment { get; } = new(Kem.XWing, HpkeAead.Aes256Gcm);

    public Kem Kem => kem;

    /// <summary>Starts a sender's context towards a public key; null when the key is not one.</summary>
    public HpkeSender? SetupSender(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info)
    {
        Span<byte> randomness = stackalloc byte[kem.RandomnessSize];
        RandomNumberGenerator.Fill(randomness);
        try
        {
            return SetupSender(publicKey, info, randomness);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(randomness);
        }
    }

    /// <summary>The same with given randomness: known-answer tests only. A repeated one repeats nonces.</summary>
    internal HpkeSender? SetupSender(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> randomness
    )
    {
        Span<byte> sharedSecret = stackalloc byte[Kem.SharedSecretSize];
        var encapsulation = new byte[kem.EncapsulationSize];
        try
        {
            if (!kem.TryEncapsulate(publicKey, randomness, sharedSecret, encapsulation))
                return null;
            return new HpkeSender(KeySchedule(sharedSecret, info), encapsulation);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sharedSecret);
        }
    }

    /// <summary>Starts a recipient's context; false when the encapsulation is malformed.</summary>
    public bool TrySetupRecipient(
        ReadOnlySpan<byte> encapsulation,
        ReadOnlySpan<byte> privateKey,
        ReadOnlySpan<byte> info,
        [NotNullWhen(true)] out HpkeRecipient? recipient
    )
    {
        recipient = null;
        Span<byte> sharedSecret = stackalloc byte[Kem.SharedSecretSize];
        try
        {
            if (!kem.TryDecapsulate(encapsulation, privateKey, sharedSecret))
                return false;
            recipient = new HpkeRecipient(KeySchedule(sharedSecret, info));
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sharedSecret);
        }
    }

    // RFC 9180, section 5.1: KeySchedule(mode_base, shared_secret, info, psk = "", psk_id = "")
    private HpkeContext KeySchedule(ReadOnlySpan<byte> sharedSecret, ReadOnlySpan<byte> info)
    {
        // suite_id = concat("HPKE", I2OSP(kem_id, 2), I2OSP(kdf_id, 2), I2OSP(aead_id, 2))
        var suiteId = new byte[10];
        "HPKE"u8.CopyTo(suiteId);
        BinaryPrimitives.WriteUInt16BigEndian(suiteId.AsSpan(4), kem.Id);
        BinaryPrimitives.WriteUInt16BigEndian(suiteId.AsSpan(6), HkdfSha256);
        BinaryPrimitives.WriteUInt16BigEndian(suiteId.AsSpan(8), (ushort)aead);
        var kdf = new LabeledKdf(suiteId);

        // key_schedule_context = concat(mode, psk_id_hash, info_hash)
        byte[] context = [0, .. kdf.Extract([], "psk_id_hash"u8, []), .. kdf.Extract([], "info_hash"u8, info)];
        var secret = kdf.Extract(sharedSecret, "secret"u8, []);

        var key = new byte[aead is HpkeAead.Aes128Gcm ? 16 : 32];
        var baseNonce = new byte[HpkeContext.NonceSize];
        var exporterSecret = new byte[LabeledKdf.DigestSize];
        kdf.Expand(secret, "key"u8, context, key);
        kdf.Expand(secret, "base_nonce"u8, context, baseNonce);
        kdf.Expand(secret, "exp"u8, context, exporterSecret);
        CryptographicOperations.ZeroMemory(secret);
        return new HpkeContext(aead, key, baseNonce, exporterSecret, kdf);
    }
}
