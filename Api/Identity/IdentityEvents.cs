using MedLedger.Api.Jobs;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Identity;

/// <summary>
/// What is logged about who somebody is: logins, logouts, tokens. A patient finds theirs among what concerns them; names
/// that no account has are not kept, for people type passwords into the wrong field.
/// </summary>
internal static class IdentityEvents
{
    private const string Nobody = "somebody unknown";

    /// <summary>An account logged in at the page.</summary>
    public static AuditEvent LoggedIn(RecordVault vault, User user) =>
        Of(vault, user, AuditAction.LoggedIn, "login") with
        {
            Decision = AuditDecision.Permitted,
        };

    /// <summary>A login failed.</summary>
    /// <param name="vault">Knows the compartments.</param>
    /// <param name="user">Whose name was given; null when no account has it.</param>
    public static AuditEvent LoginFailed(RecordVault vault, User? user) =>
        Of(vault, user, AuditAction.LoggedIn, "login") with
        {
            Decision = AuditDecision.Refused,
            Reason = DenyReason.NotAuthenticated,
        };

    /// <summary>An account logged out.</summary>
    public static AuditEvent LoggedOut(RecordVault vault, User user) =>
        Of(vault, user, AuditAction.LoggedOut, "logout");

    /// <summary>The operator made or changed an account.</summary>
    public static AuditEvent AccountChanged(RecordVault vault, User user, string interaction)
    {
        var changed = Of(vault, user, AuditAction.AccountChanged, interaction);
        return changed with { Agent = "operator", Entities = [changed.Agent] };
    }

    /// <summary>The operator registered or removed a client.</summary>
    public static AuditEvent ClientChanged(RecordVault vault, string client, string interaction) =>
        Of(vault, null, AuditAction.AccountChanged, interaction) with
        {
            Agent = "operator",
            Note = "the client " + client,
        };

    /// <summary>A client gave back a token: the grant that it came from has ended.</summary>
    public static AuditEvent TokenRevoked(RecordVault vault, User user, string client) =>
        Of(vault, user, AuditAction.LoggedOut, "revoke") with
        {
            Note = "by the client " + client,
        };

    /// <summary>A client was given a token for an account.</summary>
    public static AuditEvent TokenIssued(RecordVault vault, User user, string client) =>
        Of(vault, user, AuditAction.TokenRequested, "token") with
        {
            Decision = AuditDecision.Permitted,
            Note = "for the client " + client,
        };

    /// <summary>A request for a token was refused.</summary>
    /// <param name="vault">Knows the compartments.</param>
    /// <param name="client">The client, when it is registered; null otherwise.</param>
    public static AuditEvent TokenRefused(RecordVault vault, string? client) =>
        Of(vault, null, AuditAction.TokenRequested, "token") with
        {
            Decision = AuditDecision.Refused,
            Reason = DenyReason.NotAuthenticated,
            Agent = client is null ? Nobody : "the client " + client,
        };

    private static AuditEvent Of(RecordVault vault, User? user, AuditAction action, string interaction)
    {
        var patient = user?.Role == Role.Patient ? user.Reference : null;
        var patientKey = patient is null ? vault.OrganizationKey : vault.PatientKey(patient);
        var agent = user?.Reference ?? Nobody;
        // An account may be there before the patient's records, and after their erasure: nothing is sealed for those.
        if (patient is not null && vault.SealReference(patientKey, patient) is null)
            (patientKey, patient, agent) = (vault.OrganizationKey, null, "a patient without records");
        return new AuditEvent
        {
            Action = action,
            PatientKey = patientKey,
            Agent = agent,
            Patient = patient,
            Interaction = interaction,
        };
    }
}
