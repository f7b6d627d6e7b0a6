using MedLedger.Api.Jobs;
using MedLedger.Api.Keys;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Log;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// The patient's signatures under grants and their ends: each durable with its log entry and the readers' stanzas, before
/// anything is sent to the chain.
/// </summary>
internal sealed class GrantSigner(Store store, LedgerChain chain, GranteeDirectory grantees, AuditTrail audit)
{
    /// <summary>Signs ends: they deny from here on, before any block knows, and readers lose their stanzas.</summary>
    public async Task SignRevocationsAsync(
        string patientKey,
        string patient,
        GrantPlan plan,
        IReadOnlyList<GrantRow> unreadable,
        CancellationToken cancellation
    )
    {
        await using var context = store.CreateDbContext();
        var leaves = plan
            .Revocations.Select(grant => grant.Leaf.ToBytes())
            .Concat(unreadable.Select(row => row.Leaf))
            .ToList();
        var rows = await context.Set<GrantRow>().Where(g => leaves.Contains(g.Leaf)).ToListAsync(cancellation);
        rows.ForEach(row => row.IsRevocationSigned = true);
        List<Grant> kept = [.. plan.Kept.Select(grant => grant.Grant)];
        using var turn = await store.WritingAsync(cancellation); // what is written after it is under the new epoch
        await GrantReaders.KeepAsync(context, store.Vault, patientKey, kept, cancellation);
        var events = rows.Select(row => Event(AuditAction.Revoked, patientKey, patient, row.Leaf)).ToList();
        await audit.AppendAsync(context, events, () => context.SaveChangesAsync(cancellation), cancellation);
    }

    /// <summary>Signs new grants; their readers get stanzas in every epoch that is there.</summary>
    /// <exception cref="InvalidDataException">The patient's keys cannot be had.</exception>
    public async Task SignGrantsAsync(string patientKey, string patient, GrantPlan plan, CancellationToken cancellation)
    {
        if (plan.Grants.Count == 0)
            return;
        using var patientSide =
            PatientSigner.Open(store.Vault, patientKey)
            ?? throw new InvalidDataException("A patient's keys cannot be had.");
        var terms = Digest248.FromSha256(plan.Compiled!.TermsDigest.Span);
        await using var context = store.CreateDbContext();
        var events = new List<AuditEvent>();
        var index = await context.Set<GrantRow>().CountAsync(g => g.PatientKey == patientKey, cancellation);
        foreach (var grant in plan.Grants)
        {
            while (await IsTakenAsync(context, patientSide, index, cancellation))
                index++;
            var capsule = patientSide.SignGrant(
                patientSide.GrantId(index++),
                grant,
                await grantees.CommitmentOfAsync(grant.Grantee, cancellation),
                terms,
                chain.Deployment.ChainId,
                chain.Deployment.ConsentRegistry
            );
            var commitment = capsule.Commitment;
            var leaf = commitment.Leaf.ToBytes();
            events.Add(Event(AuditAction.Granted, patientKey, patient, leaf));
            context.Add(
                new GrantRow
                {
                    GrantId = capsule.GrantId,
                    PatientKey = patientKey,
                    GranteeKey = store.Vault.RecordKey(grant.Grantee),
                    Leaf = leaf,
                    Inner = commitment.Inner.ToBytes(),
                    Capsule = capsule.Seal(store.Vault, patientKey)!.Content,
                }
            );
        }
        using var turn = await store.WritingAsync(cancellation); // segments come and go while records are written
        await GrantReaders.AddAsync(context, store.Vault, patientKey, plan.Grants, cancellation);
        await audit.AppendAsync(context, events, () => context.SaveChangesAsync(cancellation), cancellation);
    }

    // After a restored backup the chain knows names that the rows do not: a name that was used once is never used again.
    private async Task<bool> IsTakenAsync(
        LedgerContext context,
        PatientSigner patientSide,
        int index,
        CancellationToken cancellation
    )
    {
        var id = patientSide.GrantId(index);
        return chain.Follower.State.Analysis(patientSide.NullifierOf(id, 0)) is not null
            || await context.Set<GrantRow>().AnyAsync(g => g.GrantId == id, cancellation);
    }

    private static AuditEvent Event(AuditAction action, string patientKey, string patient, byte[] leaf) =>
        new()
        {
            Action = action,
            Subject = new Bytes32(leaf),
            PatientKey = patientKey,
            Agent = patient,
            Patient = patient,
        };
}
