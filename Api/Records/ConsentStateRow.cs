using System.Security.Cryptography;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Grants;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MedLedger.Api.Records;

/// <summary>
/// How far a patient's grants follow the consents: whether a change is under way, and which exception classes the records
/// carry. Both change in one transaction with the records concerned, so that a crash is taken up at the next start.
/// </summary>
internal sealed class ConsentStateRow
{
    /// <summary><see cref="PatientRow.PatientKey"/>.</summary>
    public required string PatientKey { get; init; }

    /// <summary>Random, new with each Consent that is written; null when the grants follow all of them.</summary>
    public string? Change { get; set; }

    /// <summary><see cref="ExceptionClasses.Seal"/>; empty while there are none.</summary>
    public required byte[] Classes { get; set; }

    /// <summary>A value for <see cref="Change"/>.</summary>
    public static string NewChange() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
}

internal sealed class ConsentStateRowConfiguration : IEntityTypeConfiguration<ConsentStateRow>
{
    public void Configure(EntityTypeBuilder<ConsentStateRow> builder)
    {
        builder.ToTable("consent_states").HasKey(c => c.PatientKey);
        builder.HasIndex(c => c.Change);
        builder.HasOne<PatientRow>().WithMany().HasForeignKey(c => c.PatientKey);
    }
}
