using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>A version of a record, by what storage knows of it in clear.</summary>
/// <param name="Written">Unix milliseconds.</param>
/// <param name="RecordKey">The opaque storage key.</param>
/// <param name="Version">From 1.</param>
internal sealed record RecordVersion(long Written, string RecordKey, int Version);

/// <summary>
/// What was written, of all types or of one, the newest first. The gate decides on each version in the compartments in
/// which the caller may have something; what it does not permit is not counted, and makes no further page.
/// </summary>
internal sealed class RecordHistory(OpenLedger ledger, AccessRequest request, AccessLog log)
{
    private const int Step = 200;
    private readonly Store _store = ledger.Store;

    /// <summary>The next versions that the caller may see; the caller of this method disposes them.</summary>
    /// <param name="context">The database.</param>
    /// <param name="type">A resource type; null for all.</param>
    /// <param name="since">Unix milliseconds: nothing older.</param>
    /// <param name="after">The last version of the page before; null for the first page.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The versions, and after which one the next page begins; null when there is none.</returns>
    public async Task<(IReadOnlyList<ReadableRecord> Versions, RecordVersion? Next)> FindAsync(
        LedgerContext context,
        string? type,
        long since,
        RecordVersion? after,
        int count,
        CancellationToken cancellation
    )
    {
        var compartments = new RecordSearch(ledger, request, log).Compartments(context);
        var view = await ledger.Chain.RecentViewAsync(cancellation);
        var found = new List<ReadableRecord>();
        var looked = 0;
        try
        {
            while (true)
            {
                var candidates = await CandidatesAsync(context, compartments, since, after, cancellation);
                foreach (var version in await OpenAsync(context, candidates, view, cancellation))
                {
                    // One more than the page has is opened, to know that there is a next one.
                    if ((type is null || version.Type == type) && found.Count <= count)
                        found.Add(version);
                    else
                        version.Dispose();
                }
                if (found.Count > count)
                {
                    found[^1].Dispose();
                    found.RemoveRange(count, found.Count - count);
                    return (found, count == 0 ? null : Position(found[^1]));
                }
                looked += candidates.Count;
                if (candidates.Count < Step)
                    return (found, null);
                after = candidates[^1];
                // Who finds little reads on with the next page.
                if (looked >= RecordSearch.MaxOpened)
                    return (found, after);
            }
        }
        catch
        {
            found.ForEach(one => one.Dispose());
            throw;
        }
    }

    /// <summary>Where a version stands in the order.</summary>
    public static RecordVersion Position(ReadableRecord record) =>
        new(record.Written.ToUnixTimeMilliseconds(), record.RecordKey, record.Version);

    private static async Task<IReadOnlyList<RecordVersion>> CandidatesAsync(
        LedgerContext context,
        IReadOnlyList<string> compartments,
        long since,
        RecordVersion? after,
        CancellationToken cancellation
    )
    {
        // By the compartments first: what others have, however much, costs nothing.
        var read = context
            .Compartments.AsNoTracking()
            .Where(c => compartments.Contains(c.PatientKey))
            .Join(
                context.Records,
                c => new { c.RecordKey, c.Version },
                r => new { r.RecordKey, r.Version },
                (_, r) =>
                    new
                    {
                        r.Written,
                        r.RecordKey,
                        r.Version,
                    }
            )
            .Where(r => r.Written >= since);
        if (after is not null)
        {
            read = read.Where(r =>
                r.Written < after.Written
                || (
                    r.Written == after.Written
                    && (
                        string.Compare(r.RecordKey, after.RecordKey) > 0
                        || (r.RecordKey == after.RecordKey && r.Version < after.Version)
                    )
                )
            );
        }
        return await read.Distinct()
            .OrderByDescending(r => r.Written)
            .ThenBy(r => r.RecordKey)
            .ThenByDescending(r => r.Version)
            .Take(Step)
            .Select(r => new RecordVersion(r.Written, r.RecordKey, r.Version))
            .ToListAsync(cancellation);
    }

    private async Task<IReadOnlyList<ReadableRecord>> OpenAsync(
        LedgerContext context,
        IReadOnlyList<RecordVersion> versions,
        ChainView? view,
        CancellationToken cancellation
    )
    {
        if (versions.Count == 0)
            return [];
        var stored = await RecordReader.LoadVersionsAsync(context, versions, cancellation);
        var patients = stored.SelectMany(s => s.Record.Compartments).Select(c => c.PatientKey);
        var states = await ledger.States.LoadAsync(context, patients, cancellation);
        var byVersion = stored.ToDictionary(s => (s.Record.RecordKey, s.Record.Version));
        var order = versions.Select((v, i) => (v, i)).ToDictionary(p => (p.v.RecordKey, p.v.Version), p => p.i);
        void Refuse(StoredRecord record, DenyReason reason) => log.Refused(record, reason);
        var opened = new List<ReadableRecord>();
        foreach (var one in new RecordOpener(_store.Vault, ledger.Gate).Open(stored, request, states, view, Refuse))
        {
            opened.Add(new ReadableRecord(byVersion[(one.RecordKey, one.Version)], one));
            log.Permitted(one);
        }
        return [.. opened.OrderBy(o => order[(o.RecordKey, o.Version)])];
    }
}
