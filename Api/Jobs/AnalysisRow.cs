using MedLedger.Api.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MedLedger.Api.Jobs;

/// <summary>How far an analysis has come. Each step is durable before the next one begins, and can be begun again.</summary>
internal enum AnalysisState
{
    /// <summary>The signed request is stored.</summary>
    Accepted,

    /// <summary>The gate refused; the end.</summary>
    Denied,

    /// <summary>The gate permitted, and a use of the grant is taken; nothing is reserved or opened yet.</summary>
    Permitted,

    /// <summary>The use is reserved on the chain; records may be opened.</summary>
    Reserved,

    /// <summary>The result is sealed.</summary>
    Analysed,

    /// <summary>The proofs are made and verified.</summary>
    Proven,

    /// <summary>The proofs are on the chain.</summary>
    Published,

    /// <summary>Logged, and the evidence is written; the end.</summary>
    Delivered,

    /// <summary>Given up: consent ended meanwhile, or the use cannot be published; nothing was released. The end.</summary>
    Aborted,
}

/// <summary>One analysis: a durable job.</summary>
internal sealed class AnalysisRow
{
    /// <summary>16 random bytes, hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary>Digest of the signed request, 32 bytes; a request is one analysis.</summary>
    public required byte[] RequestId { get; init; }

    /// <summary><see cref="PatientRow.PatientKey"/>.</summary>
    public required string PatientKey { get; init; }

    public required AnalysisState State { get; set; }

    /// <summary>Why it was denied or aborted, one word without content.</summary>
    public string? Why { get; set; }

    /// <summary>The grant whose use it is.</summary>
    public string? GrantId { get; set; }

    /// <summary>The use, from 0; unique together with the grant.</summary>
    public int? Slot { get; set; }

    /// <summary>The sealed <see cref="AnalysisContent"/>.</summary>
    public required byte[] Content { get; set; }

    /// <summary>Unix seconds of acceptance.</summary>
    public required long Created { get; init; }

    /// <summary>The evidence file's JSON; it holds no health data.</summary>
    public byte[]? Evidence { get; set; }
}

internal sealed class AnalysisRowConfiguration : IEntityTypeConfiguration<AnalysisRow>
{
    public void Configure(EntityTypeBuilder<AnalysisRow> builder)
    {
        builder.ToTable("analyses").HasKey(a => a.Id);
        builder.HasIndex(a => a.RequestId).IsUnique();
        // the unique row, not a question before it, decides that a use is taken once
        builder.HasIndex(a => new { a.GrantId, a.Slot }).IsUnique();
        builder.HasIndex(a => a.State);
        builder.HasOne<PatientRow>().WithMany().HasForeignKey(a => a.PatientKey);
    }
}
