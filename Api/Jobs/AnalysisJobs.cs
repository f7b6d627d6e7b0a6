using System.Diagnostics;
using System.Security.Cryptography;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Log;
using MedLedger.Consent.Statements;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Jobs;

/// <summary>
/// The steps of an analysis (PROTOCOL, section 6): decide, reserve, analyse, prove, publish, deliver. Each step is made
/// durable before the next and looks first at what is there, so that a crash anywhere is continued, never repeated.
/// </summary>
internal sealed partial class AnalysisJobs(OpenLedger ledger) : IDisposable
{
    /// <summary>The problem of a request about a patient who is not there.</summary>
    public const string NoSuchPatient = "no such patient";

    private const string Use = "use";
    private readonly SemaphoreSlim _deciding = new(1);
    private static readonly TimeSpan LongestRequest = TimeSpan.FromDays(7);
    private Store Store => ledger.Store;

    /// <summary>Told of each step; for people who watch.</summary>
    public Action<string>? Progress { get; set; }

    /// <summary>
    /// Takes a signed request. The same request again is the same job. Null with the problem when it is not one that can
    /// be decided: form, signature, deployment, time, purpose, model.
    /// </summary>
    public async Task<(string? Id, string? Problem)> AcceptAsync(string compact, CancellationToken cancellation)
    {
        // The key is looked up by what the request claims, before the signature that proves the claim is checked.
        var grantee = SignedRequest.ClaimedGrantee(compact);
        var key = grantee is null ? null : await ledger.Grantees.PublicKeyOfAsync(grantee, cancellation);
        if (SignedRequest.TryOpen(compact, _ => key) is not { } request)
            return (null, "the request is not signed by a known grantee");
        if (Problem(request.Claims) is { } problem)
            return (null, problem);

        await using var context = Store.CreateDbContext();
        var requestId = request.RequestId.ToBytes();
        var known = await context.Set<AnalysisRow>().SingleOrDefaultAsync(a => a.RequestId == requestId, cancellation);
        if (known is not null)
            return (known.Id, null);
        if (await context.Patients.FindAsync([request.Claims.PatientKey], cancellation) is null)
            return (null, NoSuchPatient);
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var content = new AnalysisContent { Request = compact, Actors = [request.Claims.Grantee] };
        context.Add(
            new AnalysisRow
            {
                Id = id,
                RequestId = requestId,
                PatientKey = request.Claims.PatientKey,
                State = AnalysisState.Accepted,
                Content = content.Seal(Store.Custody, id),
                Created = Store.Time.GetUtcNow().ToUnixTimeSeconds(),
            }
        );
        await context.SaveChangesAsync(cancellation);
        return (id, null);
    }

    /// <inheritdoc/>
    public void Dispose() => _deciding.Dispose();

    /// <summary>Decides on an accepted job, where that was not done yet: whether it has not been denied.</summary>
    public async Task<bool> IsPermittedAsync(string id, CancellationToken cancellation)
    {
        var job = await LoadAsync(id, cancellation);
        if (job.Row.State == AnalysisState.Accepted)
            await DecideAsync(job, cancellation);
        return job.Row.State != AnalysisState.Denied;
    }

    /// <summary>Runs a job from where it stands to its end; answers the row and its content.</summary>
    public async Task<(AnalysisRow Row, AnalysisContent Content)> RunAsync(string id, CancellationToken cancellation)
    {
        IReadOnlyList<StatementRecord>? records = null;
        while (true)
        {
            var job = await LoadAsync(id, cancellation);
            Progress?.Invoke(job.Row.State.ToString());
            switch (job.Row.State)
            {
                case AnalysisState.Accepted:
                    await DecideAsync(job, cancellation);
                    break;
                case AnalysisState.Permitted:
                    await ReserveAsync(job, cancellation);
                    break;
                case AnalysisState.Reserved:
                    records = await AnalyseAsync(job, cancellation);
                    break;
                case AnalysisState.Analysed:
                    await ProveAsync(job, records, cancellation);
                    break;
                case AnalysisState.Proven:
                    await PublishAsync(job, cancellation);
                    break;
                case AnalysisState.Published:
                    await DeliverAsync(job, cancellation);
                    break;
                default:
                    return (job.Row, job.Content);
            }
        }
    }

