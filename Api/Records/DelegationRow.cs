using MedLedger.Api.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MedLedger.Api.Records;

/// <summary>Somebody acts for a patient; the row says neither who nor for whom.</summary>
internal sealed class DelegationRow
{
    /// <summary>16 random bytes, hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary><see cref="PatientRow.PatientKey"/>.</summary>
    public required string PatientKey { get; init; }

    /// <summary><see cref="Consent.Vault.RecordVault.RecordKey"/> of who acts, to find for whom they do.</summary>
    public required string DelegateKey { get; init; }

    /// <summary><see cref="Consent.Delegations.SealedDelegation.Seal"/>.</summary>
    public required byte[] Content { get; set; }
}

internal sealed class DelegationRowConfiguration : IEntityTypeConfiguration<DelegationRow>
{
    public void Configure(EntityTypeBuilder<DelegationRow> builder)
    {
        builder.ToTable("delegations").HasKey(d => d.Id);
        builder.HasIndex(d => d.PatientKey);
        builder.HasIndex(d => d.DelegateKey);
        builder.HasOne<PatientRow>().WithMany().HasForeignKey(d => d.PatientKey);
    }
}
