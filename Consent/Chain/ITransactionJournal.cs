using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain;

/// <summary>What became of a signed transaction, as far as we know.</summary>
public enum TransactionState
{
    /// <summary>Signed and saved; sent or not, but not seen in a block.</summary>
    Open,

    /// <summary>In a block, and it did what it was to do.</summary>
    Succeeded,

    /// <summary>In a block, but its call reverted; its nonce is used.</summary>
    Reverted,

    /// <summary>Another transaction with its nonce is in a block; this one can never be.</summary>
    Replaced,

    /// <summary>Given up before any node took it; its nonce goes to another transaction.</summary>
    Abandoned,
}

/// <summary>Where in the chain a transaction stands.</summary>
/// <param name="Block">Number of the block.</param>
/// <param name="BlockHash">Hash of the block; it changes when the chain is reorganised or rebuilt.</param>
/// <param name="BlockTime">Unix seconds of the block.</param>
/// <param name="Index">Position in the block, from 0.</param>
public sealed record TransactionInclusion(ulong Block, Bytes32 BlockHash, ulong BlockTime, int Index);

/// <summary>One signed transaction with all that is needed to send it again.</summary>
public sealed record JournalEntry
{
    /// <summary>The chain it is signed for (EIP-155).</summary>
    public required ulong ChainId { get; init; }

    /// <summary>The account that signed it.</summary>
    public required EthereumAddress Sender { get; init; }

    /// <summary>Its nonce. A fee replacement has the same one, so the key of an entry is <see cref="Hash"/>.</summary>
    public required ulong Nonce { get; init; }

    /// <summary>Keccak-256 of <see cref="Raw"/>.</summary>
    public required Bytes32 Hash { get; init; }

    /// <summary>The signed EIP-2718 envelope, as it is sent. At most 128 KiB.</summary>
    public required ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>What it is for, a short word without any content of records (<c>grant</c>, <c>reserve</c>).</summary>
    public required string Purpose { get; init; }

    /// <summary>What became of it.</summary>
    public TransactionState State { get; init; } = TransactionState.Open;

    /// <summary>Its block, when <see cref="State"/> is Succeeded or Reverted.</summary>
    public TransactionInclusion? Inclusion { get; init; }
}

/// <summary>
/// The durable list of every transaction that was signed here, served by <c>Api</c> on its database. Bytes are saved
/// before they are sent, so that a crash can neither lose a nonce nor sign something else under it, and so that the
/// local chain, which forgets everything when its node is killed, can be rebuilt.
/// </summary>
public interface ITransactionJournal
{
    /// <summary>
    /// Saves an <see cref="TransactionState.Open"/> entry; durable (synced to disk) when the task ends.
    /// An entry with a hash that is already there changes nothing.
    /// </summary>
    Task AppendAsync(JournalEntry entry, CancellationToken cancellation);

    /// <summary>
    /// Notes what became of an entry. Called again when a reorganisation changes the answer, back to
    /// <see cref="TransactionState.Open"/> without inclusion too. A hash that is not there is ignored.
    /// </summary>
    Task SettleAsync(
        Bytes32 hash,
        TransactionState state,
        TransactionInclusion? inclusion,
        CancellationToken cancellation
    );

    /// <summary>Finds one entry by its hash.</summary>
    Task<JournalEntry?> FindAsync(Bytes32 hash, CancellationToken cancellation);

    /// <summary>All open entries of a sender (of every sender when null), in the order of their saving.</summary>
    Task<IReadOnlyList<JournalEntry>> OpenAsync(ulong chainId, EthereumAddress? sender, CancellationToken cancellation);

    /// <summary>All entries that stand in a block (Succeeded and Reverted), by block number and index, read in a stream.</summary>
    IAsyncEnumerable<JournalEntry> IncludedAsync(ulong chainId, CancellationToken cancellation);
}
