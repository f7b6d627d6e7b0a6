using MedLedger.Api.Cli;
using MedLedger.Api.Integrity;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// Seals what stands under former epochs of segments again, with new content keys under the newest epoch, and deletes the
/// former ones: a segment key that leaked before a revocation then opens nothing that the database has. It goes on where
/// it was cut off, since the former segments themselves are what is left to do.
/// </summary>
/// <param name="store">The data folder, held for writing.</param>
/// <param name="batch">Record versions in one transaction.</param>
internal sealed class Resealing(Store store, int batch = Resealing.DefaultBatch)
{
    private const int DefaultBatch = 100;
    private readonly HashSet<(string RecordKey, int Version)> _failed = [];

    /// <summary>Versions that do not open; they stay as they are, and <c>fsck</c> names them.</summary>
    public int Failed => _failed.Count;

    /// <summary>Record versions that stand under a former epoch.</summary>
    public async Task<long> WaitingAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        return await Under(context, await FormerAsync(context, cancellation)).LongCountAsync(cancellation);
    }

    /// <summary>Seals all of them again; answers how many.</summary>
    public async Task<long> RunAsync(IProgress<Progressed>? progress, CancellationToken cancellation)
    {
        var total = Math.Max(1, await WaitingAsync(cancellation));
        for (var done = 0L; ; )
        {
            var step = await StepAsync(cancellation);
            done += step;
            progress?.Report(new(Math.Min(1, (double)done / total), done, "record versions"));
            if (step == 0)
                return done;
        }
    }

    /// <summary>Does one transaction's worth; answers how many versions it sealed again, 0 when nothing is left.</summary>
    public async Task<int> StepAsync(CancellationToken cancellation)
    {
        await using var look = store.CreateDbContext();
        if ((await FormerAsync(look, cancellation)).Count == 0)
            return 0;
        using var turn = await store.WritingAsync(cancellation);
        using var rewriting = store.Roots.Rewriting();
        await using var context = store.CreateDbContext();
        await using var transaction = await context.Database.BeginTransactionAsync(cancellation);
        var former = await FormerAsync(context, cancellation);
        var waiting = await Under(context, former)
            .OrderBy(c => c.RecordKey)
            .ThenBy(c => c.Version)
            .Select(c => new { c.RecordKey, c.Version })
            .Distinct()
            .Take(batch + _failed.Count)
            .ToListAsync(cancellation);
        var versions = waiting
            .Select(w => (w.RecordKey, w.Version))
            .Where(w => !_failed.Contains(w))
            .Take(batch)
            .ToList();
        var count = versions.Count == 0 ? 0 : await ResealAsync(context, [.. versions], cancellation);
        await RemoveEmptyAsync(context, former, cancellation);
        await transaction.CommitAsync(cancellation);
        // Without this the old bytes would stay in the write-ahead log until it is full.
        if (waiting.Count <= versions.Count)
            await context.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)", cancellation);
        return versions.Count == 0 ? 0 : Math.Max(1, count);
    }

    private async Task<int> ResealAsync(
        LedgerContext context,
        HashSet<(string RecordKey, int Version)> versions,
        CancellationToken cancellation
    )
    {
        var keys = versions.Select(v => v.RecordKey).Distinct(StringComparer.Ordinal).ToList();
        var page = await RecordPage.LoadAsync(context, keys, cancellation);
        var newest = new Dictionary<string, Segment>(StringComparer.Ordinal);
        using var sealing = store.Vault.BeginSealing();
        using var opening = store.Vault.BeginOpening();
        var count = 0;
        foreach (var row in page.Records.Where(r => versions.Contains((r.RecordKey, r.Version))))
        {
            var rows = page.KeysOf(row);
            var targets = new List<Segment>();
            foreach (var one in rows)
                targets.Add(await NewestAsync(context, one.Segment, newest, cancellation));
            if (sealing.Reseal(opening, row.ToSealed(), rows, targets) is not { } again)
            {
                _failed.Add((row.RecordKey, row.Version));
                continue;
            }
            Stage(context, row, again);
            count++;
        }
        context.Encapsulations.AddRange(sealing.Encapsulations);
        await context.SaveChangesAsync(cancellation);
        return count;
    }

    private static void Stage(LedgerContext context, RecordRow row, SealedRecord again)
    {
        // Without its compartments, which would come along.
        var stored = new RecordRow
        {
            RecordKey = row.RecordKey,
            Version = row.Version,
            Content = again.Content,
            Written = row.Written,
            IsDeleted = row.IsDeleted,
        };
        context.Attach(stored).Property(r => r.Content).IsModified = true;
        foreach (var compartment in again.Compartments)
        {
            var entry = context.Attach(CompartmentRow.Of(again, compartment));
            entry.Property(c => c.EncapsulationId).IsModified = true;
            entry.Property(c => c.Sequence).IsModified = true;
            entry.Property(c => c.KeyShare).IsModified = true;
        }
    }

    private static async Task<Segment> NewestAsync(
        LedgerContext context,
        Segment segment,
        Dictionary<string, Segment> known,
        CancellationToken cancellation
    )
    {
        if (!known.TryGetValue(segment.ClassKey, out var newest))
        {
            newest = await context
                .Segments.AsNoTracking()
                .Where(s => s.ClassKey == segment.ClassKey && s.PatientKey == segment.PatientKey)
                .OrderByDescending(s => s.Epoch)
                .FirstAsync(cancellation);
            known.Add(segment.ClassKey, newest);
        }
        return newest;
    }

    // A former segment that nothing stands under any more goes, with all its stanzas.
    private static async Task RemoveEmptyAsync(
        LedgerContext context,
        IReadOnlyList<string> former,
        CancellationToken cancellation
    )
    {
        var used = await context
            .Encapsulations.Where(e => former.Contains(e.SegmentId))
            .Where(e => context.Compartments.Any(c => c.EncapsulationId == e.Id))
            .Select(e => e.SegmentId)
            .Distinct()
            .ToListAsync(cancellation);
        var empty = former.Except(used, StringComparer.Ordinal).ToList();
        await context.Stanzas.Where(s => empty.Contains(s.SegmentId)).ExecuteDeleteAsync(cancellation);
        await context.Encapsulations.Where(e => empty.Contains(e.SegmentId)).ExecuteDeleteAsync(cancellation);
        await context.Segments.Where(s => empty.Contains(s.Id)).ExecuteDeleteAsync(cancellation);
    }

    private static Task<List<string>> FormerAsync(LedgerContext context, CancellationToken cancellation) =>
        context
            .Segments.Where(s => context.Segments.Any(o => o.ClassKey == s.ClassKey && o.Epoch > s.Epoch))
            .Select(s => s.Id)
            .ToListAsync(cancellation);

    private static IQueryable<CompartmentRow> Under(LedgerContext context, IReadOnlyCollection<string> segments) =>
        context
            .Encapsulations.Where(e => segments.Contains(e.SegmentId))
            .Join(context.Compartments, e => e.Id, c => c.EncapsulationId, (e, c) => c);
}
