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
            var found = await LoadAsync(context, () => SealedRows.ReadNewest(context, keys, deleted), cancellation);
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
        // 0 is no version: the newest is read.
        IReadOnlyList<SealedVersion> Read() =>
            SealedRows.ReadNearest(context, recordKey, version ?? 0, organizationKey);
        return await LoadAsync(context, Read, cancellation) is [var nearest] ? nearest : null;
    }

    /// <summary>All versions of a record, the newest first.</summary>
    public static async Task<IReadOnlyList<StoredRecord>> VersionsAsync(
        LedgerContext context,
        string recordKey,
        CancellationToken cancellation
    )
    {
        var found = await LoadAsync(context, () => SealedRows.ReadAll(context, recordKey), cancellation);
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
        var found = await LoadAsync(context, () => SealedRows.ReadBetween(context, keys, first, last), cancellation);
        var loaded = found.ToDictionary(r => (r.Record.RecordKey, r.Record.Version));
        return [.. versions.Select(v => loaded.GetValueOrDefault((v.RecordKey, v.Version))).OfType<StoredRecord>()];
    }

    // Read until no write came in between, so that records and leaves are of one moment.
    private static async Task<IReadOnlyList<StoredRecord>> LoadAsync(
        LedgerContext context,
        Func<IReadOnlyList<SealedVersion>> read,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        var roots = context.Roots ?? throw new InvalidOperationException("This context reads no records.");
        await roots.RootAsync(cancellation);
        for (var tries = 1; ; tries++)
        {
            var before = roots.Changes;
            var loaded = await WithLeavesAsync(context, roots, read(), cancellation);
            if (tries == MostTries || (before == roots.Changes && before % 2 == 0))
                return loaded;
            await Task.Delay(Pause, cancellation);
        }
    }

    private static async Task<IReadOnlyList<StoredRecord>> WithLeavesAsync(
        LedgerContext context,
        RecordRoots roots,
        IReadOnlyList<SealedVersion> versions,
        CancellationToken cancellation
    )
    {
        var leaves = new Dictionary<string, RecordLeaves?>(StringComparer.Ordinal);
        foreach (var compartment in versions.SelectMany(v => v.Record.Compartments))
        {
            if (!leaves.ContainsKey(compartment.PatientKey))
                leaves.Add(
                    compartment.PatientKey,
                    await roots.LeavesAsync(context, compartment.PatientKey, cancellation)
                );
        }
        var loaded = new List<StoredRecord>(versions.Count);
        foreach (var version in versions)
        {
            var current = new Dictionary<string, Fr>(StringComparer.Ordinal);
            foreach (var compartment in version.Record.Compartments)
            {
                if (leaves[compartment.PatientKey]?.Leaf(version.Record.RecordKey) is { } leaf)
                    current.Add(compartment.PatientKey, leaf);
            }
            loaded.Add(
                new StoredRecord(version.Record, version.Keys, current)
                {
                    Written = DateTimeOffset.FromUnixTimeMilliseconds(version.Written),
                    IsDeleted = version.IsDeleted,
                    IsCurrent = version.IsCurrent,
                }
            );
        }
        return loaded;
    }
}
