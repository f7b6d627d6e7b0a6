using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Jobs;

/// <summary>A head of the log with the transaction that anchored it.</summary>
internal sealed record AnchoredLog(LogHead Head, StoredTransaction Transaction);

/// <summary>
/// Puts the roots of records and enrolments, heads of the log and the model on the chain. Each call looks first at what
/// the chain has, so that it may be repeated after a crash.
/// </summary>
internal sealed class Anchoring(Store store, LedgerChain chain, AuditTrail audit) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>
    /// Holds the stored log against the newest head on the chain: a database that was restored to an older state, log and
    /// all, has a shorter log than the chain knows, and one that was written again has another.
    /// </summary>
    /// <exception cref="InvalidDataException">The stored log does not contain the anchored one.</exception>
    public async Task CheckLogAsync(CancellationToken cancellation)
    {
        var latest = await chain.Audit.LatestAsync(cancellation);
        if (latest.Size == 0)
            return;
        await using var context = store.CreateDbContext();
        var size = (long)latest.Size;
        var head = await audit.HeadAsync(cancellation);
        if (head is null || head.Value.Head.Size < size)
            throw new InvalidDataException(
                $"The check log failed: the chain has a log of {size} entries, this database one of "
                    + $"{head?.Head.Size ?? 0}. It is an older state: restore the newest backup."
            );
        if (new Bytes32(await audit.Log(context).RootAsync(size, cancellation)) != latest.Root)
            throw new InvalidDataException(
                $"The check log failed: the first {size} entries are not those whose head is on the chain."
            );
    }

    /// <summary>
    /// Anchors the record tree when records were written since the last anchor, and finishes an anchor that a crash left.
    /// Answers the number of the newest anchor that is on the chain.
    /// </summary>
    public async Task<long> AnchorRecordsAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            await using var context = store.CreateDbContext();
            var last = await context.Anchors.OrderByDescending(a => a.Number).FirstOrDefaultAsync(cancellation);
            if (last is { Time: null })
                await SendAsync(context, last, cancellation);
            var next = await OpenNextAsync(context, last, cancellation);
            if (next is not null)
                await SendAsync(context, next, cancellation);
            return (next ?? last)?.Number ?? 0;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Posts the root of the enrolment tree when patients came or went.</summary>
    public async Task EnrolAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var trees = await RecordTrees.AtAsync(context, long.MaxValue, patientKey: null, cancellation);
        await chain.Follower.RefreshAsync(cancellation);
        var root = trees.EnrolmentRoot;
        if (chain.Follower.State.NewestRoot(RootKind.Enrolment) == root)
            return;
        var withdrawn = await context.Patients.AnyAsync(p => p.Erased != null, cancellation);
        await chain.SendAsync(
            chain.Authority,
            withdrawn ? chain.Enrolments.Withdraw(root) : chain.Enrolments.Enrol(root),
            cancellation
        );
    }

    /// <summary>Has the model approved; the embedded chain's one officer is the operator.</summary>
    public async Task ApproveModelAsync(Fr digest, int modelClass, CancellationToken cancellation)
    {
        var leaf = ModelLeaf.Compute(digest, modelClass);
        var state = (await chain.Models.ModelAsync(leaf, cancellation)).State;
        if (state == ModelState.Approved)
            return;
        if (state != ModelState.Proposed)
            await chain.SendAsync(chain.Operator, chain.Models.Propose(leaf), cancellation);
        if ((await chain.Models.ModelAsync(leaf, cancellation)).State == ModelState.Proposed)
            await chain.SendAsync(chain.Operator, chain.Models.Enact(leaf), cancellation);
        await audit.AppendAsync(
            [
                new AuditEvent
                {
                    Action = Consent.Log.AuditAction.ModelChanged,
                    Subject = new Bytes32(leaf.ToBytes()),
                    PatientKey = store.Vault.OrganizationKey,
                    Agent = "operator",
                },
            ],
            cancellation
        );
    }

    /// <summary>Takes revoked leaves out of the consent tree; while one waits, nothing can be granted or reserved.</summary>
    public async Task ApplyRevocationsAsync(CancellationToken cancellation)
    {
        await chain.Follower.RefreshAsync(cancellation);
        while (chain.Follower.State.PendingRemovals() is { Count: > 0 } removals)
            await chain.SendAsync(chain.Relayer, chain.Consents.ApplyRevocation(removals), cancellation);
    }

    /// <summary>
    /// Anchors the newest head of the log when it has grown. Answers the newest anchored head with the transaction that
    /// anchored it; null before the first entry.
    /// </summary>
    public async Task<AnchoredLog> AnchorLogAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            var (head, checkpoint) =
                await audit.HeadAsync(cancellation) ?? throw new InvalidOperationException("The log is empty.");
            await using var context = store.CreateDbContext();
            var known = await context.Set<LogAnchorRow>().FindAsync([head.Size], cancellation);
            if (known is null)
            {
                await CheckLogAsync(cancellation);
                var latest = await chain.Audit.LatestAsync(cancellation);
                if ((long)latest.Size == head.Size)
                    (head, checkpoint) = await GoOnAsync(latest, cancellation);
                var root = new Bytes32(checkpoint.Root);
                var mined = await chain.SendAsync(
                    chain.Operator,
                    chain.Audit.Anchor(root, (ulong)head.Size),
                    cancellation
                );
                known = new LogAnchorRow
                {
                    Size = head.Size,
                    Transaction = mined.Receipt.Hash.ToString(),
                    Block = (long)mined.Block.Number,
                    Time = (long)mined.Block.Time,
                };
                context.Add(known);
                await context.SaveChangesAsync(cancellation);
            }
            return new AnchoredLog(head, new StoredTransaction(known.Transaction, known.Block, known.Time));
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    // This head is on the chain, but a crash came before its transaction was stored: the log goes on by one entry, and the
    // head after it is anchored.
    private async Task<(LogHead Head, Checkpoint Checkpoint)> GoOnAsync(
        AnchoredHead latest,
        CancellationToken cancellation
    )
    {
        var anchored = new AuditEvent
        {
            Action = AuditAction.Anchored,
            Subject = latest.Root,
            PatientKey = store.Vault.OrganizationKey,
            Agent = "operator",
        };
        await audit.AppendAsync([anchored], cancellation);
        return (await audit.HeadAsync(cancellation))!.Value;
    }

    /// <summary>Closes the set of leaves that the next anchor has: what is written from now on belongs to the one after.</summary>
    private async Task<AnchorRow?> OpenNextAsync(LedgerContext context, AnchorRow? last, CancellationToken cancellation)
    {
        using var writing = await store.WritingAsync(cancellation);
        var number = (last?.Number ?? 0) + 1;
        if (!await context.Patients.AnyAsync(p => p.Since >= number, cancellation))
            return null;
        var trees = await RecordTrees.AtAsync(context, number, patientKey: null, cancellation);
        if (trees.Root != await store.Roots.RootAsync(cancellation))
            throw new InvalidDataException("The check recordRoot failed: the stored roots are not those of the log.");
        var row = new AnchorRow
        {
            Number = number,
            Root = trees.Root.ToBytes(),
            Size = await context.Leaves.LongCountAsync(l => l.Since <= number, cancellation),
        };
        context.Anchors.Add(row);
        await context.SaveChangesAsync(cancellation);
        return row;
    }

    private async Task SendAsync(LedgerContext context, AnchorRow row, CancellationToken cancellation)
    {
        await chain.Follower.RefreshAsync(cancellation);
        var root = Fr.TryParseCanonical(row.Root, out var element)
            ? element
            : throw new InvalidDataException("A stored record root is damaged.");
        if (chain.Follower.State.NewestRoot(RootKind.Record) != root)
            await chain.SendAsync(chain.Operator, chain.Records.Anchor(root, (ulong)row.Size), cancellation);
        row.Time = chain.Follower.State.Head?.Time.ToUnixTimeSeconds();
        await context.SaveChangesAsync(cancellation);
    }
}
