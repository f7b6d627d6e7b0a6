using MedLedger.Api.Persistence;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// Records that a search names by id or by reference. Those outside the compartments in which the caller may have something
/// are as absent: they are not loaded. For each that is absent another record of these compartments stands in, which is
/// decided on and not opened, so that what is denied, what is elsewhere and what is not there cost the same.
/// </summary>
/// <param name="Present">Keys of records in the caller's compartments.</param>
/// <param name="StandIns">Keys of as many others as are absent, as far as there are so many.</param>
internal sealed record NamedRecords(IReadOnlyList<string> Present, IReadOnlySet<string> StandIns)
{
    private const int Chunk = 500;

    /// <summary>Looks for records, in order; each that is elsewhere is told to its patient's log.</summary>
    public static async Task<NamedRecords> FindAsync(
        LedgerContext context,
        IReadOnlyList<string> keys,
        IReadOnlyList<string> compartments,
        AccessLog log,
        CancellationToken cancellation
    )
    {
        var own = compartments.ToHashSet(StringComparer.Ordinal);
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (var chunk in keys.Chunk(Chunk))
        {
            var rows = await context
                .Compartments.AsNoTracking()
                .Where(c => chunk.Contains(c.RecordKey))
                .Select(c => new { c.RecordKey, c.PatientKey })
                .Distinct()
                .ToListAsync(cancellation);
            foreach (var record in rows.GroupBy(r => r.RecordKey, StringComparer.Ordinal))
            {
                if (record.Any(r => own.Contains(r.PatientKey)))
                    present.Add(record.Key);
                else
                    log.Elsewhere(record.Key, record.Select(r => r.PatientKey));
            }
        }
        // The next ones in the order of the keys, which are keyed hashes: those of every patient stand in now and then.
        var absent = keys.Where(key => !present.Contains(key)).Order(StringComparer.Ordinal).ToList();
        var from = absent.FirstOrDefault() ?? "";
        var organization = compartments[^1];
        IQueryable<string> Others(string first) =>
            context
                .Compartments.AsNoTracking()
                .Where(c =>
                    compartments.Contains(c.PatientKey)
                    && c.PatientKey != organization
                    && !keys.Contains(c.RecordKey)
                    && string.Compare(c.RecordKey, first) >= 0
                )
                .Select(c => c.RecordKey)
                .Distinct()
                .Order();
        var standIns = await Others(from).Take(absent.Count).ToListAsync(cancellation);
        standIns.AddRange(await Others("").Take(absent.Count - standIns.Count).ToListAsync(cancellation));
        return new NamedRecords([.. keys.Where(present.Contains)], standIns.ToHashSet(StringComparer.Ordinal));
    }
}
