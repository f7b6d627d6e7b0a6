using System.Diagnostics.CodeAnalysis;

namespace MedLedger.Consent.Evidence;

/// <summary>A head of the log that was anchored, and where.</summary>
public sealed record LogAnchor
{
    /// <summary>The head as a signed note.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The transaction that anchored it.</summary>
    public required EvidenceTransaction Anchored { get; init; }
}

/// <summary>The file <c>anchors.json</c> beside a published log: which of its heads were anchored, oldest first.</summary>
public sealed record LogAnchorList
{
    /// <summary>The file's name.</summary>
    public const string FileName = "anchors.json";

    /// <summary>The only format there is.</summary>
    public const string CurrentFormat = "medledger.anchors.v1";

    /// <summary><see cref="CurrentFormat"/>.</summary>
    public required string Format { get; init; }

    /// <summary>Oldest first.</summary>
    public required IReadOnlyList<LogAnchor> Anchors { get; init; }

    /// <summary>Reads a file; false for anything but its one form.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out LogAnchorList? list) =>
        EvidenceJson.TryRead(utf8, out list)
        && string.Equals(list.Format, CurrentFormat, StringComparison.Ordinal)
        && list.Anchors.All(anchor => anchor is not null);

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes() => EvidenceJson.Write(this);
}
