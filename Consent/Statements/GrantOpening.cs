using MedLedger.Consent.Commitments;
using MedLedger.Consent.Grants;
using MedLedger.Crypto.BabyJubjub;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Statements;

/// <summary>
/// Everything that opens one signed grant: what the patient's side puts into the capsule for the gate. Whoever holds it
/// can compute the grant's nullifiers; it never goes to the grantee and is deleted when the grant ends.
/// </summary>
public sealed record GrantOpening
{
    /// <summary>A, the patient's key.</summary>
    public required EdDsaPublicKey PublicKey { get; init; }

    /// <summary>Salt of P.</summary>
    public required Fr PatientSalt { get; init; }

    /// <summary>Who holds the private key.</summary>
    public required Custody Custody { get; init; }

    /// <summary>The grantee's commitment.</summary>
    public required Fr Grantee { get; init; }

    /// <summary>What is granted.</summary>
    public required Grant Terms { get; init; }

    /// <summary>Digest of all Consents compiled, with their versions and the compiler's.</summary>
    public required Fr TermsDigest { get; init; }

    /// <summary>The grant's secret, 248 bits.</summary>
    public required Fr GrantSecret { get; init; }

    /// <summary>Address of the key that revokes this grant, made for it alone.</summary>
    public required EthereumAddress Controller { get; init; }

    /// <summary>Chain and registry that the grant is for.</summary>
    public required Fr RegistryId { get; init; }

    /// <summary>The patient's signature over <see cref="GrantCommitment.Leaf"/>.</summary>
    public required EdDsaSignature Signature { get; init; }

    /// <summary>P.</summary>
    public Fr Patient => PatientCommitment.Compute(PublicKey.X, PublicKey.Y, PatientSalt);

    /// <summary>Gi and G.</summary>
    public GrantCommitment Commitment =>
        GrantCommitment.Compute(
            Patient,
            Grantee,
            GrantWords.Pack(Terms),
            TermsDigest,
            GrantSecret,
            Controller,
            RegistryId
        );

    /// <summary>U of one slot.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The slot does not fit 16 bits.</exception>
    public Fr NullifierOf(int slot) => Nullifier.Compute(GrantSecret, slot);
}
