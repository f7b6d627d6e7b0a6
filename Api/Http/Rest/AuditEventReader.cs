using System.Text.Json.Nodes;
using MedLedger.Api.Fhir;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Http.Rest;

/// <summary>A stretch of the log.</summary>
/// <param name="Read">What could be opened, the newest first.</param>
/// <param name="Entries">How many entries were looked at; 0 at the end.</param>
/// <param name="Lowest">The index of the last of them.</param>
internal sealed record AuditEventPart(IReadOnlyList<LoggedEvent> Read, int Entries, long Lowest);

/// <summary>The part of the log that somebody reads: a patient's, or all of it with opaque keys.</summary>
internal sealed class AuditEventReader(OpenLedger ledger, string? patient, string? patientKey)
{
    // Seconds: the clock's, with the minute that times are rounded to.
    private const long Tolerance = 600;

    /// <summary>Entries before an index, the newest first; those that cannot be opened are left out.</summary>
    public async Task<AuditEventPart> LoadAsync(
        LedgerContext context,
        long before,
        int count,
        CancellationToken cancellation
    )
    {
        var details = context.Set<SealedAuditDetails>().AsNoTracking();
        var indices = patientKey is null
            ? context.Set<LogEntryRow>().Where(e => e.Index < before).Select(e => e.Index)
            : details.Where(d => d.PatientKey == patientKey && d.Index < before).Select(d => d.Index);
        var page = await indices.OrderByDescending(i => i).Take(count).ToListAsync(cancellation);
        var entries = await context
            .Set<LogEntryRow>()
            .AsNoTracking()
            .Where(e => page.Contains(e.Index))
            .ToDictionaryAsync(e => e.Index, cancellation);
        var rows = await details.Where(d => page.Contains(d.Index)).ToDictionaryAsync(d => d.Index, cancellation);
        var read = new List<LoggedEvent>(page.Count);
        foreach (var index in page)
        {
            if (!entries.TryGetValue(index, out var row) || !AuditEntry.TryDecode(row.Entry, out var entry))
                continue;
            var own = rows.GetValueOrDefault(index);
            var opened = own is null ? null : AuditDetails.Open(ledger.Store.Vault, own, entry);
            if (opened is null && patientKey is not null)
                continue;
            read.Add(Show(index, entry, opened, own?.PatientKey));
        }
        return new AuditEventPart(read, page.Count, page.Count == 0 ? 0 : page[^1]);
    }

    /// <summary>
    /// Between which indices the entries of a time stand: from the first, to before the second. The log is in the order of
    /// its times, but for minutes by which a clock may have been set back.
    /// </summary>
    /// <param name="context">The database.</param>
    /// <param name="time">From and to, Unix seconds.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<(long Lowest, long Highest)> BetweenAsync(
        LedgerContext context,
        (long From, long To) time,
        CancellationToken cancellation
    )
    {
        var (lowest, highest) = (0L, long.MaxValue);
        if (time.From > long.MinValue)
            lowest = await FirstAsync(context, time.From - Tolerance, cancellation) ?? lowest;
        if (time.To < long.MaxValue)
            highest = await FirstAsync(context, time.To + Tolerance, cancellation) ?? highest;
        return (lowest, highest);
    }

    // The first entry that is not before a time, by halving; null when an entry says no time.
    private static async Task<long?> FirstAsync(LedgerContext context, long time, CancellationToken cancellation)
    {
        var entries = context.Set<LogEntryRow>().AsNoTracking();
        var low = 0L;
        var high = (await entries.MaxAsync(e => (long?)e.Index, cancellation) ?? -1) + 1;
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var row = await entries.SingleAsync(e => e.Index == middle, cancellation);
            if (!AuditEntry.TryDecode(row.Entry, out var entry))
                return null;
            if (entry.Time < time)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private LoggedEvent Show(long index, AuditEntry entry, AuditDetails? details, string? ofPatient)
    {
        if (patient is not null)
            return new(
                index,
                entry,
                details,
                new JsonObject { ["reference"] = patient },
                [.. details!.Entities.Select(Named)],
                HasNote: true
            );
        var isPatients = ofPatient is not null && ofPatient != ledger.Store.Vault.OrganizationKey;
        // A patient who acted is as opaque here as one who is concerned.
        var shown =
            details is not null && details.Agent.StartsWith("Patient/", StringComparison.Ordinal)
                ? details with
                {
                    Agent = "a patient",
                }
                : details;
        return new(
            index,
            entry,
            shown,
            isPatients ? Opaque("Patient", ofPatient!) : null,
            [.. (details?.Entities ?? []).Select(Hidden)],
            HasNote: false
        );
    }

    private static JsonObject Named(string entity) =>
        LiteralReference.ToTypeAndId(entity) is { } reference
            ? new JsonObject { ["reference"] = reference }
            : new JsonObject { ["display"] = entity };

    // A type alone is no content; an id may be one.
    private JsonObject Hidden(string entity)
    {
        var slash = entity.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 && ResourceParser.ResourceTypes.Contains(entity))
            return new JsonObject { ["display"] = entity };
        return slash < 0 ? Opaque(null, entity) : Opaque(entity[..slash], ledger.Store.Vault.RecordKey(entity));
    }

    private static JsonObject Opaque(string? type, string key)
    {
        var what = new JsonObject
        {
            ["identifier"] = new JsonObject { ["system"] = "urn:medledger:opaque-key", ["value"] = key },
        };
        if (type is not null && ResourceParser.ResourceTypes.Contains(type))
            what["type"] = type;
        return what;
    }
}