    /// <summary>Runs every job that has not ended.</summary>
    public async Task ResumeAsync(CancellationToken cancellation)
    {
        await using var context = Store.CreateDbContext();
        var open = await context
            .Set<AnalysisRow>()
            .Where(a =>
                a.State != AnalysisState.Denied
                && a.State != AnalysisState.Delivered
                && a.State != AnalysisState.Aborted
            )
            .OrderBy(a => a.Created)
            .Select(a => a.Id)
            .ToListAsync(cancellation);
        foreach (var id in open)
            await RunAsync(id, cancellation);
    }

    private string? Problem(AnalysisRequestClaims claims)
    {
        var now = Store.Time.GetUtcNow();
        if (claims.Deployment != Store.Folder.Id)
            return "the request is for another deployment";
        if (claims.Expires <= now.ToUnixTimeSeconds())
            return "the request has expired";
        if (claims.Expires > (now + LongestRequest).ToUnixTimeSeconds())
            return "the request is valid for too long";
        if (claims.Nonce.Length != 32 || !claims.Nonce.All(char.IsAsciiHexDigitLower))
            return "the request's nonce has not 128 bits";
        if (claims.Action != Use)
            return "an analysis is a use";
        if (Vocabulary.PurposeBit(claims.Purpose) is null)
            return "the purpose of use is not known";
        if (claims.Model != ledger.Pipeline.ModelSha256)
            return "the model is not the one that runs here";
        return claims.Types.FirstOrDefault(type => Vocabulary.TypeBit(type) is null) is null
            ? null
            : "a resource type is not known";
    }

    /// <summary>Step 1: the gate decides for each record; a permit takes a use of the grant, together with the log entry.</summary>
    private async Task DecideAsync(Job job, CancellationToken cancellation)
    {
        // One after the other: a use of a grant is taken once.
        await _deciding.WaitAsync(cancellation);
        try
        {
            await DecideAloneAsync(job, cancellation);
        }
        finally
        {
            _deciding.Release();
        }
    }

    private async Task DecideAloneAsync(Job job, CancellationToken cancellation)
    {
        await using var context = Store.CreateDbContext();
        context.Attach(job.Row);
        var decided = await DecideRecordsAsync(context, job, job.Candidates, cancellation);
        if (decided.Grant is not { } grant)
        {
            job.Row.State = AnalysisState.Denied;
            job.Row.Why = Word(decided.Reason);
            var refused = Event(job, AuditAction.AnalysisRequested) with
            {
                Decision = AuditDecision.Refused,
                Reason = decided.Reason,
            };
            await ledger.Audit.AppendAsync(
                context,
                [refused],
                () => context.SaveChangesAsync(cancellation),
                cancellation
            );
            return;
        }

        var used = await context
            .Set<AnalysisRow>()
            .Where(a => a.GrantId == grant.Capsule.GrantId)
            .MaxAsync(a => a.Slot, cancellation);
        job.Row.GrantId = grant.Capsule.GrantId;
        job.Row.Slot = (used ?? -1) + 1;
        job.Row.State = AnalysisState.Permitted;
        var most = Shape.MaxParts * ResultCommitment.RecordsPerProof;
        var records = decided.Permitted.Take(most).Select(p => p.Place).ToList();
        var nullifier = grant.Capsule.Opening.NullifierOf(job.Row.Slot.Value);
        var permitted = Event(job, AuditAction.AnalysisRequested) with
        {
            Decision = AuditDecision.Permitted,
            Basis = PermitBasis.Consent,
            Subject = new Bytes32(nullifier.ToBytes()),
            Note = $"{records.Count} records",
        };
        await ledger.Audit.AppendAsync(
            context,
            [permitted],
            entry =>
            {
                Keep(job, job.Content with { Records = records, PermittedEntry = entry });
                return context.SaveChangesAsync(cancellation);
            },
            cancellation
        );
    }

