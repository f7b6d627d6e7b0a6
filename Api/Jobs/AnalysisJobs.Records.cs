using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Log;
using MedLedger.Consent.Statements;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Jobs;

/// <summary>Which records an analysis may open, asked anew each time it matters.</summary>
internal sealed partial class AnalysisJobs
{
    private sealed class Job(AnalysisRow row, AnalysisContent content, SignedRequest request)
    {
        public AnalysisRow Row { get; } = row;

        public AnalysisContent Content { get; set; } = content;

        public SignedRequest Request { get; } = request;

        /// <summary>Null before the first decision: then all records of the patient are candidates.</summary>
        public IReadOnlySet<string>? Candidates =>
            Content.Records.Count == 0
                ? null
                : Content.Records.Select(r => r.RecordKey).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>A record that the gate permits, with its place and permits.</summary>
    private sealed record PermittedRecord(
        AnalysisRecord Place,
        StoredRecord Stored,
        IReadOnlyList<AccessDecision.Permit> Permits
    );

    private sealed record Decided(IssuedGrant? Grant, DenyReason Reason, IReadOnlyList<PermittedRecord> Permitted);

    /// <summary>A record in clear with its place in the anchored tree.</summary>
    private sealed record OpenedPlace(AnalysisRecord Place, TreePlace Tree, OpenedRecord Record);

    private async Task<Job> LoadAsync(string id, CancellationToken cancellation)
    {
        await using var context = Store.CreateDbContext();
        var row = await context.Set<AnalysisRow>().AsNoTracking().SingleAsync(a => a.Id == id, cancellation);
        var content =
            AnalysisContent.Open(Store.Custody, id, row.Content)
            ?? throw new InvalidDataException("The row of an analysis is damaged.");
        var grantee = SignedRequest.ClaimedGrantee(content.Request);
        var key = grantee is null ? null : await ledger.Grantees.PublicKeyOfAsync(grantee, cancellation);
        var request =
            SignedRequest.TryOpen(content.Request, _ => key)
            ?? throw new InvalidDataException("The stored request of an analysis is damaged.");
        return new Job(row, content, request);
    }

    private void Keep(Job job, AnalysisContent content)
    {
        job.Content = content;
        job.Row.Content = content.Seal(Store.Custody, job.Row.Id);
    }

    private static AuditEvent Event(Job job, AuditAction action) =>
        new()
        {
            Action = action,
            PatientKey = job.Row.PatientKey,
            Agent = job.Request.Claims.Grantee,
            Purpose = job.Request.Claims.Purpose,
            Interaction = Use,
        };

    private Fr RequestOf(Job job, GrantCapsule capsule)
    {
        var opening = capsule.Opening;
        return RequestCommitment.Compute(
            opening.Grantee,
            Vocabulary.PurposeBit(job.Request.Claims.Purpose)!.Value,
            Vocabulary.ActionBit(Use)!.Value,
            ModelLeaf.Compute(ModelDigest, OpenLedger.ModelClass),
            job.Request.RequestId,
            opening.GrantSecret,
            job.Row.Slot!.Value
        );
    }

    private Fr ModelDigest => Digest248.FromSha256(ledger.Pipeline.ModelDigest.Span);

    /// <summary>The job's grant when it stands on the chain at this moment; null when it has ended.</summary>
    private async Task<GrantCapsule?> GrantAsync(LedgerContext context, Job job, CancellationToken cancellation)
    {
        var view = await ledger.Chain.RequireViewAsync(cancellation);
        var grants = await ledger.Issuer.GrantsAsync(context, job.Row.PatientKey, cancellation);
        var grant = grants.FirstOrDefault(g => g.Capsule.GrantId == job.Row.GrantId);
        return grant?.Committed.State == GrantState.Active && grant.Capsule.Grant.HoldsAt(view.Time.ToUnixTimeSeconds())
            ? grant.Capsule
            : null;
    }

