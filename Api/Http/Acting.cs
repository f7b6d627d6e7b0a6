using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Http;

/// <summary>For which patient a caller manages consent: themselves, or somebody for whom they have a recorded power.</summary>
internal static class Acting
{
    /// <summary>The patient, or the answer to give.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="asked"><c>Patient/id</c>; null for a patient who means themselves.</param>
    /// <param name="act">What is to be done.</param>
    /// <param name="consent">The Consent that is to be given; null for any other act.</param>
    /// <param name="ledger">What is open.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static async Task<(string? Patient, IResult? Refused)> ForAsync(
        Caller caller,
        string? asked,
        DelegatedAct act,
        ConsentDirective? consent,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        var who = caller.User.Reference;
        if (caller.User.Role == Role.Patient)
            return asked is null || asked == who ? (who, null) : (null, Outcomes.Forbidden);
        if (caller.User.Role != Role.RelatedPerson)
            return (null, Outcomes.Forbidden);
        if (string.IsNullOrEmpty(asked))
            return (null, Outcomes.Unprocessable("whom the caller acts for is given as patient=Patient/id"));
        if (caller.PatientContext is { } context && context != asked)
            return (null, Outcomes.Forbidden);
        return await ledger.Delegations.RefusesAsync(who, asked, act, consent, cancellation) is { } refusal
            ? (null, Outcomes.Table.NoPower(refusal).ToResult())
            : (asked, null);
    }

    /// <summary>Whether the caller manages consents at all, with this permission for the type.</summary>
    public static bool Manages(Caller caller, string type, ScopePermissions permission) =>
        caller.Is(Role.Patient, type, permission) || caller.Is(Role.RelatedPerson, type, permission);

    /// <summary>Gives a Consent, with the documents that go with it; the answer to give when it is refused.</summary>
    /// <param name="caller">Who gives it.</param>
    /// <param name="record">The Consent (<see cref="ConsentStore.ProblemOf"/> found nothing).</param>
    /// <param name="documents">Documents of the same patient.</param>
    /// <param name="ledger">What is open.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<(GrantChange? Change, IResult? Refused)> GiveAsync(
        Caller caller,
        PreparedRecord record,
        IReadOnlyList<PreparedRecord> documents,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (!ConsentDirective.TryParse(record.Content, out var directive))
            return (null, Outcomes.Unprocessable("not a Consent"));
        var patient = record.Description.Patients[0];
        var (_, refused) = await ForAsync(caller, patient, DelegatedAct.Consent, directive, ledger, cancellation);
        if (refused is not null)
            return (null, refused);
        var (_, change, reason) = await ledger.Consents.AddAsync(
            record,
            documents,
            cancellation,
            caller.User.Reference
        );
        return change is null ? (null, Outcomes.Unprocessable(reason ?? "not taken")) : (change, null);
    }

    /// <summary>Ends a Consent, with the documents that go with it; null when there is none that the caller may end.</summary>
    /// <param name="caller">Who ends it.</param>
    /// <param name="consent"><c>Consent/id</c>.</param>
    /// <param name="ofPatient">Whose it has to be, <c>Patient/id</c>; null when nobody said.</param>
    /// <param name="documents">Documents of the same patient.</param>
    /// <param name="ledger">What is open.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<GrantChange?> EndAsync(
        Caller caller,
        string consent,
        string? ofPatient,
        IReadOnlyList<PreparedRecord> documents,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (
            await ledger.Consents.PatientOfAsync(consent, cancellation) is not { } patient
            || (ofPatient is not null && ofPatient != patient)
            || documents.Any(document => document.Description.Patients is not [var of] || of != patient)
        )
            return null;
        var (_, refused) = await ForAsync(caller, patient, DelegatedAct.Revoke, null, ledger, cancellation);
        return refused is null
            ? await ledger.Consents.RevokeAsync(consent, cancellation, caller.User.Reference, documents)
            : null;
    }

    /// <summary>The log entry of who reads what is the patient's; committed before it leaves.</summary>
    public static AuditEvent Searched(
        OpenLedger ledger,
        Caller caller,
        string patient,
        string interaction,
        string? type
    ) =>
        new()
        {
            Action = AuditAction.Searched,
            Decision = AuditDecision.Permitted,
            Basis = PermitBasis.Subject,
            PatientKey = ledger.Store.Vault.PatientKey(patient),
            Agent = caller.User.Reference,
            Patient = patient,
            Purpose = caller.Purpose,
            Interaction = interaction,
            Entities = type is null ? [] : [type],
        };
}
