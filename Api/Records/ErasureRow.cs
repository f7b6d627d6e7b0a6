using MedLedger.Api.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MedLedger.Api.Records;

/// <summary>How far the erasure of a patient is; each step can be done again.</summary>
internal enum ErasureState
{
    /// <summary>Accepted: the gate denies from here on, the signed revocations are safe.</summary>
    Accepted,

    /// <summary>Keys and rows are gone; the chain is still to be told.</summary>
    Shredded,

    /// <summary>Grants ended, enrolment withdrawn and the patient's leaf 0 on the chain; the end.</summary>
    Done,
}

/// <summary>The durable job of an erasure.</summary>
internal sealed class ErasureRow
{
    /// <summary><see cref="PatientRow.PatientKey"/>.</summary>
    public required string PatientKey { get; init; }

    public required ErasureState State { get; set; }

    /// <summary>The signed revocations, sealed for the operator, since the patient's own key goes; empty at the end.</summary>
    public required byte[] Revocations { get; set; }
}

internal sealed class ErasureRowConfiguration : IEntityTypeConfiguration<ErasureRow>
{
    public void Configure(EntityTypeBuilder<ErasureRow> builder)
    {
        builder.ToTable("erasures").HasKey(e => e.PatientKey);
        builder.HasOne<PatientRow>().WithMany().HasForeignKey(e => e.PatientKey);
    }
}