    /// <summary>
    /// Asks the gate for each record of the patient (or of the given ones). One use is one grant: of several grants, the
    /// one that covers most records is taken.
    /// </summary>
    private async Task<Decided> DecideRecordsAsync(
        LedgerContext context,
        Job job,
        IReadOnlySet<string>? only,
        CancellationToken cancellation
    )
    {
        var patientKey = job.Row.PatientKey;
        var view = await ledger.Chain.ViewAsync(cancellation);
        var keys = await CandidatesAsync(context, job, only, cancellation);
        var positions = (
            await context.Leaves.AsNoTracking().Where(l => l.PatientKey == patientKey).ToListAsync(cancellation)
        )
            .GroupBy(l => l.RecordKey, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First().Position, StringComparer.Ordinal);
        var stored = new List<StoredRecord>();
        await foreach (var one in RecordReader.LoadAsync(context, keys, cancellation))
            stored.Add(one);
        var owners = stored.SelectMany(s => s.Record.Compartments.Select(c => c.PatientKey)).Append(patientKey);
        var states = await ledger.States.LoadAsync(context, owners, cancellation);
        var grants = await ledger.Issuer.GrantsAsync(context, patientKey, cancellation);
        var request = new AccessRequest
        {
            Patient = states.GetValueOrDefault(patientKey)?.Patient ?? "",
            Actors = job.Content.Actors,
            Purpose = job.Request.Claims.Purpose,
            Action = Use,
            Time = Requests.Moment(Store.Time.GetUtcNow()),
        };

        var (permitted, reasons) = Permitted(job, stored, positions, request, states, view);
        var chosen = (Grant: (IssuedGrant?)null, Records: (IReadOnlyList<PermittedRecord>)[]);
        var own = grants.Where(g => request.Actors.Contains(g.Committed.Grant.Grantee, StringComparer.Ordinal));
        foreach (var grant in permitted.Count == 0 && job.Row.GrantId is null ? [] : own)
        {
            // a job that has its use of a grant goes on with that one, also when it was the last use
            var isOwn = grant.Capsule.GrantId == job.Row.GrantId;
            if (job.Row.GrantId is not null && !isOwn)
                continue;
            var alone = grant.Committed with { UsesLeft = grant.Committed.UsesLeft + (isOwn ? 1 : 0) };
            var state = states[patientKey] with { Grants = [alone] };
            var narrowed = new Dictionary<string, PatientState>(states, StringComparer.Ordinal)
            {
                [patientKey] = state,
            };
            var (covered, _) = Permitted(job, stored, positions, request, narrowed, view);
            if (covered.Count > chosen.Records.Count)
                chosen = (grant, [.. covered.Select(p => p.Record).OrderBy(record => record.Place.Position)]);
        }
        return chosen.Grant is null
            ? new Decided(null, await ReasonAsync(context, job, reasons, cancellation), [])
            : new Decided(chosen.Grant, default, chosen.Records);
    }

    private (List<(Fr Leaf, PermittedRecord Record)> Permitted, List<DenyReason> Reasons) Permitted(
        Job job,
        List<StoredRecord> stored,
        Dictionary<string, int> positions,
        AccessRequest request,
        IReadOnlyDictionary<string, PatientState> states,
        ChainView? view
    )
    {
        var permitted = new List<(Fr Leaf, PermittedRecord Record)>();
        var reasons = new List<DenyReason>();
        foreach (var one in stored)
        {
            var decisions = ledger.Gate.Decide(request, one.Record, states, view);
            var permits = decisions.Select(d => d.Decision).OfType<AccessDecision.Permit>().ToList();
            if (decisions[^1].Decision is AccessDecision.Deny deny)
                reasons.Add(deny.Reason);
            else if (
                permits.FindIndex(p => p.PatientKey == job.Row.PatientKey) is >= 0 and var own
                && decisions[own].Grant is { } grant
            )
            {
                // the permit of the analysed patient first: its leaf is the one that is proven
                permits = [permits[own], .. permits.Where((_, i) => i != own)];
                var place = new AnalysisRecord(
                    one.Record.RecordKey,
                    one.Record.Version,
                    positions[one.Record.RecordKey]
                );
                permitted.Add((grant.Leaf, new PermittedRecord(place, one, permits)));
            }
        }
        return (permitted, reasons);
    }

