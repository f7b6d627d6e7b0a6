using System.Security.Cryptography;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;
using MedLedger.Consent.Statements;

namespace MedLedger.Api.Http;

/// <summary>What a clinician asks for: a patient, and optionally resource types; or a request signed elsewhere.</summary>
internal sealed record AnalysisBody(string? Patient, IReadOnlyList<string>? Types, string? Request);

/// <summary>Analyses over HTTP: accepted with 202, polled, read through the gate; evidence for everybody who verifies.</summary>
internal static class AnalysisApi
{
    private const int LongestId = 64;

    /// <summary>Maps the routes.</summary>
    public static void MapAnalyses(this WebApplication app, OpenLedger ledger)
    {
        app.MapPost(
            "/analyses",
            (AnalysisBody body, HttpRequest http, AnalysisQueue queue, CancellationToken ct) =>
                RequestAsync(body, http, ledger, queue, ct)
        );
        app.MapGet(
            "/analyses/{id}",
            (string id, HttpRequest http, CancellationToken ct) => StateAsync(id, http, ledger, ct)
        );
        app.MapGet(
            "/analyses/{id}/report",
            (string id, HttpRequest http, CancellationToken ct) => ReportAsync(id, http, ledger, ct)
        );
        app.MapGet(
            "/analyses/{id}/evidence",
            (string id, HttpRequest http, CancellationToken ct) => EvidenceAsync(id, http, ledger, ct)
        );
    }

    private static async Task<IResult> RequestAsync(
        AnalysisBody body,
        HttpRequest http,
        OpenLedger ledger,
        AnalysisQueue queue,
        CancellationToken cancellation
    )
    {
        if (LedgerApi.CallerOf(http) is not { } caller)
            return Outcomes.Login;
        var (id, problem) = await StartAsync(body, caller, ledger, queue, cancellation);
        return id is null
            ? problem!
            : Results.Accepted($"/analyses/{id}", new { id, state = nameof(AnalysisState.Accepted) });
    }

    /// <summary>
    /// Starts an analysis that the gate permits. What it does not permit looks like a patient who is not there; the
    /// patient's log has the refusal.
    /// </summary>
    /// <returns>The job, or what to answer.</returns>
    public static async Task<(string? Id, IResult? Problem)> StartAsync(
        AnalysisBody body,
        Caller caller,
        OpenLedger ledger,
        AnalysisQueue queue,
        CancellationToken cancellation
    )
    {
        if (caller.User.Role != Role.Clinician)
            return (null, Outcomes.Forbidden);
        var compact = body.Request;
        if (compact is null)
        {
            if (body.Patient is null)
                return (null, Outcomes.Unprocessable("a patient or a signed request is needed"));
            if (body.Types?.Any(type => type is null) == true)
                return (null, Outcomes.Unprocessable("types are names of resource types"));
            compact = await SignAsync(body.Patient, body.Types ?? [], caller, ledger, cancellation);
        }
        // For whom, for what and about whom it asks has to be what the token is for, whoever signed it.
        if (
            SignedRequest.Claimed(compact) is not { } asked
            || asked.Grantee != caller.User.Reference
            || asked.Purpose != caller.Purpose
            || !MayAsk(caller, asked, ledger)
        )
            return (null, Outcomes.Forbidden);
        var (id, problem) = await ledger.Analyses.AcceptAsync(compact, cancellation);
        if (problem == AnalysisJobs.NoSuchPatient)
        {
            var absent = Read(ledger.Store.Vault.OrganizationKey, caller, "analysis", "unknown") with
            {
                Action = AuditAction.AnalysisRequested,
                Decision = AuditDecision.Refused,
                Reason = DenyReason.NoConsent,
            };
            await ledger.Audit.AppendAsync([absent], cancellation);
            return (null, Outcomes.NotFound);
        }
        if (id is null)
            return (null, Outcomes.Unprocessable(problem!));
        if (!await ledger.Analyses.IsPermittedAsync(id, cancellation))
            return (null, Outcomes.NotFound);
        return queue.TryAdd(id) ? (id, null) : (null, Outcomes.Throttled);
    }

