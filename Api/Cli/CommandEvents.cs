using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Cli;

/// <summary>What commands log before they show something.</summary>
internal static class CommandEvents
{
    /// <summary>The operator listed resources of a type, of all patients.</summary>
    public static AuditEvent Listed(Store store, string type) =>
        new()
        {
            Action = AuditAction.Searched,
            PatientKey = store.Vault.OrganizationKey,
            Agent = "operator",
            Interaction = "search-type",
            Entities = [type],
        };

    /// <summary>The operator rotated keys, or had records sealed again.</summary>
    public static AuditEvent KeysChanged(Store store, string interaction, string note) =>
        new()
        {
            Action = AuditAction.KeysChanged,
            PatientKey = store.Vault.OrganizationKey,
            Agent = "operator",
            Interaction = interaction,
            Note = note,
        };
}
