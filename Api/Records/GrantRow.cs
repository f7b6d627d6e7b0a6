using MedLedger.Api.Persistence;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MedLedger.Api.Records;

/// <summary>A grant that a patient signed: the sealed capsule, and what was done about it here (the chain says what stands).</summary>
internal sealed class GrantRow
{
    /// <summary><see cref="PatientSigner.GrantId"/>: 16 bytes, hexadecimal.</summary>
    public required string GrantId { get; init; }

    /// <summary><see cref="PatientRow.PatientKey"/>.</summary>
    public required string PatientKey { get; init; }

    /// <summary><see cref="RecordVault.RecordKey"/> of the grantee, to say of an ended grant whose it was.</summary>
    public required string GranteeKey { get; init; }

    /// <summary>G, 32 bytes: what the chain has.</summary>
    public required byte[] Leaf { get; init; }

    /// <summary>
    /// Gi, 32 bytes, which hides the grant as G does: with it the patient's side can sign the revocation again when the
    /// capsule does not open.
    /// </summary>
    public required byte[] Inner { get; init; }

    /// <summary>The sealed capsule, with the signed revocation; empty when the grant has ended on the chain.</summary>
    public required byte[] Capsule { get; set; }

    /// <summary>Seen in a block as granted.</summary>
    public bool IsGranted { get; set; }

    /// <summary>The patient has signed its end; it counts as ended from then on, whatever the chain says.</summary>
    public bool IsRevocationSigned { get; set; }

    /// <summary>Seen in a block as revoked.</summary>
    public bool IsRevoked { get; set; }

    /// <summary>The transaction that granted it, 0x and 64 hexadecimal digits.</summary>
    public string? GrantTransaction { get; set; }

    /// <summary>The transaction that revoked it.</summary>
    public string? RevocationTransaction { get; set; }

    /// <summary>Opens the capsule; null when it has ended, the keys are gone, or the row is damaged.</summary>
    public GrantCapsule? Open(RecordVault vault) => Open(vault, GrantId, PatientKey, Capsule);

    /// <summary>The same of columns that were read alone.</summary>
    public static GrantCapsule? Open(RecordVault vault, string grantId, string patientKey, byte[] capsule) =>
        capsule.Length == 0
            ? null
            : GrantCapsule.Open(
                vault,
                new SealedCapsule
                {
                    GrantId = grantId,
                    PatientKey = patientKey,
                    Content = capsule,
                }
            );
}

internal sealed class GrantRowConfiguration : IEntityTypeConfiguration<GrantRow>
{
    public void Configure(EntityTypeBuilder<GrantRow> builder)
    {
        builder.ToTable("grants").HasKey(g => g.GrantId);
        builder.HasIndex(g => g.PatientKey);
        builder.HasIndex(g => g.GranteeKey);
        builder.HasIndex(g => g.Leaf).IsUnique();
        builder.HasOne<PatientRow>().WithMany().HasForeignKey(g => g.PatientKey);
    }
}
