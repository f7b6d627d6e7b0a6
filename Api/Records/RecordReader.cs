using MedLedger.Api.Persistence;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>A stored record version with all rows that are needed to open it.</summary>
/// <param name="Record">The sealed record.</param>
/// <param name="Keys">The rows that open each compartment.</param>
/// <param name="Leaves">The current leaves, by patient key.</param>
internal sealed record StoredRecord(
    SealedRecord Record,
    IReadOnlyList<CompartmentKeys> Keys,
    IReadOnlyDictionary<string, Fr> Leaves
);

/// <summary>Loads sealed rows; it opens nothing.</summary>
internal static class RecordReader
{
    private const int Chunk = 200;

    /// <summary>The newest version of each record of a compartment, in the order of their storage keys.</summary>
    public static async Task<IReadOnlyList<string>> KeysOfAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    ) =>
        await context
            .Compartments.AsNoTracking()
            .Where(c => c.PatientKey == patientKey)
            .Select(c => c.RecordKey)
            .Distinct()
            .Order()
            .ToListAsync(cancellation);

    /// <summary>Records that have a token.</summary>
    public static async Task<IReadOnlyList<string>> KeysByTokenAsync(
        LedgerContext context,
        string token,
        CancellationToken cancellation
    ) =>
        await context
            .Tokens.AsNoTracking()
            .Where(t => t.Token == token)
            .Select(t => t.RecordKey)
            .Order()
            .ToListAsync(cancellation);

    /// <summary>Loads the newest versions of records, a few hundred at a time.</summary>
    public static async IAsyncEnumerable<StoredRecord> LoadAsync(
        LedgerContext context,
        IReadOnlyList<string> recordKeys,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        foreach (var keys in recordKeys.Chunk(Chunk))
        {
            foreach (var stored in await LoadChunkAsync(context, keys, cancellation))
                yield return stored;
        }
    }

    private static async Task<IReadOnlyList<StoredRecord>> LoadChunkAsync(
        LedgerContext context,
        string[] keys,
        CancellationToken cancellation
    )
    {
        var records = await context
            .Records.AsNoTracking()
            .Include(r => r.Compartments)
            .Where(r =>
                keys.Contains(r.RecordKey)
                && r.Version == context.Records.Where(o => o.RecordKey == r.RecordKey).Max(o => o.Version)
            )
            .OrderBy(r => r.RecordKey)
            .ToListAsync(cancellation);

        var encapsulationIds = records
            .SelectMany(r => r.Compartments)
            .Select(c => c.EncapsulationId)
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        var encapsulations = await context
            .Encapsulations.AsNoTracking()
            .Where(e => encapsulationIds.Contains(e.Id))
            .ToDictionaryAsync(e => e.Id, StringComparer.Ordinal, cancellation);
        var segmentIds = encapsulations.Values.Select(e => e.SegmentId).Distinct(StringComparer.Ordinal).ToArray();
        var segments = await context
            .Segments.AsNoTracking()
            .Where(s => segmentIds.Contains(s.Id))
            .ToDictionaryAsync(s => s.Id, StringComparer.Ordinal, cancellation);
        var stanzas = (
            await context.Stanzas.AsNoTracking().Where(s => segmentIds.Contains(s.SegmentId)).ToListAsync(cancellation)
        ).ToLookup(s => s.SegmentId, StringComparer.Ordinal);
        var leaves = (
            await context.Leaves.AsNoTracking().Where(l => keys.Contains(l.RecordKey)).ToListAsync(cancellation)
        )
            .GroupBy(l => (l.RecordKey, l.PatientKey))
            .ToDictionary(group => group.Key, group => group.MaxBy(l => l.Since)!.Leaf);

        return
        [
            .. records.Select(record => new StoredRecord(
                record.ToSealed(),
                [
                    .. record
                        .Compartments.Where(c => encapsulations.ContainsKey(c.EncapsulationId))
                        .Select(c => encapsulations[c.EncapsulationId])
                        .Select(encapsulation => new CompartmentKeys
                        {
                            Segment = segments[encapsulation.SegmentId],
                            Encapsulation = encapsulation,
                            Stanzas = [.. stanzas[encapsulation.SegmentId]],
                        }),
                ],
                record
                    .Compartments.Where(c => leaves.ContainsKey((record.RecordKey, c.PatientKey)))
                    .ToDictionary(
                        c => c.PatientKey,
                        c => ToLeaf(leaves[(record.RecordKey, c.PatientKey)]),
                        StringComparer.Ordinal
                    )
            )),
        ];
    }

    // A leaf that is no field element opens nothing; 0 is the leaf of no record.
    private static Fr ToLeaf(byte[] bytes) =>
        bytes.Length == Fr.SizeInBytes && Fr.TryParseCanonical(bytes, out var leaf) ? leaf : Fr.Zero;
}
