using MedLedger.Consent.Chain.Contracts;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Chain.Following;

/// <summary>The contracts whose roots are valid in windows.</summary>
public enum RootKind
{
    /// <summary>ConsentRegistry.</summary>
    Consent,

    /// <summary>RecordAnchor.</summary>
    Record,

    /// <summary>ModelRegistry.</summary>
    Model,

    /// <summary>EnrolmentRegistry.</summary>
    Enrolment,
}

/// <summary>The block that a state was read at.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Time">Its time stamp.</param>
/// <param name="ReadAt">When, by the local clock, it was last confirmed to be the head.</param>
public sealed record ChainHead(ulong Number, Bytes32 Hash, DateTimeOffset Time, DateTimeOffset ReadAt)
{
    /// <summary>How old the head is: an old one means a chain that stands still or a clock that is wrong.</summary>
    public TimeSpan Age(DateTimeOffset now) => now - Time;
}

/// <summary>A grant's leaf in the consent tree. Times are Unix seconds; blocks and times are 0 where nothing has happened.</summary>
public sealed record GrantOnChain(
    LeafState State,
    int Index,
    ulong GrantedBlock,
    ulong GrantedAt,
    ulong RevokedAt,
    ulong RemovedBlock
);

/// <summary>A model in the model tree.</summary>
public sealed record ModelOnChain(int Index, ulong EnactedBlock, ulong WithdrawnBlock);

/// <summary>An analysis on the ledger, as its events tell.</summary>
public sealed record AnalysisOnChain
{
    /// <summary>U.</summary>
    public required Fr Nullifier { get; init; }

    /// <summary>Reserved, Published, Verified or Refuted; see <see cref="ChainState.StatusOf"/> for the derived ones.</summary>
    public required LedgerStatus Status { get; init; }

    /// <summary>Q.</summary>
    public required Fr RequestCommitment { get; init; }

    /// <summary>Holder of the reservation.</summary>
    public required EthereumAddress Publisher { get; init; }

    /// <summary>Block time of the reservation: <c>asOf</c>.</summary>
    public required ulong ReservedAt { get; init; }

    /// <summary>The shared signals, once published.</summary>
    public LedgerStatement? Statement { get; init; }

    /// <summary>Proofs and result commitments, once published.</summary>
    public IReadOnlyList<LedgerPart> Parts { get; init; } = [];

    /// <summary>What must be shown to replace the entry.</summary>
    public Bytes32 Body { get; init; }

    /// <summary>Block time of the publication; 0 before.</summary>
    public ulong PublishedAt { get; init; }

    /// <summary>Transaction of the last change.</summary>
    public required Bytes32 Transaction { get; init; }

    /// <summary>Block of the last change.</summary>
    public required ulong Block { get; init; }
}

/// <summary>A leaf's way to a root that was valid: what a proof needs.</summary>
/// <param name="Root">The root.</param>
/// <param name="Appearance">Which appearance of the root, for the ledger.</param>
/// <param name="Index">Position of the leaf.</param>
/// <param name="Siblings">From the leaf up.</param>
public sealed record RootedPath(Fr Root, uint Appearance, int Index, IReadOnlyList<Fr> Siblings);
