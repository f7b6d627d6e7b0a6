using System.Numerics;
using System.Text;
using System.Text.Json;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.BabyJubjub;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Vault;

/// <summary>
/// What the patient's side gives to the gate with a grant: its opening, the patient's signature and a signed revocation
/// without expiry. Whoever holds it can count and revoke the grant (not use or widen it); the grantee never gets it.
/// Sealed under the compartment's key, deleted when the grant ends.
/// </summary>
public sealed record GrantCapsule
{
    private const string Label = "capsule";

    internal GrantCapsule() { }

    /// <summary>16 random bytes, hexadecimal.</summary>
    public required string GrantId { get; init; }

    /// <summary>The terms.</summary>
    public required Grant Grant { get; init; }

    /// <summary>The grantee's commitment.</summary>
    public required Fr Grantee { get; init; }

    /// <summary>Digest of the consents that were compiled.</summary>
    public required Fr TermsDigest { get; init; }

    /// <summary>The chain that the grant is good for.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>The registry that the grant is good for.</summary>
    public required EthereumAddress Registry { get; init; }

    /// <summary>The patient's key A.</summary>
    public required EdDsaPublicKey PublicKey { get; init; }

    /// <summary>Who holds the patient's private key.</summary>
    public required Custody Custody { get; init; }

    /// <summary>The patient's EdDSA signature over G.</summary>
    public required EdDsaSignature Signature { get; init; }

    /// <summary>The revocation without expiry, signed by the controller; anybody may send it.</summary>
    public required SignedRevocation Revocation { get; init; }

    internal Fr PatientSalt { get; init; }

    internal Fr GrantSecret { get; init; }

    /// <summary><c>Gi</c> and <c>G</c>.</summary>
    public GrantCommitment Commitment => Opening.Commitment;

    /// <summary>
    /// The opening of the grant, private input of the proof of an analysis; with it patients find each use of their
    /// grants on-chain by themselves (<see cref="GrantOpening.NullifierOf"/>).
    /// </summary>
    public GrantOpening Opening =>
        new()
        {
            PublicKey = PublicKey,
            PatientSalt = PatientSalt,
            Custody = Custody,
            Grantee = Grantee,
            Terms = Grant,
            TermsDigest = TermsDigest,
            GrantSecret = GrantSecret,
            Controller = Revocation.Controller,
            RegistryId = RegistryId.Compute(ChainId, Registry),
            Signature = Signature,
        };

    /// <summary>Seals it for the store; null when the compartment's keys cannot be had.</summary>
    public SealedCapsule? Seal(RecordVault vault, string patientKey)
    {
        using var kek = vault.OpenEncryptionKey(patientKey);
        if (kek is null)
            return null;
        var stored = new Stored(
            Grant.Grantee,
            Grant.Types.ToString("x"),
            Grant.Labels,
            Grant.Purposes,
            Grant.ModelClasses,
            Grant.Actions,
            Grant.MaxUses,
            Grant.NotBefore,
            Grant.NotAfter,
            Grant.DataFrom,
            Grant.DataTo,
            Grantee.ToBytes(),
            TermsDigest.ToBytes(),
            ChainId,
            Registry.ToBytes(),
            Revocation.Controller.ToBytes(),
            PublicKey.ToBytes(),
            Custody,
            Signature.ToBytes(),
            Revocation.Signature.ToArray(),
            PatientSalt.ToBytes(),
            GrantSecret.ToBytes()
        );
        var bytes = SealedBytes.Seal(
            kek,
            Label,
            Context(patientKey, GrantId),
            JsonSerializer.SerializeToUtf8Bytes(stored)
        );
        return new SealedCapsule
        {
            GrantId = GrantId,
            PatientKey = patientKey,
            Content = bytes,
        };
    }

    /// <summary>Opens a stored capsule; null when the keys cannot be had, the row is damaged, or the signature is not over this grant.</summary>
    public static GrantCapsule? Open(RecordVault vault, SealedCapsule row)
    {
        using var kek = vault.OpenEncryptionKey(row.PatientKey);
        if (kek is null)
            return null;
        var json = SealedBytes.Open(kek, Label, Context(row.PatientKey, row.GrantId), row.Content);
        if (json is null || JsonSerializer.Deserialize<Stored>(json) is not { } stored)
            return null;
        var capsule = stored.ToCapsule(row.GrantId);
        if (capsule is null)
            return null;
        var leaf = capsule.Commitment.Leaf;
        return
            capsule.PublicKey.Verify(leaf, capsule.Signature)
            && capsule.Revocation.Verify(capsule.ChainId, capsule.Registry, leaf)
            ? capsule
            : null;
    }

    private static byte[] Context(string patientKey, string grantId) =>
        Encoding.ASCII.GetBytes($"{patientKey}/{grantId}");

    private sealed record Stored(
        string GranteeReference,
        string Types,
        uint Labels,
        ulong Purposes,
        ushort ModelClasses,
        byte Actions,
        int MaxUses,
        long NotBefore,
        long NotAfter,
        int DataFrom,
        int DataTo,
        byte[] Grantee,
        byte[] TermsDigest,
        ulong ChainId,
        byte[] Registry,
        byte[] Controller,
        byte[] PublicKey,
        Custody Custody,
        byte[] Signature,
        byte[] Revocation,
        byte[] PatientSalt,
        byte[] GrantSecret
    )
    {
        public GrantCapsule? ToCapsule(string grantId)
        {
            if (
                !Fr.TryParseCanonical(Grantee, out var grantee)
                || !Fr.TryParseCanonical(TermsDigest, out var terms)
                || !Fr.TryParseCanonical(PatientSalt, out var salt)
                || !Fr.TryParseCanonical(GrantSecret, out var secret)
                || EdDsaPublicKey.TryParse(PublicKey) is not { } publicKey
                || EdDsaSignature.TryParse(Signature) is not { } signature
            )
                return null;
            var revocation = new SignedRevocation(
                default,
                new EthereumAddress(Controller),
                SignedRevocation.NoDeadline,
                Revocation
            );
            var capsule = new GrantCapsule
            {
                GrantId = grantId,
                Grant = new Grant
                {
                    Grantee = GranteeReference,
                    Types = BigInteger.Parse("0" + Types, System.Globalization.NumberStyles.HexNumber),
                    Labels = Labels,
                    Purposes = Purposes,
                    ModelClasses = ModelClasses,
                    Actions = Actions,
                    MaxUses = MaxUses,
                    NotBefore = NotBefore,
                    NotAfter = NotAfter,
                    DataFrom = DataFrom,
                    DataTo = DataTo,
                },
                Grantee = grantee,
                TermsDigest = terms,
                ChainId = ChainId,
                Registry = new EthereumAddress(Registry),
                PublicKey = publicKey,
                Custody = Custody,
                Signature = signature,
                Revocation = revocation,
                PatientSalt = salt,
                GrantSecret = secret,
            };
            return capsule with { Revocation = revocation with { Inner = capsule.Commitment.Inner } };
        }
    }
}

/// <summary>A grant's capsule as it is stored.</summary>
public sealed record SealedCapsule
{
    /// <summary>16 random bytes, hexadecimal. Primary key.</summary>
    public required string GrantId { get; init; }

    /// <summary>The opaque key of the compartment.</summary>
    public required string PatientKey { get; init; }

    /// <summary>The sealed capsule.</summary>
    public required byte[] Content { get; init; }
}