    /// <summary>Opens what is still permitted, unchanged since the anchor, and not opened before in another version.</summary>
    private async Task<IReadOnlyList<OpenedPlace>> OpenAsync(
        LedgerContext context,
        Job job,
        CancellationToken cancellation
    )
    {
        await ledger.Chain.RequireViewAsync(cancellation); // a chain out of reach is no revocation: the job waits
        var decided = await DecideRecordsAsync(context, job, job.Candidates, cancellation);
        if (decided.Grant?.Capsule.GrantId != job.Row.GrantId)
            return [];
        var trees = await RecordTrees.AtAsync(context, job.Content.Anchor, job.Row.PatientKey, cancellation);
        var patientKey = job.Row.PatientKey;
        var opened = new List<OpenedPlace>();
        var left = new Dictionary<string, string>(StringComparer.Ordinal);
        using var session = Store.Vault.BeginOpening();
        foreach (var one in decided.Permitted)
        {
            var leaf = one.Stored.Leaves.GetValueOrDefault(patientKey);
            if (trees.Leaf(one.Place.Position) != leaf)
            {
                left.Add(one.Place.RecordKey, "not-yet-anchored");
                continue;
            }
            var record = session.Open(one.Permits, one.Stored.Record, one.Stored.Keys, one.Stored.Leaves);
            if (record is null)
                left.Add(one.Place.RecordKey, "cannot-be-opened");
            else
                opened.Add(new OpenedPlace(one.Place, trees.Record(one.Place.Position), record));
        }
        Keep(job, job.Content with { NotOpened = left });
        return opened;
    }

    /// <summary>The patient's records without earlier reports of analyses, of the types that the request names.</summary>
    private async Task<IReadOnlyList<string>> CandidatesAsync(
        LedgerContext context,
        Job job,
        IReadOnlySet<string>? only,
        CancellationToken cancellation
    )
    {
        var patientKey = job.Row.PatientKey;
        var keys = await RecordReader.KeysOfAsync(context, patientKey, cancellation);
        if (only is not null)
            return [.. keys.Where(only.Contains)];
        var jobs = await context
            .Set<AnalysisRow>()
            .AsNoTracking()
            .Where(a => a.PatientKey == patientKey)
            .Select(a => a.Id)
            .ToListAsync(cancellation);
        var reports = jobs.Select(id => Store.Vault.RecordKey($"DiagnosticReport/{AnalysisReport.Prefix}{id}"))
            .ToHashSet(StringComparer.Ordinal);
        var candidates = keys.Where(key => !reports.Contains(key));
        if (job.Request.Claims.Types.Count == 0)
            return [.. candidates];

        using var index = Store.Vault.OpenIndex(patientKey);
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        if (index is null)
            return [];
        foreach (var type in job.Request.Claims.Types)
        {
            var token = index.Token("", "_type", type);
            wanted.UnionWith(await RecordReader.KeysByTokenAsync(context, token, cancellation));
        }
        return [.. candidates.Where(wanted.Contains)];
    }

    /// <summary>The reason that tells most; a grant that the patient has ended is named as such.</summary>
    private async Task<DenyReason> ReasonAsync(
        LedgerContext context,
        Job job,
        List<DenyReason> reasons,
        CancellationToken cancellation
    )
    {
        var reason = reasons.Count == 0 ? DenyReason.NoConsent : reasons.GroupBy(r => r).MaxBy(g => g.Count())!.Key;
        if (reason is not (DenyReason.NoConsent or DenyReason.NoGrant))
            return reason;
        var grantee = Store.Vault.RecordKey(job.Request.Claims.Grantee);
        var ended = await context
            .Set<GrantRow>()
            .AnyAsync(
                g => g.PatientKey == job.Row.PatientKey && g.GranteeKey == grantee && g.IsRevocationSigned,
                cancellation
            );
        return ended ? DenyReason.Revoked : reason;
    }

    private async Task AbortAsync(Job job, string why, CancellationToken cancellation)
    {
        await using var context = Store.CreateDbContext();
        context.Attach(job.Row);
        await AbortAsync(context, job, why, cancellation);
    }

    /// <summary>Ends a job without a result: nothing was released, and log and patient are told.</summary>
    private async Task AbortAsync(LedgerContext context, Job job, string why, CancellationToken cancellation)
    {
        job.Row.State = AnalysisState.Aborted;
        job.Row.Why = why;
        context.Update(job.Row);
        // The subject is that of the permit: the grant that it follows from may be gone.
        var permit = job.Content.PermittedEntry is { } index
            ? await context.Set<LogEntryRow>().FindAsync([index], cancellation)
            : null;
        var aborted = Event(job, AuditAction.AnalysisAborted) with
        {
            Note = why,
            Subject = AuditEntry.TryDecode(permit?.Entry, out var entry) ? entry.Subject : default,
        };
        await ledger.Audit.AppendAsync(context, [aborted], () => context.SaveChangesAsync(cancellation), cancellation);
    }
}
