using MedLedger.Api.Jobs;
using MedLedger.Api.Keys;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Log;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>What a change of a patient's consents came to on the chain.</summary>
/// <param name="Granted">Leaves of the grants that were committed.</param>
/// <param name="Revoked">Leaves of the grants that were ended.</param>
/// <param name="Gaps">What the consents permit and no grant covers, in sentences.</param>
internal sealed record GrantChange(IReadOnlyList<Fr> Granted, IReadOnlyList<Fr> Revoked, IReadOnlyList<string> Gaps);

/// <summary>A stored grant, opened, with where it stands on the chain now.</summary>
internal sealed record IssuedGrant(GrantCapsule Capsule, CommittedGrant Committed);

/// <summary>
/// Makes a patient's consents grants on the chain, and ends them: compiled, signed by the patient's side, written, sent.
/// What was written and not sent is sent by <see cref="ResumeAsync"/>, so that a crash loses neither.
/// </summary>
internal sealed class GrantIssuer(
    Store store,
    LedgerChain chain,
    GranteeDirectory grantees,
    Anchoring anchoring,
    AuditTrail audit
)
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);

    /// <summary>Compiles all consents of a patient; when they say something new, the old grants end and new ones begin.</summary>
    public async Task<GrantChange> CommitAsync(
        string patientKey,
        string patient,
        IReadOnlyList<ConsentDirective> directives,
        CancellationToken cancellation
    )
    {
        var now = store.Time.GetUtcNow();
        var compiled = GrantCompiler.Compile(
            directives,
            new CompilerOptions
            {
                Patient = patient,
                ValidFrom = now.AddMinutes(-1),
                ValidUntil = now + Validity,
            }
        );
        var terms = Digest248.FromSha256(compiled.TermsDigest.Span);
        await using var context = store.CreateDbContext();
        var live = await context
            .Set<GrantRow>()
            .AsNoTracking()
            .Where(g => g.PatientKey == patientKey && !g.IsRevocationSigned)
            .ToListAsync(cancellation);
        if (live.Exists(row => row.Open(store.Vault)?.TermsDigest != terms))
            await SignRevocationsAsync(patientKey, patient, cancellation);
        var revoked = await SendRevocationsAsync(cancellation);
        if (!live.Exists(row => row.Open(store.Vault)?.TermsDigest == terms))
            await SignAsync(patientKey, patient, compiled, terms, cancellation);
        await anchoring.EnrolAsync(cancellation);
        var granted = await SendGrantsAsync(cancellation);

        var gaps = compiled.Report.Select(gap => gap.Words).ToList();
        if (compiled.Grants.Any(grant => LeansOnExceptions(grant, compiled)))
            gaps.Add("A grant that needs exception classes on the records was not made.");
        return new GrantChange(granted, revoked, gaps);
    }

    /// <summary>
    /// Signs the end of all grants of a patient: they deny from here on, before any block knows, and their readers lose
    /// their stanzas.
    /// </summary>
    public async Task SignRevocationsAsync(string patientKey, string patient, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var rows = await context
            .Set<GrantRow>()
            .Where(g => g.PatientKey == patientKey && !g.IsRevocationSigned)
            .ToListAsync(cancellation);
        if (rows.Count == 0)
            return;
        foreach (var row in rows)
            row.IsRevocationSigned = true;
        await GrantReaders.RemoveAllAsync(context, store.Vault, patientKey, cancellation);
        var events = rows.Select(row => Event(AuditAction.Revoked, patientKey, patient, row.Leaf)).ToList();
        await audit.AppendAsync(context, events, () => context.SaveChangesAsync(cancellation), cancellation);
    }

    /// <summary>Sends signed revocations to the chain, each alone; answers the leaves that ended.</summary>
    public async Task<IReadOnlyList<Fr>> SendRevocationsAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var waiting = await context
            .Set<GrantRow>()
            .Where(g => g.IsRevocationSigned && !g.IsRevoked)
            .ToListAsync(cancellation);
        var ended = new List<Fr>();
        foreach (var row in waiting)
        {
            if (row.Open(store.Vault) is { } capsule)
            {
                row.RevocationTransaction = await RevokeAsync(capsule, cancellation) ?? row.RevocationTransaction;
                ended.Add(capsule.Commitment.Leaf);
            }
            row.IsRevoked = true;
            row.Capsule = [];
            await context.SaveChangesAsync(cancellation);
        }
        return ended;
    }

    /// <summary>Finishes what an earlier run wrote and did not see in a block.</summary>
    public async Task ResumeAsync(CancellationToken cancellation)
    {
        await SendRevocationsAsync(cancellation);
        await anchoring.EnrolAsync(cancellation);
        await SendGrantsAsync(cancellation);
    }

    /// <summary>The grants of a patient that have not ended here, with the state that the chain gives them now.</summary>
    public async Task<IReadOnlyList<IssuedGrant>> GrantsAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    )
    {
        var rows = await context
            .Set<GrantRow>()
            .AsNoTracking()
            .Where(g => g.PatientKey == patientKey)
            .ToListAsync(cancellation);
        var grants = new List<IssuedGrant>();
        foreach (var row in rows)
        {
            if (row.Open(store.Vault) is not { } capsule)
                continue;
            var leaf = capsule.Commitment.Leaf;
            var used = await context
                .Set<AnalysisRow>()
                .CountAsync(a => a.GrantId == row.GrantId && a.Slot != null, cancellation);
            var state = StateOf(row, chain.Follower.State.Grant(leaf, out _)?.State ?? LeafState.Unknown);
            grants.Add(
                new IssuedGrant(capsule, new CommittedGrant(capsule.Grant, leaf, state, capsule.Grant.MaxUses - used))
            );
        }
        return grants;
    }

    private static GrantState StateOf(GrantRow row, LeafState leaf) =>
        (row.IsRevocationSigned, leaf) switch
        {
            (_, LeafState.Pending or LeafState.Removed or LeafState.Barred) => GrantState.Revoked,
            (true, _) => GrantState.RevocationSigned,
            (_, LeafState.Live) => GrantState.Active,
            _ => GrantState.Pending,
        };

    // A grant that leans on exception bits is sound only when the records carry them.
    private static bool LeansOnExceptions(Grant grant, CompiledGrants compiled) =>
        compiled.ExceptionClasses.Any(one => ((grant.Labels >> one.Bit) & 1) == 0);

    private static AuditEvent Event(AuditAction action, string patientKey, string patient, byte[] leaf) =>
        new()
        {
            Action = action,
            Subject = new Bytes32(leaf),
            PatientKey = patientKey,
            Agent = patient,
            Patient = patient,
        };

    private async Task SignAsync(
        string patientKey,
        string patient,
        CompiledGrants compiled,
        Fr terms,
        CancellationToken cancellation
    )
    {
        using var signer =
            PatientSigner.Open(store.Vault, patientKey)
            ?? throw Cli.CommandFailure.Refused("The patient's keys cannot be had.");
        await using var context = store.CreateDbContext();
        var grants = compiled.Grants.Where(grant => !LeansOnExceptions(grant, compiled)).ToList();
        var events = new List<AuditEvent>();
        foreach (var grant in grants)
        {
            var capsule = signer.SignGrant(
                PatientSigner.NewGrantId(),
                grant,
                await grantees.CommitmentOfAsync(grant.Grantee, cancellation),
                terms,
                chain.Deployment.ChainId,
                chain.Deployment.ConsentRegistry
            );
            var leaf = capsule.Commitment.Leaf.ToBytes();
            events.Add(Event(AuditAction.Granted, patientKey, patient, leaf));
            context.Add(
                new GrantRow
                {
                    GrantId = capsule.GrantId,
                    PatientKey = patientKey,
                    GranteeKey = store.Vault.RecordKey(grant.Grantee),
                    Leaf = leaf,
                    Capsule = capsule.Seal(store.Vault, patientKey)!.Content,
                }
            );
        }
        await GrantReaders.AddAsync(context, store.Vault, patientKey, grants, cancellation);
        if (events.Count > 0)
            await audit.AppendAsync(context, events, () => context.SaveChangesAsync(cancellation), cancellation);
    }

    private async Task<IReadOnlyList<Fr>> SendGrantsAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var waiting = await context
            .Set<GrantRow>()
            .Where(g => !g.IsGranted && !g.IsRevocationSigned)
            .ToListAsync(cancellation);
        var sent = new List<Fr>();
        foreach (var batch in waiting.Chunk(ConsentRegistry.LargestBatch))
        {
            var leaves = batch.Select(row => Leaf(row.Leaf)).ToList();
            var mined = await chain.SendAsync(chain.Relayer, chain.Consents.Grant(leaves), cancellation);
            foreach (var row in batch)
                (row.IsGranted, row.GrantTransaction) = (true, mined.Receipt.Hash.ToString());
            await context.SaveChangesAsync(cancellation);
            sent.AddRange(leaves);
        }
        return sent;
    }

    private async Task<string?> RevokeAsync(GrantCapsule capsule, CancellationToken cancellation)
    {
        await chain.Follower.RefreshAsync(cancellation);
        var leaf = capsule.Commitment.Leaf;
        var state = chain.Follower.State.Grant(leaf, out _)?.State ?? LeafState.Unknown;
        if (state is not (LeafState.Unknown or LeafState.Live))
            return null;
        var path = chain.Follower.State.CurrentPath(leaf);
        var request = path is null
            ? chain.Consents.Revoke(capsule.Revocation)
            : chain.Consents.RevokeAndApply(capsule.Revocation, path);
        var mined = await chain.SendAsync(chain.Relayer, request, cancellation);
        return mined.Receipt.Hash.ToString();
    }

    private static Fr Leaf(byte[] bytes) =>
        Fr.TryParseCanonical(bytes, out var leaf)
            ? leaf
            : throw new InvalidDataException("A stored grant is no field element; the database is damaged.");
}
