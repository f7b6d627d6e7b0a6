using MedLedger.Api.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MedLedger.Api.Jobs;

/// <summary>How far a bulk export has come.</summary>
internal enum ExportState
{
    /// <summary>Asked for, or interrupted: it begins at the next turn, from the beginning.</summary>
    Accepted,

    /// <summary>Its files are listed.</summary>
    Completed,

    /// <summary>Given up; nothing of it can be had.</summary>
    Failed,
}

/// <summary>A bulk export: a durable job.</summary>
internal sealed class ExportRow
{
    /// <summary>16 random bytes, hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary>The caller's reference as a patient key, whoever it is, so that a patient's exports go with the patient.</summary>
    public required string OwnerKey { get; init; }

    public required ExportState State { get; set; }

    /// <summary>The sealed <see cref="ExportContent"/>.</summary>
    public required byte[] Content { get; set; }

    /// <summary>Compartments that were looked through.</summary>
    public int Done { get; set; }

    /// <summary>Compartments to look through.</summary>
    public int Total { get; set; }

    /// <summary>Unix seconds of acceptance.</summary>
    public required long Created { get; init; }

    /// <summary>Unix seconds: from then on it is not there any more.</summary>
    public required long Expires { get; set; }
}

/// <summary>One file of an export: which records it has. What they say stays sealed where it is.</summary>
internal sealed class ExportFileRow
{
    /// <summary><see cref="ExportRow.Id"/>.</summary>
    public required string ExportId { get; init; }

    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    /// <summary>The sealed <see cref="ExportFile"/>.</summary>
    public required byte[] Content { get; init; }
}

internal sealed class ExportRowConfiguration
    : IEntityTypeConfiguration<ExportRow>,
        IEntityTypeConfiguration<ExportFileRow>
{
    public void Configure(EntityTypeBuilder<ExportRow> builder)
    {
        builder.ToTable("exports").HasKey(e => e.Id);
        builder.HasIndex(e => e.OwnerKey);
        builder.HasIndex(e => e.State);
    }

    public void Configure(EntityTypeBuilder<ExportFileRow> builder)
    {
        builder.ToTable("export_files").HasKey(f => new { f.ExportId, f.Number });
        builder.HasOne<ExportRow>().WithMany().HasForeignKey(f => f.ExportId).OnDelete(DeleteBehavior.Cascade);
    }
}
