using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// All that a patient's compartment has for one caller, and what of the organization's it names. The gate decides on each
/// record, each time; what it does not permit is not counted, and makes no further page.
/// </summary>
internal sealed class PatientCompartment(OpenLedger ledger, AccessRequest request, AccessLog log)
{
    private const int Step = 200;
    private readonly Store _store = ledger.Store;
    private readonly RecordSearch _finder = new(ledger, request, log);

    /// <summary>
    /// The next records that the caller may see, the patient's own first, and where the page after begins; null when the
    /// caller sees nothing of the patient, who may not be there at all. The caller of this method disposes them.
    /// </summary>
    /// <param name="context">The database.</param>
    /// <param name="query">What is wanted.</param>
    /// <param name="after">The storage key of the last record of the page before; null for the first page.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<(IReadOnlyList<ReadableRecord> Records, string? Next)?> FindAsync(
        LedgerContext context,
        CompartmentQuery query,
        string? after,
        int count,
        CancellationToken cancellation
    )
    {
        var patientKey = _store.Vault.PatientKey(query.Patient);
        var isThere = await context.Patients.AnyAsync(p => p.PatientKey == patientKey, cancellation);
        if (!_finder.MayHave(context, patientKey))
        {
            // The patient may know who tried; that costs what it costs where there is no such patient.
            if (isThere)
                log.Elsewhere(query.Patient, [patientKey]);
            else
                log.Absent(query.Patient);
            return null;
        }
        var own = _store.Vault.RecordKey(query.Patient);
        var keys = await KeysAsync(context, query, patientKey, own, after, cancellation);
        var found = new List<ReadableRecord>();
        try
        {
            foreach (var part in keys.Chunk(query.IsNarrowed ? Math.Max(Step, count + 1) : count + 1))
            {
                var opened = await _finder.OpenAsync(context, part, cancellation);
                foreach (var record in opened.OrderBy(one => one.RecordKey == own ? 0 : 1))
                {
                    // One more than the page has is opened, to know that there is a next one.
                    if (found.Count <= count && Matches(record, query))
                        found.Add(record);
                    else
                        record.Dispose();
                }
                if (found.Count <= count)
                    continue;
                found[^1].Dispose();
                found.RemoveAt(count);
                return (found, found[^1].RecordKey);
            }
            var isKnown = found.Count > 0 || (query.IsNarrowed || after is not null) && await SeesAsync(context, own);
            return isKnown ? (found, null) : null;
        }
        catch
        {
            found.ForEach(one => one.Dispose());
            throw;
        }

        async Task<bool> SeesAsync(LedgerContext context, string key)
        {
            var seen = await _finder.OpenAsync(context, [key], cancellation);
            foreach (var one in seen)
                one.Dispose();
            return seen.Count > 0;
        }
    }

    /// <summary>
    /// What records name of what belongs to no patient (Organization, Practitioner, Location ...), where the caller may
    /// see it. The caller of this method disposes them.
    /// </summary>
    public async Task<IReadOnlyList<ReadableRecord>> ReferencedAsync(
        LedgerContext context,
        IReadOnlyList<ReadableRecord> records,
        IReadOnlySet<string>? types,
        CancellationToken cancellation
    )
    {
        var named = records
            .SelectMany(record => record.Facts.RefersTo ?? [])
            .Where(reference => types?.Contains(reference.Split('/')[0]) != false)
            .Distinct(StringComparer.Ordinal)
            .Select(_store.Vault.RecordKey)
            .ToList();
        var keys = new List<string>();
        foreach (var part in named.Chunk(Step))
        {
            var found = context
                .Compartments.AsNoTracking()
                .Where(c => c.PatientKey == _store.Vault.OrganizationKey && part.Contains(c.RecordKey))
                .Select(c => c.RecordKey);
            keys.AddRange(await found.Distinct().ToListAsync(cancellation));
        }
        keys.Sort(StringComparer.Ordinal);
        return await _finder.OpenAsync(context, keys, cancellation);
    }

    // The patient's own record, then the others in the order of their storage keys, which says nothing of them.
    private async Task<IReadOnlyList<string>> KeysAsync(
        LedgerContext context,
        CompartmentQuery query,
        string patientKey,
        string own,
        string? after,
        CancellationToken cancellation
    )
    {
        var keys = await CompartmentRecords.KeysAsync(context, _store.Vault, patientKey, query, cancellation);
        var others = keys.Where(key => key != own);
        if (after is not null)
            return [.. others.Where(key => after == own || string.CompareOrdinal(key, after) > 0)];
        return others.Count() < keys.Count ? [own, .. others] : [.. others];
    }

    private static bool Matches(ReadableRecord record, CompartmentQuery query)
    {
        if (query.Types?.Contains(record.Type) == false || record.Written.ToUnixTimeMilliseconds() < query.Since)
            return false;
        if (query is { Start: decimal.MinValue, End: decimal.MaxValue })
            return true;
        using var document = JsonDocument.Parse(record.Content);
        return ResourcePaths.CareDate(document.RootElement, record.Type) is not { } care
            || (care.High > query.Start && care.Low < query.End);
    }
}
