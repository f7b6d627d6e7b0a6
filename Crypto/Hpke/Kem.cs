namespace MedLedger.Crypto.Hpke;

/// <summary>A key encapsulation mechanism as HPKE wants it (RFC 9180, section 4).</summary>
internal abstract class Kem
{
    /// <summary>The suite's KEM, and the one of the RFC's vectors.</summary>
    public static Kem XWing { get; } = new XWing();

    public static Kem DhKemX25519 { get; } = new DhKemX25519();

    /// <summary>The registered <c>kem_id</c>.</summary>
    public abstract ushort Id { get; }

    /// <summary><c>Nsk</c>, <c>Npk</c>, <c>Nenc</c>, <c>Nsecret</c> in bytes; private keys and secrets have 32 in both.</summary>
    public const int PrivateKeySize = 32;

    public const int SharedSecretSize = 32;

    public abstract int PublicKeySize { get; }

    public abstract int EncapsulationSize { get; }

    /// <summary>Random bytes that one encapsulation uses.</summary>
    public abstract int RandomnessSize { get; }

    /// <summary>The public key of a private key of 32 bytes.</summary>
    public abstract byte[] PublicKey(ReadOnlySpan<byte> privateKey);

    /// <summary>The private key that <c>DeriveKeyPair(ikm)</c> gives.</summary>
    public abstract byte[] DerivePrivateKey(ReadOnlySpan<byte> ikm);

    /// <summary>False when the public key is not one. The randomness is fresh and random, except in known-answer tests.</summary>
    public abstract bool TryEncapsulate(
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> randomness,
        Span<byte> sharedSecret,
        Span<byte> encapsulation
    );

    /// <summary>
    /// False when the encapsulation is malformed. A well-formed one for another key gives another secret
    /// (implicit rejection): only the AEAD on top tells.
    /// </summary>
    public abstract bool TryDecapsulate(
        ReadOnlySpan<byte> encapsulation,
        ReadOnlySpan<byte> privateKey,
        Span<byte> sharedSecret
    );
}
