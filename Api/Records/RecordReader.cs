using MedLedger.Api.Persistence;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>A stored record version with all rows that are needed to open it.</summary>
/// <param name="Record">The sealed record.</param>
/// <param name="Keys">The rows that open each compartment.</param>
/// <param name="Leaves">The current leaves, by patient key, as the record root in the signed log has them.</param>
internal sealed record StoredRecord(
    SealedRecord Record,
    IReadOnlyList<CompartmentKeys> Keys,
    IReadOnlyDictionary<string, Fr> Leaves
)
{
    /// <summary>When it was written.</summary>
    public DateTimeOffset Written { get; init; }

    /// <summary>The version that says that the record was deleted.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>The newest version.</summary>
    public bool IsCurrent { get; init; } = true;
}

/// <summary>Loads sealed rows; it opens nothing.</summary>
internal static class RecordReader
{
    private const int Chunk = 200;
    private const int MostTries = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

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

    /// <summary>Loads the newest versions of records, a few hundred at a time; deleted ones only when told to.</summary>
    public static async IAsyncEnumerable<StoredRecord> LoadAsync(
        LedgerContext context,
        IReadOnlyList<string> recordKeys,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation,
        bool deleted = false
    )
    {
        foreach (var keys in recordKeys.Chunk(Chunk))
        {
            var read = Newest(context)
                .Where(r => keys.Contains(r.RecordKey) && (deleted || !r.IsDeleted))
                .OrderBy(r => r.RecordKey);
            foreach (var stored in await LoadAsync(context, read, cancellation))
                yield return stored;
        }
    }

    /// <summary>
    /// The record with this key in its newest version, or in the asked one. Where there is no such record, a patient's one
    /// stands in for it (the next in the order of the keys, which are keyed hashes), so that to look for what is not there
    /// costs the same queries and decisions as to look for what is denied. The caller compares key and version.
    /// </summary>
    public static async Task<StoredRecord?> NearestAsync(
        LedgerContext context,
        string recordKey,
        int? version,
        string organizationKey,
        CancellationToken cancellation
    )
    {
        var read = context
            .Records.AsNoTracking()
            .Include(r => r.Compartments)
            .Where(r =>
                r.RecordKey
                == (
                    context
                        .Compartments.Where(o =>
                            string.Compare(o.RecordKey, recordKey) >= 0
                            && (o.RecordKey == recordKey || o.PatientKey != organizationKey)
                        )
                        .OrderBy(o => o.RecordKey)
                        .Select(o => o.RecordKey)
                        .FirstOrDefault()
                    ?? context
                        .Compartments.Where(o => o.PatientKey != organizationKey)
                        .OrderBy(o => o.RecordKey)
                        .Select(o => o.RecordKey)
                        .FirstOrDefault()
                )
            )
            .OrderByDescending(r => r.Version == version)
            .ThenByDescending(r => r.Version)
            .Take(1);
        return await LoadAsync(context, read, cancellation) is [var nearest] ? nearest : null;
    }

    /// <summary>All versions of a record, the newest first.</summary>
    public static async Task<IReadOnlyList<StoredRecord>> VersionsAsync(
        LedgerContext context,
        string recordKey,
        CancellationToken cancellation
    )
    {
        var read = context
            .Records.AsNoTracking()
            .Include(r => r.Compartments)
            .Where(r => r.RecordKey == recordKey)
            .OrderByDescending(r => r.Version);
        return await LoadAsync(context, read, cancellation);
    }

    /// <summary>Versions of records, in the order in which they are named.</summary>
    public static async Task<IReadOnlyList<StoredRecord>> LoadVersionsAsync(
        LedgerContext context,
        IReadOnlyList<RecordVersion> versions,
        CancellationToken cancellation
    )
    {
        var keys = versions.Select(v => v.RecordKey).Distinct(StringComparer.Ordinal).ToArray();
        var (first, last) = (versions.Min(v => v.Written), versions.Max(v => v.Written));
        var read = context
            .Records.AsNoTracking()
            .Include(r => r.Compartments)
            .Where(r => keys.Contains(r.RecordKey) && r.Written >= first && r.Written <= last);
        var loaded = (await LoadAsync(context, read, cancellation)).ToDictionary(r =>
            (r.Record.RecordKey, r.Record.Version)
        );
        return [.. versions.Select(v => loaded.GetValueOrDefault((v.RecordKey, v.Version))).OfType<StoredRecord>()];
    }

    private static IQueryable<RecordRow> Newest(LedgerContext context) =>
        context
            .Records.AsNoTracking()
            .Include(r => r.Compartments)
            .Where(r => r.Version == context.Records.Where(o => o.RecordKey == r.RecordKey).Max(o => o.Version));

    // Read until no write came in between, so that records and leaves are of one moment.
    private static async Task<IReadOnlyList<StoredRecord>> LoadAsync(
        LedgerContext context,
        IQueryable<RecordRow> read,
        CancellationToken cancellation
    )
    {
        var roots = context.Roots ?? throw new InvalidOperationException("This context reads no records.");
        await roots.RootAsync(cancellation);
        for (var tries = 1; ; tries++)
        {
            var before = roots.Changes;
            var loaded = await LoadOnceAsync(context, roots, await read.ToListAsync(cancellation), cancellation);
            if (tries == MostTries || (before == roots.Changes && before % 2 == 0))
                return loaded;
            await Task.Delay(Pause, cancellation);
        }
    }

    private static async Task<IReadOnlyList<StoredRecord>> LoadOnceAsync(
        LedgerContext context,
        RecordRoots roots,
        IReadOnlyList<RecordRow> records,
        CancellationToken cancellation
    )
    {
        var keys = records.Select(r => r.RecordKey).Distinct(StringComparer.Ordinal).ToArray();
        var newest = await context
            .Records.Where(r => keys.Contains(r.RecordKey))
            .GroupBy(r => r.RecordKey)
            .Select(group => new { group.Key, Version = group.Max(r => r.Version) })
            .ToDictionaryAsync(one => one.Key, one => one.Version, StringComparer.Ordinal, cancellation);
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
        var leaves = new Dictionary<string, RecordLeaves?>(StringComparer.Ordinal);
        foreach (var patientKey in records.SelectMany(r => r.Compartments).Select(c => c.PatientKey))
        {
            if (!leaves.ContainsKey(patientKey))
                leaves.Add(patientKey, await roots.LeavesAsync(context, patientKey, cancellation));
        }

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
                    .Compartments.Where(c => leaves[c.PatientKey]?.Leaf(record.RecordKey) is not null)
                    .ToDictionary(
                        c => c.PatientKey,
                        c => leaves[c.PatientKey]!.Leaf(record.RecordKey)!.Value,
                        StringComparer.Ordinal
                    )
            )
            {
                Written = DateTimeOffset.FromUnixTimeMilliseconds(record.Written),
                IsDeleted = record.IsDeleted,
                IsCurrent = newest.GetValueOrDefault(record.RecordKey, record.Version) == record.Version,
            }),
        ];
    }
}
