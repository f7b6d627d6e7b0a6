using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Jobs;

/// <content>
/// What a reorganisation of the chain does to an analysis (PROTOCOL, section 6, step 4). The same bytes are sent again by
/// the chain's follower. When the reservation comes to stand in a block of another time, the same (U, O, Q) is proven
/// again with the new <c>asOf</c>; when the grant is not valid at it, nothing is published.
/// </content>
internal sealed partial class AnalysisJobs
{
    private static readonly TimeSpan LongestRestoration = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RecheckedFor = TimeSpan.FromDays(1);

    /// <summary>
    /// Takes up again what was delivered and is on the chain no more as it was delivered: a reorganisation was deeper than
    /// the depth that was waited for. Answers the jobs that go on.
    /// </summary>
    public async Task<IReadOnlyList<string>> RecheckAsync(CancellationToken cancellation)
    {
        var since = (Store.Time.GetUtcNow() - RecheckedFor).ToUnixTimeSeconds();
        await using var context = Store.CreateDbContext();
        var delivered = await context
            .Set<AnalysisRow>()
            .Where(a => a.State == AnalysisState.Delivered && a.Created >= since)
            .ToListAsync(cancellation);
        await ledger.Chain.Follower.RefreshAsync(cancellation);
        var again = new List<string>();
        foreach (var row in delivered)
        {
            if (AnalysisContent.Open(Store.Custody, row.Id, row.Content) is not { Proofs.Count: > 0 } content)
                continue;
            var signals = Signals(content.Proofs[0]);
            if (ledger.Chain.Follower.State.Analysis(signals.Nullifier) is { } entry && IsAsProven(entry, signals))
                continue;
            row.State = AnalysisState.Published;
            again.Add(row.Id);
        }
        await context.SaveChangesAsync(cancellation);
        return again;
    }

    private static bool IsAsProven(AnalysisOnChain entry, Consent.Statements.PublicSignals signals) =>
        entry is { Status: LedgerStatus.Published or LedgerStatus.Verified, Statement: { } published }
        && published.AsOf == StatementOf(signals).AsOf;

    /// <summary>
    /// The analysis as the chain has it, in a state at least as far as <paramref name="least"/>. What a reorganisation took
    /// back is waited for. Null, or an earlier state, when it will not come back: the chain refused it the second time.
    /// </summary>
    private async Task<AnalysisOnChain?> OnChainAsync(
        Fr nullifier,
        LedgerStatus least,
        StoredTransaction sent,
        CancellationToken cancellation
    )
    {
        var chain = ledger.Chain;
        var begun = Store.Time.GetTimestamp();
        while (true)
        {
            await chain.Follower.RefreshAsync(cancellation);
            var entry = chain.Follower.State.Analysis(nullifier);
            if (entry is not null && entry.Status >= least)
                return entry;
            var journaled = await Store.Journal.FindAsync(Hash(sent.Hash), cancellation);
            if (journaled?.State is not (TransactionState.Open or TransactionState.Succeeded))
                return entry;
            if (Store.Time.GetElapsedTime(begun) > LongestRestoration)
                throw new ChainUnavailableException("What a reorganisation took back is in no block yet.");
            await chain.Relayer.ResumeAsync(cancellation);
            await Task.Delay(TimeSpan.FromMilliseconds(200), Store.Time, cancellation);
        }
    }

    /// <summary>The reservation where it stands now; null when there is none that still holds.</summary>
    private async Task<StoredTransaction?> ReservationAsync(Job job, Fr nullifier, CancellationToken cancellation)
    {
        var known = job.Content.Reservation!;
        var entry = await OnChainAsync(nullifier, LedgerStatus.Reserved, known, cancellation);
        if (entry is null || ledger.Chain.Follower.State.StatusOf(entry) != LedgerStatus.Reserved)
            return null;
        return new StoredTransaction(entry.Transaction.ToString(), (long)entry.Block, (long)entry.ReservedAt);
    }

    /// <summary>A transaction with the block in which it stands now.</summary>
    private async Task<StoredTransaction> AsIncludedAsync(StoredTransaction known, CancellationToken cancellation)
    {
        var entry = await Store.Journal.FindAsync(Hash(known.Hash), cancellation);
        return entry?.Inclusion is { } block
            ? known with
            {
                Block = (long)block.Block,
                Time = (long)block.BlockTime,
            }
            : known;
    }

    /// <summary>The publication was taken back and refused the second time: back to where that is decided on.</summary>
    private async Task ProvenAgainAsync(Job job, CancellationToken cancellation)
    {
        await using var context = Store.CreateDbContext();
        context.Attach(job.Row);
        job.Row.State = AnalysisState.Proven;
        await context.SaveChangesAsync(cancellation);
    }

    /// <summary>Waits while the newest block is as old as the reservation: the clock of a chain is not ours.</summary>
    private async Task<MinedTransaction> SendPublicationAsync(
        TransactionRequest publication,
        CancellationToken cancellation
    )
    {
        var begun = Store.Time.GetTimestamp();
        while (true)
            try
            {
                return await ledger.Chain.SendAsync(ledger.Chain.Relayer, publication, cancellation);
            }
            catch (CallRevertedException early)
                when (early.Revert.Name == "TooEarly" && Store.Time.GetElapsedTime(begun) < LongestRestoration)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), Store.Time, cancellation);
            }
    }
}
