using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>Grants that a revocation was signed for, by what the chain knows of it.</summary>
/// <param name="Ended">Leaves that ended on the chain now.</param>
/// <param name="Stuck">Leaves that the chain still has, because no signed revocation can be had; tried again each time.</param>
internal sealed record SentRevocations(IReadOnlyList<Fr> Ended, IReadOnlyList<Fr> Stuck);

/// <summary>Brings stored grants and revocations to the chain. Each call takes up whatever an earlier one left.</summary>
internal sealed class GrantSender(Store store, LedgerChain chain)
{
    /// <summary>Sends signed revocations, each alone.</summary>
    public async Task<SentRevocations> SendRevocationsAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var waiting = await context
            .Set<GrantRow>()
            .Where(g => g.IsRevocationSigned && !g.IsRevoked)
            .Where(g => context.Patients.Any(p => p.PatientKey == g.PatientKey && p.Erased == null))
            .ToListAsync(cancellation);
        var (ended, stuck) = (new List<Fr>(), new List<Fr>());
        foreach (var row in waiting)
        {
            var leaf = LeafOf(row);
            var (isRevoked, transaction) = await RevokeAsync(row, leaf, cancellation);
            if (!isRevoked)
            {
                stuck.Add(leaf);
                continue;
            }
            row.RevocationTransaction = transaction ?? row.RevocationTransaction;
            row.IsRevoked = true;
            row.Capsule = [];
            await context.SaveChangesAsync(cancellation);
            ended.Add(leaf);
        }
        return new SentRevocations(ended, stuck);
    }

    /// <summary>Sends signed grants, in batches; answers the leaves that were granted.</summary>
    public async Task<IReadOnlyList<Fr>> SendGrantsAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var waiting = await context
            .Set<GrantRow>()
            .Where(g => !g.IsGranted && !g.IsRevocationSigned)
            .ToListAsync(cancellation);
        var sent = new List<Fr>();
        foreach (var batch in waiting.Chunk(ConsentRegistry.LargestBatch))
        {
            var leaves = batch.Select(LeafOf).ToList();
            var mined = await chain.SendAsync(chain.Relayer, chain.Consents.Grant(leaves), cancellation);
            foreach (var row in batch)
                (row.IsGranted, row.GrantTransaction) = (true, mined.Receipt.Hash.ToString());
            await context.SaveChangesAsync(cancellation);
            sent.AddRange(leaves);
        }
        return sent;
    }

    private async Task<(bool IsRevoked, string? Transaction)> RevokeAsync(
        GrantRow row,
        Fr leaf,
        CancellationToken cancellation
    )
    {
        await chain.Follower.RefreshAsync(cancellation);
        var state = chain.Follower.State.Grant(leaf, out _)?.State ?? LeafState.Unknown;
        if (state is not (LeafState.Unknown or LeafState.Live))
            return (true, null);
        if (StoredRevocation.Of(row, store.Vault, chain.Deployment) is not { } revocation)
            return (false, null);
        var path = chain.Follower.State.CurrentPath(leaf);
        var request = path is null
            ? chain.Consents.Revoke(revocation)
            : chain.Consents.RevokeAndApply(revocation, path);
        var mined = await chain.SendAsync(chain.Relayer, request, cancellation);
        return (true, mined.Receipt.Hash.ToString());
    }

    private static Fr LeafOf(GrantRow row) =>
        Fr.TryParseCanonical(row.Leaf, out var leaf)
            ? leaf
            : throw new InvalidDataException("A stored grant is no field element; the database is damaged.");
}
