using MedLedger.Consent.Chain;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Evidence;

/// <summary>What is checked of a published log, in this order.</summary>
public enum LogCheck
{
    /// <summary>There is a verifier key, and it is the pinned one.</summary>
    Key,

    /// <summary>The head is signed with it.</summary>
    Checkpoint,

    /// <summary>All entries up to the head are there and readable.</summary>
    Entries,

    /// <summary>They hash to the head.</summary>
    Root,

    /// <summary>The published tiles are those of the entries.</summary>
    Tiles,

    /// <summary>Each anchored head is signed, and one of this log.</summary>
    Anchors,

    /// <summary>Each head that the chain has is one of this log, and each that is said to be anchored is on the chain.</summary>
    Chain,

    /// <summary>Permitted analyses and the ledger's entries are the same.</summary>
    Ledger,
}

/// <summary>Why an analysis stands on one side only.</summary>
public enum UnmatchedReason
{
    /// <summary>Permitted in the log, and nothing of it on the ledger.</summary>
    NotOnLedger,

    /// <summary>On the ledger, and nothing of it in the log.</summary>
    NotInLog,

    /// <summary>Permitted in the log and ended there before it was reserved; no fault.</summary>
    Aborted,

    /// <summary>Permitted so lately that it may still be under way; no fault.</summary>
    UnderWay,
}

/// <summary>An analysis that stands in the log or on the ledger, not in both.</summary>
/// <param name="Nullifier">U.</param>
/// <param name="Reason">Which, and why.</param>
public sealed record UnmatchedAnalysis(Bytes32 Nullifier, UnmatchedReason Reason)
{
    /// <summary>Whether it speaks against the log.</summary>
    public bool IsFault => Reason is UnmatchedReason.NotOnLedger or UnmatchedReason.NotInLog;
}

/// <summary>The verifier's answer about a log.</summary>
public sealed record LogReport
{
    /// <summary>The first check that failed; null when all that were made hold.</summary>
    public LogCheck? Failed { get; init; }

    /// <summary>Which file, entry or head failed; null when nothing did.</summary>
    public string? Where { get; init; }

    /// <summary>Whether the key came from the verifier.</summary>
    public bool Pinned { get; init; }

    /// <summary>Whether the chain was read.</summary>
    public ChainEvidence Chain { get; init; }

    /// <summary>The signed head; null when there is none.</summary>
    public Checkpoint? Head { get; init; }

    /// <summary>The anchored heads, oldest first.</summary>
    public IReadOnlyList<Checkpoint> Anchors { get; init; } = [];

    /// <summary>Analyses that stand on one side only; empty without the chain.</summary>
    public IReadOnlyList<UnmatchedAnalysis> Missing { get; init; } = [];

    /// <summary>Whether everything that was checked holds.</summary>
    public bool IsGood => Failed is null;

    /// <summary><c>valid</c> with a pinned key, <c>consistent</c> without, or the name of the check that failed.</summary>
    public string Verdict =>
        Failed is { } failed ? Name(failed)
        : Pinned ? "valid"
        : "consistent";

    /// <summary>The recomputed tree.</summary>
    internal TileTree? Tree { get; init; }

    /// <summary>The entries.</summary>
    public IReadOnlyList<AuditEntry> Entries { get; init; } = [];

    /// <summary>A check's or a reason's name as it is shown.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum
    {
        var name = value.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