    // Every type that is to be looked at, all of them where none is named, for a patient whom the scopes cover.
    private static bool MayAsk(Caller caller, AnalysisRequestClaims asked, OpenLedger ledger)
    {
        var context = caller.PatientContext is { } patient ? ledger.Store.Vault.PatientKey(patient) : null;
        return (asked.Types is { Count: > 0 } types ? types : ["*"]).All(type =>
            caller
                .Within(ScopePermissions.Read)
                .Any(s => (s.Type == "*" || s.Type == type) && (s.Patient is null || asked.PatientKey == context))
        );
    }

    private static async Task<IResult> StateAsync(
        string id,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        var (problem, row, content, caller) = await FindAsync(id, http, ledger, cancellation);
        if (problem is not null)
            return problem;
        // Until it has ended, how far it is says nothing of the patient; then the answer tells what was found.
        if (row!.State is not (AnalysisState.Delivered or AnalysisState.Denied or AnalysisState.Aborted))
            return Results.Ok(new { id, state = row.State.ToString() });
        await ledger.Audit.AppendAsync([Read(row.PatientKey, caller!, "analysis", id)], cancellation);
        return Results.Ok(
            new
            {
                id,
                state = row.State.ToString(),
                why = row.Why,
                records = content!.Records.Count,
                findings = content.Findings,
                proofs = content.Proofs.Count,
                transaction = content.Publication?.Hash,
                verifiedOnChain = content.VerifiedOnChain,
            }
        );
    }

    private static async Task<IResult> ReportAsync(
        string id,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        var (problem, row, content, caller) = await FindAsync(id, http, ledger, cancellation);
        if (problem is not null)
            return problem;
        if (
            caller!.User.Role != Role.Clinician
            || content!.Report is not { } report
            || row!.State != AnalysisState.Delivered
        )
            return Outcomes.NotFound;

        await using var context = ledger.Store.CreateDbContext();
        var key = ledger.Store.Vault.RecordKey(report);
        var stored = await RecordReader.LoadAsync(context, [key], cancellation).FirstOrDefaultAsync(cancellation);
        if (stored is null)
            return Outcomes.NotFound;
        var states = await ledger.States.LoadAsync(context, [row.PatientKey], cancellation);
        var request = new AccessRequest
        {
            Patient = states.GetValueOrDefault(row.PatientKey)?.Patient ?? "",
            Actors = caller.Actors,
            Purpose = caller.Purpose,
            // Where only de-identified text may leave, consent permits the use and what it gives, never a record.
            Action = content.Deidentified ? "use" : "access",
            Time = Requests.Moment(ledger.Store.Time.GetUtcNow()),
            Scopes = caller.Within(ScopePermissions.Read),
        };
        var view = await ledger.Chain.ViewAsync(cancellation);
        var refused = DenyReason.KeysUnavailable;
        using var opened = new RecordOpener(ledger.Store.Vault, ledger.Gate)
            .Open([stored], request, states, view, (_, reason) => refused = reason)
            .FirstOrDefault();
        // The entry is committed before the body leaves, for permits and refusals alike.
        await ledger.Audit.AppendAsync(
            [
                new AuditEvent
                {
                    Action = AuditAction.Read,
                    Decision = opened is null ? AuditDecision.Refused : AuditDecision.Permitted,
                    Reason = opened is null ? refused : null,
                    Basis = opened?.Permits[0].Basis,
                    PatientKey = row.PatientKey,
                    Agent = caller.User.Reference,
                    Purpose = caller.Purpose,
                    Interaction = "read",
                    Entities = [report],
                },
            ],
            cancellation
        );
        // A refused read looks like no record.
        return opened is null ? Outcomes.NotFound : Results.Bytes(opened.Content().ToArray(), "application/fhir+json");
    }

