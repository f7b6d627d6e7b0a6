using System.Numerics;

namespace MedLedger.Consent.Chain.Transactions;

/// <summary>How transactions are paid for, waited for and repaired.</summary>
public sealed record SenderOptions
{
    /// <summary>Blocks that count as done, the transaction's own included.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>How long to wait for a block before the caller is told that there is none yet.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After this time without a block the fee is raised.</summary>
    public TimeSpan RaiseFeeAfter { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Transactions without a block at once; more stall some nodes.</summary>
    public int MostInFlight { get; init; } = 16;

    /// <summary>Never pay more than this a gas, in wei.</summary>
    public BigInteger FeeCap { get; init; } = 2_000_000_000_000;

    /// <summary>
    /// Offer at least this much a gas, in wei. On a local chain it lets a transaction be replayed at another base fee;
    /// what is paid is the base fee and the priority fee all the same.
    /// </summary>
    public BigInteger FeeFloor { get; init; }

    /// <summary>Shortest pause between questions for a receipt.</summary>
    public TimeSpan FirstPoll { get; init; } = TimeSpan.FromMilliseconds(15);

    /// <summary>Longest pause between questions for a receipt.</summary>
    public TimeSpan LongestPoll { get; init; } = TimeSpan.FromSeconds(2);
}
