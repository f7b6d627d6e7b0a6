using MedLedger.Api.Persistence;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Integrity;

/// <summary>All versions of some records, with the rows that open them and that they are found by.</summary>
internal sealed class RecordPage
{
    private readonly IReadOnlyDictionary<string, CompartmentKeys> _keys;

    private RecordPage(IReadOnlyDictionary<string, CompartmentKeys> keys) => _keys = keys;

    public required IReadOnlyList<RecordRow> Records { get; init; }

    /// <summary>By record key.</summary>
    public required ILookup<string, SearchRow> Search { get; init; }

    /// <summary>By record key.</summary>
    public required ILookup<string, string> Tokens { get; init; }

    /// <summary>What opens a record; fewer than it has compartments when rows are missing.</summary>
    public IReadOnlyList<CompartmentKeys> KeysOf(RecordRow record) =>
        [.. record.Compartments.Select(c => _keys.GetValueOrDefault(c.EncapsulationId)).OfType<CompartmentKeys>()];

    /// <summary>Loads all versions of the records with these keys.</summary>
    public static async Task<RecordPage> LoadAsync(
        LedgerContext context,
        IReadOnlyList<string> keys,
        CancellationToken cancellation
    )
    {
        var records = await context
            .Records.AsNoTracking()
            .Include(r => r.Compartments)
            .Where(r => keys.Contains(r.RecordKey))
            .OrderBy(r => r.RecordKey)
            .ThenBy(r => r.Version)
            .ToListAsync(cancellation);
        var names = records
            .SelectMany(r => r.Compartments)
            .Select(c => c.EncapsulationId)
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        var encapsulations = await context
            .Encapsulations.AsNoTracking()
            .Where(e => names.Contains(e.Id))
            .ToListAsync(cancellation);
        var segmentIds = encapsulations.Select(e => e.SegmentId).Distinct(StringComparer.Ordinal).ToArray();
        var segments = await context
            .Segments.AsNoTracking()
            .Where(s => segmentIds.Contains(s.Id))
            .ToDictionaryAsync(s => s.Id, StringComparer.Ordinal, cancellation);
        var stanzas = (
            await context.Stanzas.AsNoTracking().Where(s => segmentIds.Contains(s.SegmentId)).ToListAsync(cancellation)
        ).ToLookup(s => s.SegmentId, StringComparer.Ordinal);
        var search = await context
            .Search.AsNoTracking()
            .Where(s => keys.Contains(s.RecordKey))
            .ToListAsync(cancellation);
        var tokens = await context
            .Tokens.AsNoTracking()
            .Where(t => keys.Contains(t.RecordKey))
            .ToListAsync(cancellation);
        var keysOf = encapsulations
            .Where(e => segments.ContainsKey(e.SegmentId))
            .ToDictionary(
                e => e.Id,
                e => new CompartmentKeys
                {
                    Segment = segments[e.SegmentId],
                    Encapsulation = e,
                    Stanzas = [.. stanzas[e.SegmentId]],
                },
                StringComparer.Ordinal
            );
        return new RecordPage(keysOf)
        {
            Records = records,
            Search = search.ToLookup(s => s.RecordKey, StringComparer.Ordinal),
            Tokens = tokens.ToLookup(t => t.RecordKey, t => t.Token, StringComparer.Ordinal),
        };
    }
}
