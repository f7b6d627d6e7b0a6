using System.Numerics;
using System.Text.Json;
using MedLedger.Api.Jobs;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// Erases patients (PROTOCOL section 8; GDPR article 17): deny, save the signed revocations, shred keys and rows, tell the
/// chain. A durable job: <see cref="ResumeAsync"/> goes on after a crash, or when the chain answers again.
/// </summary>
internal sealed class Erasure(Store store, AuditTrail audit)
{
    /// <summary>Accepts the erasure of a patient; false when there is no such patient. Done twice it does nothing more.</summary>
    public Task<bool> AcceptAsync(string patient, CancellationToken cancellation) =>
        AcceptKeyAsync(store.Vault.PatientKey(patient), cancellation);

    /// <summary>
    /// Erases again who was erased after these data were backed up: custody keeps the list, and their keys are gone. Answers
    /// how many there were.
    /// </summary>
    public async Task<int> ReplayAsync(CancellationToken cancellation)
    {
        var shredded = store.Custody.Shredded();
        await using var context = store.CreateDbContext();
        var present = await context
            .Patients.Where(p => p.Erased == null && p.Index >= 0)
            .Select(p => p.PatientKey)
            .ToListAsync(cancellation);
        var again = present.Intersect(shredded, StringComparer.Ordinal).ToList();
        foreach (var patientKey in again)
            await AcceptKeyAsync(patientKey, cancellation);
        await ResumeAsync(null, null, cancellation);
        return again.Count;
    }

    private async Task<bool> AcceptKeyAsync(string patientKey, CancellationToken cancellation)
    {
        using var turn = await store.WritingAsync(cancellation);
        await using var context = store.CreateDbContext();
        var row = await context.Patients.FindAsync([patientKey], cancellation);
        if (row is null || row.Index < 0)
            return false;
        if (await context.Set<ErasureRow>().AnyAsync(e => e.PatientKey == patientKey, cancellation))
            return true;

        var grants = await context
            .Set<GrantRow>()
            .Where(g => g.PatientKey == patientKey && !g.IsRevoked)
            .ToListAsync(cancellation);
        // While the keys are there: a capsule that does not open has its revocation signed once more.
        var deployment = await LedgerChain.KnownAsync(store.Folder, cancellation);
        var revocations = deployment is null
            ? []
            : grants.Select(g => StoredRevocation.Of(g, store.Vault, deployment)).OfType<SignedRevocation>().ToList();
        foreach (var grant in grants)
            grant.IsRevocationSigned = true;
        row.Erased = store.Time.GetUtcNow();
        context.Add(
            new ErasureRow
            {
                PatientKey = patientKey,
                State = ErasureState.Accepted,
                Revocations = store.SealEntry(Place(patientKey), Write(revocations)),
            }
        );
        var change = await store.Roots.PrepareErasureAsync(row, cancellation);
        row.Root = [];
        var isCommitted = false;
        try
        {
            await LogAsync(context, AuditAction.ErasureStarted, cancellation, change.Root);
            isCommitted = true;
        }
        finally
        {
            store.Roots.Complete(change, isCommitted);
        }
        return true;
    }

    /// <summary>
    /// Does what is left of all erasures. Without a chain, keys and rows go all the same; what the chain must be told waits.
    /// Answers the number of erasures that still wait for the chain.
    /// </summary>
    public async Task<int> ResumeAsync(LedgerChain? chain, Anchoring? anchoring, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var jobs = await context.Set<ErasureRow>().Where(e => e.State != ErasureState.Done).ToListAsync(cancellation);
        foreach (var job in jobs.Where(job => job.State == ErasureState.Accepted))
        {
            store.Custody.Shred(job.PatientKey);
            store.Vault.Forget(job.PatientKey);
            await DeleteAsync(job, cancellation);
        }
        if (jobs.Count > 0)
            await CompactAsync(context, cancellation);
        if (chain is null || anchoring is null)
            return jobs.Count;

        foreach (var job in jobs)
        {
            await RevokeAsync(job, chain, cancellation);
            await anchoring.EnrolAsync(cancellation);
            await anchoring.AnchorRecordsAsync(cancellation);
            job.State = ErasureState.Done;
            job.Revocations = [];
            await LogAsync(context, AuditAction.Erased, cancellation);
        }
        return 0;
    }