    private static async Task<IResult> EvidenceAsync(
        string id,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        var (problem, row, _, caller) = await FindAsync(id, http, ledger, cancellation);
        if (problem is not null)
            return problem;
        if (row!.Evidence is not { } evidence)
            return Outcomes.NotFound;
        await ledger.Audit.AppendAsync([Read(row.PatientKey, caller!, "evidence", id)], cancellation);
        return Results.Bytes(evidence, "application/json");
    }

    /// <summary>The job, for its requester, its patient or compliance; to everybody else there is none.</summary>
    private static async Task<(IResult? Problem, AnalysisRow? Row, AnalysisContent? Content, Caller? Caller)> FindAsync(
        string id,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (LedgerApi.CallerOf(http) is not { } caller)
            return (Outcomes.Login, null, null, null);
        if (await FindAsync(id, caller, ledger, cancellation) is var (row, content))
            return (null, row, content, caller);
        var refused = Read(ledger.Store.Vault.OrganizationKey, caller, "analysis", id) with
        {
            Decision = AuditDecision.Refused,
            Reason = DenyReason.NoConsent,
        };
        await ledger.Audit.AppendAsync([refused], cancellation);
        return (Outcomes.NotFound, null, null, null);
    }

    /// <summary>The job, for whom it is; null for everybody else.</summary>
    public static async Task<(AnalysisRow Row, AnalysisContent Content)?> FindAsync(
        string id,
        Caller caller,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        await using var context = ledger.Store.CreateDbContext();
        var row = await context.FindAsync<AnalysisRow>([id], cancellation);
        if (row is null || AnalysisContent.Open(ledger.Store.Custody, id, row.Content) is not { } content)
            return null;
        var isTheirs = caller.User.Role switch
        {
            Role.Clinician => content.Actors.Contains(caller.User.Reference, StringComparer.Ordinal),
            Role.Patient => row.PatientKey == ledger.Store.Vault.PatientKey(caller.User.Reference),
            Role.Compliance => caller.Scopes.Allow("AuditEvent", ScopePermissions.Read),
            _ => false,
        };
        return isTheirs && (caller.User.Role == Role.Compliance || IsInContext(caller, row, ledger))
            ? (row, content)
            : null;
    }

    /// <summary>The log entry of a look at an analysis.</summary>
    public static AuditEvent Read(string patientKey, Caller caller, string interaction, string id) =>
        new()
        {
            Action = AuditAction.Read,
            PatientKey = patientKey,
            Agent = caller.User.Reference,
            Purpose = caller.Purpose,
            Interaction = interaction,
            // An id that no analysis can have is the caller's text, and stays out of the log.
            Entities =
            [
                AnalysisReport.Prefix + (id.Length <= LongestId && id.All(char.IsAsciiHexDigit) ? id : "unknown"),
            ],
        };

    private static bool IsInContext(Caller caller, AnalysisRow row, OpenLedger ledger) =>
        caller
            .Within(ScopePermissions.Read)
            .Any(s =>
                s.Type is "*" or "DiagnosticReport"
                && (s.Patient is null || row.PatientKey == ledger.Store.Vault.PatientKey(s.Patient))
            );

    private static async Task<string> SignAsync(
        string patient,
        IReadOnlyList<string> types,
        Caller caller,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        var now = ledger.Store.Time.GetUtcNow();
        await ledger.Grantees.CommitmentOfAsync(caller.User.Reference, cancellation);
        using var key = await ledger.Grantees.SigningKeyOfAsync(caller.User.Reference, cancellation);
        var claims = new AnalysisRequestClaims
        {
            Nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            Grantee = caller.User.Reference,
            PatientKey = ledger.Store.Vault.PatientKey(patient),
            Deployment = ledger.Store.Folder.Id,
            Purpose = caller.Purpose,
            Action = "use",
            Types = types,
            Model = ledger.Pipeline.ModelSha256,
            IssuedAt = now.ToUnixTimeSeconds(),
            Expires = now.AddHours(1).ToUnixTimeSeconds(),
        };
        return SignedRequest.Sign(claims, key).Compact;
    }
}
