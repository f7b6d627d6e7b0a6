using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Log;
using MedLedger.Consent.Receipts;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// The uses of a patient's grants as the chain has them, held against the operator's log. It opens no record and no
/// capsule: the patient's secret is enough.
/// </summary>
internal static class PatientUses
{
    /// <summary>The uses; null when there is no such patient, or the keys are gone.</summary>
    public static async Task<IReadOnlyList<GrantUse>?> FindAsync(
        LedgerContext context,
        RecordVault vault,
        string patient,
        ChainState chain,
        CancellationToken cancellation
    )
    {
        var patientKey = vault.PatientKey(patient);
        using var signer = PatientSigner.Open(vault, patientKey);
        if (signer is null)
            return null;
        var bytes = await context
            .Set<LogEntryRow>()
            .AsNoTracking()
            .OrderBy(e => e.Index)
            .Select(e => e.Entry)
            .ToListAsync(cancellation);
        var log = new List<AuditEntry>();
        foreach (var one in bytes)
        {
            if (AuditEntry.TryDecode(one, out var entry))
                log.Add(entry);
        }
        return GrantUses.Find(signer, chain, log);
    }

    /// <summary>One use as JSON members.</summary>
    public static object ToJson(GrantUse use) =>
        new
        {
            grant = use.GrantId,
            slot = use.Slot,
            nullifier = "0x" + Convert.ToHexStringLower(use.Nullifier.ToBytes()),
            status = Camel(use.Status.ToString()),
            reserved = Moment(use.OnChain?.ReservedAt),
            published = Moment(use.OnChain?.PublishedAt),
            block = use.OnChain?.Block,
            transaction = use.OnChain?.Transaction.ToString(),
            log = Camel(use.InLog.ToString()),
        };

    /// <summary>A block's time; null before there is one.</summary>
    public static string? Moment(ulong? seconds) =>
        seconds is null or 0 ? null : Requests.Moment(DateTimeOffset.FromUnixTimeSeconds((long)seconds));

    /// <summary>Whether chain and log tell the same; a permit that is under way is no difference.</summary>
    public static bool Agrees(IEnumerable<GrantUse> uses) => uses.All(use => use.InLog != UseInLog.Hidden);

    private static string Camel(string name) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(name);
}
