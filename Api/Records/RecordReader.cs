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
            var found = await LoadAsync(context, () => Newest(context, keys, deleted), cancellation);
            foreach (var stored in found.OrderBy(one => one.Record.RecordKey, StringComparer.Ordinal))
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
        // 0 is no version: no row is preferred to the newest.
        IAsyncEnumerable<FlatRow> Read() => Nearest(context, recordKey, version ?? 0, organizationKey);
        return await LoadAsync(context, Read, cancellation) is [var nearest] ? nearest : null;
    }

    /// <summary>All versions of a record, the newest first.</summary>
    public static async Task<IReadOnlyList<StoredRecord>> VersionsAsync(
        LedgerContext context,
        string recordKey,
        CancellationToken cancellation
    )
    {
        var read = context.Records.Where(r => r.RecordKey == recordKey);
        var found = await LoadAsync(context, Flat(context, read).AsAsyncEnumerable, cancellation);
        return [.. found.OrderByDescending(one => one.Record.Version)];
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
        var read = context.Records.Where(r => keys.Contains(r.RecordKey) && r.Written >= first && r.Written <= last);
        var found = await LoadAsync(context, Flat(context, read).AsAsyncEnumerable, cancellation);
        var loaded = found.ToDictionary(r => (r.Record.RecordKey, r.Record.Version));
        return [.. versions.Select(v => loaded.GetValueOrDefault((v.RecordKey, v.Version))).OfType<StoredRecord>()];
    }

    // A record version in one compartment with the rows that open it, so that one query reads all of them.
    private sealed record FlatRow(
        RecordRow Record,
        int Newest,
        CompartmentRow Compartment,
        KeyEncapsulation? Encapsulation,
        Segment? Segment
    );

    private static readonly Func<LedgerContext, string, int, string, IAsyncEnumerable<FlatRow>> Nearest =
        EF.CompileAsyncQuery(
            (LedgerContext db, string recordKey, int version, string organizationKey) =>
                from r in db
                    .Records.AsNoTracking()
                    .Where(r =>
                        r.RecordKey
                        == (
                            db.Compartments.Where(o =>
                                    string.Compare(o.RecordKey, recordKey) >= 0
                                    && (o.RecordKey == recordKey || o.PatientKey != organizationKey)
                                )
                                .OrderBy(o => o.RecordKey)
                                .Select(o => o.RecordKey)
                                .FirstOrDefault()
                            ?? db.Compartments.Where(o => o.PatientKey != organizationKey)
                                .OrderBy(o => o.RecordKey)
                                .Select(o => o.RecordKey)
                                .FirstOrDefault()
                        )
                    )
                    .OrderByDescending(r => r.Version == version)
                    .ThenByDescending(r => r.Version)
                    .Take(1)
                join c in db.Compartments on new { r.RecordKey, r.Version } equals new { c.RecordKey, c.Version }
                join e in db.Encapsulations on c.EncapsulationId equals e.Id into encapsulations
                from e in encapsulations.DefaultIfEmpty()
                join s in db.Segments on e.SegmentId equals s.Id into segments
                from s in segments.DefaultIfEmpty()
                select new FlatRow(r, db.Records.Where(o => o.RecordKey == r.RecordKey).Max(o => o.Version), c, e, s)
        );

    private static readonly Func<LedgerContext, string[], bool, IAsyncEnumerable<FlatRow>> Newest =
        EF.CompileAsyncQuery(
            (LedgerContext db, string[] keys, bool deleted) =>
                from r in db
                    .Records.AsNoTracking()
                    .Where(r => keys.Contains(r.RecordKey) && (deleted || !r.IsDeleted))
                    .Where(r => r.Version == db.Records.Where(o => o.RecordKey == r.RecordKey).Max(o => o.Version))
                join c in db.Compartments on new { r.RecordKey, r.Version } equals new { c.RecordKey, c.Version }
                join e in db.Encapsulations on c.EncapsulationId equals e.Id into encapsulations
                from e in encapsulations.DefaultIfEmpty()
                join s in db.Segments on e.SegmentId equals s.Id into segments
                from s in segments.DefaultIfEmpty()
                select new FlatRow(r, r.Version, c, e, s)
        );

    private static readonly Func<LedgerContext, string[], IAsyncEnumerable<KeyStanza>> StanzasOf = EF.CompileAsyncQuery(
        (LedgerContext db, string[] segments) => db.Stanzas.AsNoTracking().Where(s => segments.Contains(s.SegmentId))
    );

    private static IQueryable<FlatRow> Flat(LedgerContext context, IQueryable<RecordRow> read) =>
        from r in read.AsNoTracking()
        join c in context.Compartments on new { r.RecordKey, r.Version } equals new { c.RecordKey, c.Version }
        join e in context.Encapsulations on c.EncapsulationId equals e.Id into encapsulations
        from e in encapsulations.DefaultIfEmpty()
        join s in context.Segments on e.SegmentId equals s.Id into segments
        from s in segments.DefaultIfEmpty()
        select new FlatRow(r, context.Records.Where(o => o.RecordKey == r.RecordKey).Max(o => o.Version), c, e, s);

    // Read until no write came in between, so that records and leaves are of one moment.
    private static async Task<IReadOnlyList<StoredRecord>> LoadAsync(
        LedgerContext context,
        Func<IAsyncEnumerable<FlatRow>> read,
        CancellationToken cancellation
    )
    {
        var roots = context.Roots ?? throw new InvalidOperationException("This context reads no records.");
        await roots.RootAsync(cancellation);
        for (var tries = 1; ; tries++)
        {
            var before = roots.Changes;
            var rows = await read().ToListAsync(cancellation);
            var loaded = await LoadOnceAsync(context, roots, rows, cancellation);
            if (tries == MostTries || (before == roots.Changes && before % 2 == 0))
                return loaded;
            await Task.Delay(Pause, cancellation);
        }
    }

    private static async Task<IReadOnlyList<StoredRecord>> LoadOnceAsync(
        LedgerContext context,
        RecordRoots roots,
        IReadOnlyList<FlatRow> rows,
        CancellationToken cancellation
    )
    {
        // One query, however many segments there are: what it costs says nothing of what was found.
        var segments = rows.Select(r => r.Segment?.Id).OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        var stanzas = (await StanzasOf(context, segments).ToListAsync(cancellation)).ToLookup(
            s => s.SegmentId,
            StringComparer.Ordinal
        );
        var leaves = new Dictionary<string, RecordLeaves?>(StringComparer.Ordinal);
        foreach (var patientKey in rows.Select(r => r.Compartment.PatientKey).Distinct(StringComparer.Ordinal))
            leaves.Add(patientKey, await roots.LeavesAsync(context, patientKey, cancellation));

        var loaded = new List<StoredRecord>();
        foreach (var group in rows.GroupBy(r => (r.Record.RecordKey, r.Record.Version)))
        {
            var (record, compartments) = (group.First().Record, group.ToList());
            record.Compartments.AddRange(compartments.Select(c => c.Compartment));
            var keys = compartments
                .Where(c => c is { Encapsulation: not null, Segment: not null })
                .Select(c => new CompartmentKeys
                {
                    Segment = c.Segment!,
                    Encapsulation = c.Encapsulation!,
                    Stanzas = [.. stanzas[c.Segment!.Id]],
                });
            var current = new Dictionary<string, Fr>(StringComparer.Ordinal);
            foreach (var patientKey in compartments.Select(c => c.Compartment.PatientKey))
            {
                if (leaves[patientKey]?.Leaf(record.RecordKey) is { } leaf)
                    current.Add(patientKey, leaf);
            }
            loaded.Add(
                new StoredRecord(record.ToSealed(), [.. keys], current)
                {
                    Written = DateTimeOffset.FromUnixTimeMilliseconds(record.Written),
                    IsDeleted = record.IsDeleted,
                    IsCurrent = group.First().Newest == record.Version,
                }
            );
        }
        return loaded;
    }
}
