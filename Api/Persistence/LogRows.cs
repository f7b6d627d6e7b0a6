using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MedLedger.Api.Persistence;

/// <summary>One entry of the audit log: its bytes, without health data.</summary>
internal sealed class LogEntryRow
{
    /// <summary>From 0, without a hole. The primary key decides when two append at once.</summary>
    public required long Index { get; init; }

    /// <summary><see cref="AuditEntry.Encode"/>.</summary>
    public required byte[] Entry { get; init; }
}

/// <summary>A tile of hashes of the log's tree (c2sp.org/tlog-tiles).</summary>
internal sealed class LogTileRow
{
    public required int Level { get; init; }

    public required long Index { get; init; }

    /// <summary>256 hashes of 32 bytes; of a level above the lowest, 1 to 256.</summary>
    public required byte[] Hashes { get; set; }
}

/// <summary>A signed head of the log.</summary>
internal sealed class LogHeadRow
{
    /// <summary>Entries.</summary>
    public required long Size { get; init; }

    /// <summary>The checkpoint as a signed note.</summary>
    public required string Note { get; init; }
}

/// <summary>A head of the log that was anchored, and where.</summary>
internal sealed class LogAnchorRow
{
    /// <summary>Entries.</summary>
    public required long Size { get; init; }

    /// <summary>0x and 64 hexadecimal digits.</summary>
    public required string Transaction { get; init; }

    public required long Block { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long Time { get; init; }
}

internal sealed class LogRowsConfiguration
    : IEntityTypeConfiguration<LogEntryRow>,
        IEntityTypeConfiguration<LogTileRow>,
        IEntityTypeConfiguration<LogHeadRow>,
        IEntityTypeConfiguration<LogAnchorRow>,
        IEntityTypeConfiguration<SealedAuditDetails>
{
    public void Configure(EntityTypeBuilder<LogAnchorRow> builder)
    {
        builder.ToTable("log_anchors").HasKey(a => a.Size);
        builder.Property(a => a.Size).ValueGeneratedNever();
    }

    public void Configure(EntityTypeBuilder<LogEntryRow> builder)
    {
        builder.ToTable("log_entries").HasKey(e => e.Index);
        builder.Property(e => e.Index).ValueGeneratedNever();
    }

    public void Configure(EntityTypeBuilder<LogTileRow> builder) =>
        builder.ToTable("log_tiles").HasKey(t => new { t.Level, t.Index });

    public void Configure(EntityTypeBuilder<LogHeadRow> builder)
    {
        builder.ToTable("log_heads").HasKey(h => h.Size);
        builder.Property(h => h.Size).ValueGeneratedNever();
    }

    public void Configure(EntityTypeBuilder<SealedAuditDetails> builder)
    {
        builder.ToTable("log_details").HasKey(d => d.Index);
        builder.Property(d => d.Index).ValueGeneratedNever();
        builder.HasIndex(d => d.PatientKey);
    }
}