    /// <summary>Step 2: record tree and enrolment stand on the chain, then the use is reserved.</summary>
    private async Task ReserveAsync(Job job, CancellationToken cancellation)
    {
        ledger.Prover.Prepare(); // while the chain and the model take their time
        await using var context = Store.CreateDbContext();
        context.Attach(job.Row);
        var anchor = await ledger.Anchoring.AnchorRecordsAsync(cancellation);
        await ledger.Anchoring.EnrolAsync(cancellation);
        await ledger.Anchoring.ApplyRevocationsAsync(cancellation);
        if (await GrantAsync(context, job, cancellation) is not { } grant)
        {
            await AbortAsync(context, job, "revoked", cancellation);
            return;
        }
        var enrolled = (await RecordTrees.AtAsync(context, anchor, patientKey: null, cancellation)).Enrolled;
        var nullifier = grant.Opening.NullifierOf(job.Row.Slot!.Value);
        var reserved = ledger.Chain.Follower.State.Analysis(nullifier);
        StoredTransaction reservation;
        if (reserved is not null && reserved.Status != Consent.Chain.Contracts.LedgerStatus.Reserved)
        {
            await AbortAsync(context, job, "use-taken", cancellation);
            return;
        }
        if (reserved is not null && ledger.Chain.Follower.State.StatusOf(reserved) == reserved.Status)
        {
            reservation = new(reserved.Transaction.ToString(), (long)reserved.Block, (long)reserved.ReservedAt);
        }
        else
        {
            var request = RequestOf(job, grant);
            var mined = await ledger.Chain.SendAsync(
                ledger.Chain.Relayer,
                ledger.Chain.Ledger.Reserve(nullifier, request),
                cancellation
            );
            reservation = new(mined.Receipt.Hash.ToString(), (long)mined.Block.Number, (long)mined.Block.Time);
        }
        job.Row.State = AnalysisState.Reserved;
        Keep(job, job.Content with { Anchor = anchor, Enrolled = enrolled, Reservation = reservation });
        await context.SaveChangesAsync(cancellation);
    }

    /// <summary>
    /// Step 3: decided again with the chain as it is now, opened, analysed, decided once more, sealed. A revocation
    /// meanwhile ends the job; nothing leaves.
    /// </summary>
    private async Task<IReadOnlyList<StatementRecord>?> AnalyseAsync(Job job, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        await using var writer = await RecordWriter.BeginAsync(Store, cancellation);
        var context = writer.Context;
        var opened = await OpenAsync(context, job, cancellation);
        if (opened.Count == 0)
        {
            await AbortAsync(job, "revoked", cancellation);
            return null;
        }
        try
        {
            var patient = ledger.Store.Vault.OpenReference(
                job.Row.PatientKey,
                (await context.Patients.FindAsync([job.Row.PatientKey], cancellation))!.Reference
            )!;
            var analyses = opened.Select(one => ledger.Pipeline.Run(one.Record, cancellation)).ToList();
            if (await GrantAsync(context, job, cancellation) is null)
            {
                await AbortAsync(job, "revoked", cancellation);
                return null;
            }
            var report = AnalysisReport.Build(
                AnalysisReport.Prefix + job.Row.Id,
                patient,
                job.Request.Claims.Grantee,
                analyses,
                opened.SelectMany(one => one.Record.Facts.Labels),
                Store.Time.GetUtcNow()
            );
            using var json = System.Text.Json.JsonDocument.Parse(report.ToJsonString());
            var record = PreparedRecord.Prepare(
                Fhir.ResourceText.Canonical(json.RootElement),
                SensitivityRules.BuiltIn
            );
            var (outcome, reason) = await writer.WriteAsync(record, [job.Row.PatientKey], cancellation);
            if (outcome == WriteOutcome.Rejected)
                throw new InvalidOperationException("The report cannot be stored: " + reason);

            job.Row.State = AnalysisState.Analysed;
            Keep(
                job,
                job.Content with
                {
                    Records = [.. opened.Select(one => one.Place)],
                    Report = record.Reference,
                    Deidentified = opened.All(one => Handling.DemandsDeidentification(one.Record.Obligations)),
                    Findings = analyses.Sum(a => a.Passages.Sum(p => p.Document.Findings.Count)),
                    ResultDigest = Digest248.Of(record.Content.Span).ToString(),
                    ResultSalt = Digest248.Random().ToString(),
                    Times = job.Content.Times with { Analysis = watch.ElapsedMilliseconds },
                }
            );
            context.Update(job.Row);
            var written = Event(job, AuditAction.Written) with { Entities = [record.Reference] };
            await writer.CommitAsync(ledger.Audit, [written], cancellation);
            return [.. opened.Select(one => one.Record.ToStatementRecord(one.Tree))];
        }
        finally
        {
            foreach (var one in opened)
                one.Record.Dispose();
        }
    }

    private static Fr Element(string? number) =>
        number is not null && Fr.TryParseDecimal(number, out var value)
            ? value
            : throw new InvalidDataException("A job lacks a field element; its row is damaged.");

    private static string Word(DenyReason reason) =>
        System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(reason.ToString());
}
