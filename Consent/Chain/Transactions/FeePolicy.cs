using System.Numerics;
using MedLedger.Consent.Chain.Rpc;

namespace MedLedger.Consent.Chain.Transactions;

/// <summary>The two fees of a transaction of type 2, in wei a gas.</summary>
internal readonly record struct Fees(BigInteger Priority, BigInteger Most);

/// <summary>Which fees to offer (EIP-1559): room for the base fee to double, and raises that every node accepts.</summary>
internal static class FeePolicy
{
    /// <summary>Fees for now.</summary>
    public static async Task<Fees> SuggestAsync(
        EthereumClient client,
        SenderOptions options,
        CancellationToken cancellation
    )
    {
        var head = await client.HeadAsync(cancellation).ConfigureAwait(false);
        var priority = BigInteger.Min(
            await client.PriorityFeeAsync(cancellation).ConfigureAwait(false),
            options.FeeCap
        );
        var most = ((head.BaseFee ?? priority) * 2) + priority;
        return new Fees(priority, BigInteger.Min(BigInteger.Max(most, options.FeeFloor), options.FeeCap));
    }

    /// <summary>
    /// Fees that replace <paramref name="before"/>: an eighth more of both (nodes want a tenth), or what is suggested
    /// now when that is more. Null when the cap forbids it.
    /// </summary>
    public static Fees? Raise(Fees before, Fees suggested, BigInteger cap)
    {
        var priority = BigInteger.Max(Eighth(before.Priority), suggested.Priority);
        var most = BigInteger.Max(Eighth(before.Most), suggested.Most);
        return most > cap || priority > most ? null : new Fees(priority, most);
    }

    private static BigInteger Eighth(BigInteger fee) => fee + (fee / 8) + 1;
}
