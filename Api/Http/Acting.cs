using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
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
