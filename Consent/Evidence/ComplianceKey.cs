using System.Security.Cryptography;
using MedLedger.Consent.Chain;
using MedLedger.Crypto.Hpke;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// The compliance role's key (HPKE with X-Wing): openings are sealed to its public half, so that whoever gets an evidence
/// file learns from it nothing but commitments.
/// </summary>
public sealed class ComplianceKey : IDisposable
{
    private const string Prefix = "medledger-compliance-key-v1 ";
    private const int MaxOpenings = 3 << 20;
    private static readonly byte[] Info = "medledger/v1/openings"u8.ToArray();
    private readonly SecretKey _privateKey;

    private ComplianceKey(SecretKey privateKey)
    {
        _privateKey = privateKey;
        PublicKey = Kem.XWing.PublicKey(privateKey.Bytes);
        Fingerprint = FingerprintOf(PublicKey);
    }

    /// <summary>The X-Wing encapsulation key, 1,216 bytes.</summary>
    public byte[] PublicKey { get; }

    /// <summary>SHA-256 of the public key: what trust and evidence files name it by.</summary>
    public Bytes32 Fingerprint { get; }

    /// <summary>The key of 32 secret bytes, which are used for nothing else.</summary>
    public static ComplianceKey FromSecret(SecretKey secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return new ComplianceKey(secret.Copy());
    }

    /// <summary>The private key as the one line of a file, which only the officer reads.</summary>
    public string Write() => KeyLine.Write(Prefix, _privateKey);

    /// <summary>Reads such a line; null for any other text.</summary>
    public static ComplianceKey? TryRead(string text)
    {
        using var secret = KeyLine.TryRead(Prefix, text);
        return secret is null ? null : FromSecret(secret);
    }

    /// <summary>The name of a public key.</summary>
    public static Bytes32 FingerprintOf(ReadOnlySpan<byte> publicKey) => new(SHA256.HashData(publicKey));

    /// <summary>
    /// The file with these openings, sealed to a public key and bound to all its other members: elsewhere they do not open.
    /// </summary>
    /// <exception cref="ArgumentException">Not an X-Wing public key, or openings that are too large.</exception>
    public static EvidenceFile Seal(EvidenceFile evidence, Openings openings, ReadOnlySpan<byte> publicKey)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(openings);
        using var sender =
            HpkeSuite.Segment.SetupSender(publicKey, Info)
            ?? throw new ArgumentException("Not an X-Wing public key.", nameof(publicKey));
        var bytes = openings.ToBytes();
        if (bytes.Length > MaxOpenings)
            throw new ArgumentException("The openings are too large for a file.", nameof(openings));
        if (!TryBind(EvidenceJson.Write(evidence), out var aad))
            throw new ArgumentException("A value has no canonical form.", nameof(evidence));
        return evidence with
        {
            Openings = new SealedOpenings(
                FingerprintOf(publicKey),
                sender.Encapsulation.ToArray(),
                sender.Seal(aad, Padme.Pad(bytes), out _)
            ),
        };
    }

    /// <summary>
    /// The openings of a file; null when they were sealed to another key, for another file, changed, or are not in their one
    /// form. What they say is not checked here: <see cref="OpeningsVerifier"/> does.
    /// </summary>
    public Openings? Open(ReadOnlyMemory<byte> file, SealedOpenings sealedOpenings)
    {
        ArgumentNullException.ThrowIfNull(sealedOpenings);
        if (sealedOpenings.Recipient != Fingerprint || !TryBind(file, out var aad))
            return null;
        var (encapsulation, ciphertext) = (sealedOpenings.Encapsulation, sealedOpenings.Ciphertext);
        if (!HpkeSuite.Segment.TrySetupRecipient(encapsulation, _privateKey.Bytes, Info, out var recipient))
            return null;
        using (recipient)
        {
            return
                recipient.Open(0, aad, ciphertext) is { } padded
                && Padme.TryUnpad(padded, out var bytes)
                && Openings.TryParse(bytes.ToArray(), out var openings)
                ? openings
                : null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _privateKey.Dispose();

    private static bool TryBind(
        ReadOnlyMemory<byte> file,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out byte[]? aad
    ) => EvidenceJson.TryCanonical(file, [EvidenceJson.SignatureMember, EvidenceJson.OpeningsMember], out aad);
}
