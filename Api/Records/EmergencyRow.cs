using MedLedger.Api.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MedLedger.Api.Records;

/// <summary>An emergency that somebody declared; who and why stand in the sealed content.</summary>
internal sealed class EmergencyRow
{
    /// <summary>16 random bytes, hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary><see cref="PatientRow.PatientKey"/>.</summary>
    public required string PatientKey { get; init; }

    /// <summary><see cref="Consent.Vault.RecordVault.RecordKey"/> of the declarer, to find what they may search in.</summary>
    public required string DeclarerKey { get; init; }

    /// <summary>The log entry of the declaration.</summary>
    public required long LogIndex { get; init; }

    /// <summary>Unix seconds, to pass over rows that have ended; what opens is decided by the sealed content.</summary>
    public required long Ends { get; set; }

    /// <summary>Compliance has signed it off.</summary>
    public bool IsReviewed { get; set; }

    /// <summary><see cref="Consent.Access.DeclaredEmergency.Seal"/>.</summary>
    public required byte[] Content { get; set; }
}

internal sealed class EmergencyRowConfiguration : IEntityTypeConfiguration<EmergencyRow>
{
    public void Configure(EntityTypeBuilder<EmergencyRow> builder)
    {
        builder.ToTable("emergencies").HasKey(e => e.Id);
        builder.HasIndex(e => e.PatientKey);
        builder.HasIndex(e => new { e.DeclarerKey, e.Ends });
        builder.HasOne<PatientRow>().WithMany().HasForeignKey(e => e.PatientKey);
    }
}
