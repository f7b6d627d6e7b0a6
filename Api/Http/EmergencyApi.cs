using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Http;

/// <summary>A declaration of an emergency.</summary>
internal sealed record EmergencyBody(string? Patient, string? Reason, int? Minutes);

/// <summary>What compliance found: <c>justified</c> or <c>unjustified</c>, and why.</summary>
internal sealed record ReviewBody(string? Outcome, string? Note);

/// <summary>
/// Emergency access over HTTP: declared by a clinician, seen by the patient, signed off by compliance. What it opens is
/// read below <c>/fhir</c>, through the same gate as everything, with a token for BTG or ETREAT.
/// </summary>
internal static class EmergencyApi
{
    /// <summary>Maps the routes.</summary>
    public static void MapEmergencies(this WebApplication app, OpenLedger ledger)
    {
        app.MapPost(
            "/emergencies",
            (EmergencyBody body, HttpRequest http, CancellationToken ct) => DeclareAsync(body, http, ledger, ct)
        );
        app.MapGet("/emergencies", (HttpRequest http, CancellationToken ct) => ListAsync(http, ledger, ct));
        app.MapDelete(
            "/emergencies/{id}",
            (string id, HttpRequest http, CancellationToken ct) => EndAsync(id, http, ledger, ct)
        );
        app.MapPost(
            "/emergencies/{id}/review",
            (string id, ReviewBody body, HttpRequest http, CancellationToken ct) =>
                ReviewAsync(id, body, http, ledger, ct)
        );
    }

    /// <summary>One emergency as JSON members, for the patient, the declarer and compliance alike.</summary>
    public static object ToJson(ListedEmergency one) =>
        new
        {
            id = one.Id,
            patient = one.Declared.Patient,
            declarer = one.Declared.Emergency.Declarer,
            role = one.Declared.Emergency.Role,
            reason = one.Declared.Emergency.Reason,
            from = one.Declared.Emergency.From,
            until = one.Declared.Emergency.Until,
            log = one.LogIndex,
            opened = one.Opened,
            review = one.Declared.Review is not { } review
                ? null
                : new
                {
                    reviewer = review.Reviewer,
                    outcome = review.IsJustified ? "justified" : "unjustified",
                    note = review.Note,
                    time = review.Time,
                },
        };

    private static async Task<IResult> DeclareAsync(
        EmergencyBody body,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (LedgerApi.CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (caller.User.Role != Role.Clinician)
            return Outcomes.Forbidden;
        if (!LiteralReference.IsPatient(body.Patient))
            return Outcomes.Unprocessable("the patient is given as Patient/id");
        // A launch context is one patient; what the token opens for nobody else it declares for nobody else.
        if (!caller.Within(ScopePermissions.Read).Any(s => s.Covers("Patient", body.Patient)))
            return Outcomes.Forbidden;
        var asked = new Declaration(caller.Actors, caller.Purpose, body.Patient, body.Reason, body.Minutes);
        var answer = await ledger.Emergencies.DeclareAsync(asked, cancellation);
        if (answer.Id is null)
            return Problem(answer);
        var receipt = await ledger.Audit.ReceiptAsync(answer.LogIndex, cancellation);
        return Results.Created(
            "/emergencies/" + answer.Id,
            new
            {
                id = answer.Id,
                log = answer.LogIndex,
                receipt,
            }
        );
    }

    /// <summary>The patient's own, the clinician's own, or for compliance all: the review queue first.</summary>
    private static async Task<IResult> ListAsync(HttpRequest http, OpenLedger ledger, CancellationToken cancellation)
    {
        if (LedgerApi.CallerOf(http) is not { } caller)
            return Outcomes.Login;
        var who = caller.User.Reference;
        (string? Patient, string? Declarer)? scope = caller.User.Role switch
        {
            Role.Patient => (who, null),
            Role.Clinician => (caller.PatientContext, who),
            Role.Compliance => (null, null),
            _ => null,
        };
        if (scope is not var (patient, declarer) || !caller.Scopes.Allow("AuditEvent", ScopePermissions.Search))
            return Outcomes.Forbidden;
        var listed = new AuditEvent
        {
            Action = AuditAction.Searched,
            Decision = AuditDecision.Permitted,
            Basis = caller.User.Role == Role.Patient ? PermitBasis.Subject : PermitBasis.Organization,
            PatientKey = patient is null ? ledger.Store.Vault.OrganizationKey : ledger.Store.Vault.PatientKey(patient),
            Agent = who,
            Patient = patient,
            Purpose = caller.Purpose,
            Interaction = "emergencies",
        };
        await ledger.Audit.AppendAsync([listed], cancellation);
        var isQueue = http.Query["waiting"] == "true";
        var all = await ledger.Emergencies.ListAsync(patient, declarer, isQueue, cancellation);
        return Results.Ok(all.Select(ToJson));
    }

    private static async Task<IResult> EndAsync(
        string id,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (LedgerApi.CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (caller.User.Role != Role.Clinician) // whatever the scopes: ending can only protect
            return Outcomes.Forbidden;
        return await ledger.Emergencies.EndAsync(id, caller.User.Reference, cancellation) is { } answer
            ? Done(answer)
            : Outcomes.NotFound;
    }

    private static async Task<IResult> ReviewAsync(
        string id,
        ReviewBody body,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (LedgerApi.CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (!caller.Is(Role.Compliance, "Task", ScopePermissions.Update))
            return Outcomes.Forbidden;
        if (body.Outcome is not ("justified" or "unjustified"))
            return Outcomes.Unprocessable("the outcome is justified or unjustified");
        var isJustified = body.Outcome == "justified";
        var reviewer = caller.User.Reference;
        return await ledger.Emergencies.ReviewAsync(id, reviewer, isJustified, body.Note, cancellation) is { } answer
            ? Done(answer)
            : Outcomes.NotFound;
    }

    private static IResult Done(EmergencyAnswer answer) =>
        answer.Id is null ? Problem(answer) : Results.Ok(new { id = answer.Id, log = answer.LogIndex });

    private static IResult Problem(EmergencyAnswer answer) =>
        answer.IsMalformed
            ? Outcomes.Unprocessable(answer.Problem!)
            : Outcomes.Table.NoEmergency(answer.Problem!).ToResult();
}
