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
        Operator(store, AuditAction.KeysChanged, interaction) with
        {
            Note = note,
        };

    /// <summary>The operator made a backup; what of stands in the interaction.</summary>
    public static AuditEvent BackedUp(Store store, string interaction) =>
        Operator(store, AuditAction.BackedUp, interaction);

    /// <summary>The operator put a backup in place.</summary>
    public static AuditEvent Restored(Store store) => Operator(store, AuditAction.Restored, "restore");

    /// <summary>Logs one thing, also beside the process that holds the folder.</summary>
    public static async Task LogAsync(Store store, AuditEvent one, CancellationToken cancellation)
    {
        using var audit = new AuditTrail(store);
        await audit.AppendAsync([one], cancellation);
    }

    private static AuditEvent Operator(Store store, AuditAction action, string interaction) =>
        new()
        {
            Action = action,
            PatientKey = store.Vault.OrganizationKey,
            Agent = "operator",
            Interaction = interaction,
        };
}