    /// <summary>
    /// Grants of erased patients that the chain still has, because no signed revocation could be had before the keys
    /// went (a damaged row). Nothing can be proved with them: the patient is not enrolled and has no records.
    /// </summary>
    public async Task<IReadOnlyList<string>> ExplainStuckAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var leaves = await context
            .Set<GrantRow>()
            .Where(g =>
                !g.IsRevoked
                && context.Set<ErasureRow>().Any(e => e.PatientKey == g.PatientKey && e.State == ErasureState.Done)
            )
            .Select(g => g.Leaf)
            .ToListAsync(cancellation);
        return
        [
            .. leaves.Select(leaf =>
                $"The grant 0x{Convert.ToHexStringLower(leaf)} of an erased patient stays on the chain: its stored row was "
                + "damaged, and its end could not be signed. Nothing can be proved with it any more."
            ),
        ];
    }

    // Everything that was sealed for the patient goes; commitments stay, whose salts are gone with the keys.
    private async Task DeleteAsync(ErasureRow job, CancellationToken cancellation)
    {
        using var turn = await store.WritingAsync(cancellation);
        await using var context = store.CreateDbContext();
        await using var transaction = await context.Database.BeginTransactionAsync(cancellation);
        var patient = job.PatientKey;
        var records = context.Compartments.Where(c => c.PatientKey == patient).Select(c => c.RecordKey);
        await context.Tokens.Where(t => records.Contains(t.RecordKey)).ExecuteDeleteAsync(cancellation);
        await context.Search.Where(s => records.Contains(s.RecordKey)).ExecuteDeleteAsync(cancellation);
        var keys = await records.Distinct().ToListAsync(cancellation);
        foreach (var chunk in keys.Chunk(500))
        {
            await context.Compartments.Where(c => chunk.Contains(c.RecordKey)).ExecuteDeleteAsync(cancellation);
            await context.Records.Where(r => chunk.Contains(r.RecordKey)).ExecuteDeleteAsync(cancellation);
        }
        var segments = context.Segments.Where(s => s.PatientKey == patient).Select(s => s.Id);
        await context.Stanzas.Where(s => segments.Contains(s.SegmentId)).ExecuteDeleteAsync(cancellation);
        await context.Encapsulations.Where(e => segments.Contains(e.SegmentId)).ExecuteDeleteAsync(cancellation);
        await context.Segments.Where(s => s.PatientKey == patient).ExecuteDeleteAsync(cancellation);
        await context
            .Set<GrantRow>()
            .Where(g => g.PatientKey == patient)
            .ExecuteUpdateAsync(set => set.SetProperty(g => g.Capsule, Array.Empty<byte>()), cancellation);
        await context
            .Set<AnalysisRow>()
            .Where(a => a.PatientKey == patient)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.Content, Array.Empty<byte>()), cancellation);
        await context
            .Set<AnalysisRow>()
            .Where(a =>
                a.PatientKey == patient && a.State != AnalysisState.Delivered && a.State != AnalysisState.Denied
            )
            .ExecuteUpdateAsync(
                set => set.SetProperty(a => a.State, AnalysisState.Aborted).SetProperty(a => a.Why, "erased"),
                cancellation
            );
        await context.Set<SealedAuditDetails>().Where(d => d.PatientKey == patient).ExecuteDeleteAsync(cancellation);
        await context.Set<DelegationRow>().Where(d => d.PatientKey == patient).ExecuteDeleteAsync(cancellation);
        await context.Set<ExportRow>().Where(e => e.OwnerKey == patient).ExecuteDeleteAsync(cancellation);
        await context.Set<EmergencyRow>().Where(e => e.PatientKey == patient).ExecuteDeleteAsync(cancellation);
        await context.Set<ConsentStateRow>().Where(c => c.PatientKey == patient).ExecuteDeleteAsync(cancellation);
        await context
            .Patients.Where(p => p.PatientKey == patient)
            .ExecuteUpdateAsync(set => set.SetProperty(p => p.Reference, Array.Empty<byte>()), cancellation);
        await ZeroLeavesAsync(context, patient, cancellation);
        await context
            .Set<ErasureRow>()
            .Where(e => e.PatientKey == patient)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.State, ErasureState.Shredded), cancellation);
        await transaction.CommitAsync(cancellation);
        job.State = ErasureState.Shredded;
    }

    // The next anchor has 0 in the patient's place; the number of positions never shrinks.
    private static async Task ZeroLeavesAsync(LedgerContext context, string patient, CancellationToken cancellation)
    {
        var zero = new byte[Fr.SizeInBytes];
        await context
            .Leaves.Where(l => l.PatientKey == patient)
            .ExecuteUpdateAsync(set => set.SetProperty(l => l.Leaf, zero), cancellation);
        var pending = await Anchors.PendingAsync(context, cancellation);
        var last = await context
            .Leaves.AsNoTracking()
            .Where(l => l.PatientKey == patient)
            .OrderByDescending(l => l.Since)
            .FirstOrDefaultAsync(cancellation);
        if (last is null || last.Since == pending)
            return;
        await context
            .Patients.Where(p => p.PatientKey == patient)
            .ExecuteUpdateAsync(set => set.SetProperty(p => p.Since, pending), cancellation);
        context.Leaves.Add(
            new LeafRow
            {
                PatientKey = patient,
                Position = last.Position,
                Since = pending,
                RecordKey = last.RecordKey,
                Version = last.Version,
                Leaf = zero,
            }
        );
        await context.SaveChangesAsync(cancellation);
    }

    private static async Task CompactAsync(LedgerContext context, CancellationToken cancellation)
    {
        await context.Database.ExecuteSqlRawAsync("VACUUM", cancellation);
        await context.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)", cancellation);
    }

    private async Task RevokeAsync(ErasureRow job, LedgerChain chain, CancellationToken cancellation)
    {
        var opened = store.OpenEntry(Place(job.PatientKey), job.Revocations);
        foreach (var revocation in opened is null ? [] : Read(opened))
        {
            await chain.Follower.RefreshAsync(cancellation);
            var leaf = MedLedger.Consent.Commitments.GrantCommitment.ComputeLeaf(
                revocation.Inner,
                revocation.Controller,
                chain.Deployment.RegistrySignal
            );
            var state = chain.Follower.State.Grant(leaf, out _)?.State ?? LeafState.Unknown;
            if (state is not (LeafState.Unknown or LeafState.Live))
                continue;
            var request = chain.Follower.State.CurrentPath(leaf) is { } path
                ? chain.Consents.RevokeAndApply(revocation, path)
                : chain.Consents.Revoke(revocation);
            await chain.SendAsync(chain.Relayer, request, cancellation);
        }
        await chain.Follower.RefreshAsync(cancellation);
        await using var context = store.CreateDbContext();
        var rows = await context
            .Set<GrantRow>()
            .Where(g => g.PatientKey == job.PatientKey && !g.IsRevoked)
            .ToListAsync(cancellation);
        foreach (var row in rows.Where(row => !IsLive(row, chain)))
            row.IsRevoked = true;
        await context.SaveChangesAsync(cancellation);
    }

    private static bool IsLive(GrantRow row, LedgerChain chain) =>
        Fr.TryParseCanonical(row.Leaf, out var leaf)
        && chain.Follower.State.Grant(leaf, out _)?.State is LeafState.Live;

    private Task<long> LogAsync(
        LedgerContext context,
        AuditAction action,
        CancellationToken cancellation,
        Bytes32 root = default
    ) =>
        audit.AppendAsync(
            context,
            [
                new AuditEvent
                {
                    Action = action,
                    Root = root,
                    PatientKey = store.Vault.OrganizationKey,
                    Agent = "operator",
                },
            ],
            () => context.SaveChangesAsync(cancellation),
            cancellation
        );

    private static string Place(string patientKey) => "erasure/" + patientKey;

    private static byte[] Write(IEnumerable<SignedRevocation> revocations) =>
        JsonSerializer.SerializeToUtf8Bytes(
            revocations.Select(r => new Stored(
                r.Inner.ToBytes(),
                r.Controller.ToBytes(),
                r.Deadline.ToByteArray(isUnsigned: true, isBigEndian: true),
                r.Signature.ToArray()
            ))
        );

    private static IEnumerable<SignedRevocation> Read(byte[] json)
    {
        foreach (var one in JsonSerializer.Deserialize<List<Stored>>(json) ?? [])
        {
            if (!Fr.TryParseCanonical(one.Inner, out var inner))
                throw new InvalidDataException("A saved revocation is damaged.");
            yield return new SignedRevocation(
                inner,
                new EthereumAddress(one.Controller),
                new BigInteger(one.Deadline, isUnsigned: true, isBigEndian: true),
                one.Signature
            );
        }
    }

    private sealed record Stored(byte[] Inner, byte[] Controller, byte[] Deadline, byte[] Signature);
}
