using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>What a relabelling did.</summary>
/// <param name="Looked">Records that were looked at.</param>
/// <param name="Changed">Records that got other labels.</param>
/// <param name="Failed">Versions that do not open.</param>
internal readonly record struct LabelReport(long Looked, long Changed, int Failed);

/// <summary>
/// Labels all records anew when the rules or the model are others than those that labelled them. It goes on where it was
/// cut off: how far it came is committed with what it did.
/// </summary>
/// <param name="store">The data folder, held for writing.</param>
/// <param name="audit">The log.</param>
/// <param name="batch">Records in one transaction.</param>
internal sealed class LabelJob(Store store, AuditTrail audit, int batch = LabelJob.DefaultBatch)
{
    private const int DefaultBatch = 50;
    private const string Setting = "labelled";
    private const string Whole = "*";
    private const char Between = '\n';

    private static string Version => $"{SensitivityRules.BuiltIn.Version} {TextFindings.Version}";

    /// <summary>Notes that a folder without records needs no labelling; does nothing otherwise.</summary>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        if (await context.Settings.AnyAsync(s => s.Name == Setting, cancellation))
            return;
        if (await context.Records.AnyAsync(cancellation))
            return;
        context.Add(new SettingRow { Name = Setting, Value = Version + Between + Whole });
        await context.SaveChangesAsync(cancellation);
    }

    /// <summary>Whether there is something to do.</summary>
    public async Task<bool> IsDueAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        return PlaceOf(await context.Settings.FindAsync([Setting], cancellation)) != Whole;
    }

    /// <summary>Labels all records, from the first one on when <paramref name="again"/> says so.</summary>
    public async Task<LabelReport> RunAsync(bool again, IProgress<Progressed>? progress, CancellationToken cancellation)
    {
        await using (var context = store.CreateDbContext())
        {
            if (again)
                await context.Settings.Where(s => s.Name == Setting).ExecuteDeleteAsync(cancellation);
        }
        var total = Math.Max(1, await LeftAsync(cancellation));
        var all = new LabelReport(0, 0, 0);
        while (true)
        {
            var step = await StepAsync(cancellation);
            all = new LabelReport(all.Looked + step.Looked, all.Changed + step.Changed, all.Failed + step.Failed);
            progress?.Report(new(Math.Min(1, (double)all.Looked / total), all.Looked, "records"));
            if (step.Looked == 0)
                return all;
        }
    }

    /// <summary>Does one transaction's worth; it looked at nothing when nothing is left.</summary>
    public async Task<LabelReport> StepAsync(CancellationToken cancellation)
    {
        using var turn = await store.WritingAsync(cancellation);
        await using var context = store.CreateDbContext();
        context.ChangeTracker.AutoDetectChangesEnabled = false;
        var setting = await context.Settings.FindAsync([Setting], cancellation);
        var place = PlaceOf(setting);
        if (place == Whole)
            return default;
        var keys = await Keys(context, place).OrderBy(k => k).Take(batch).ToListAsync(cancellation);
        var value = Version + Between + (keys.Count == 0 ? Whole : keys[^1]);
        if (setting is null)
            context.Add(new SettingRow { Name = Setting, Value = value });
        else
        {
            setting.Value = value;
            context.Entry(setting).Property(s => s.Value).IsModified = true;
        }
        using var relabelling = new RecordRelabelling(store, context);
        await relabelling.StageAsync(keys, raised => raised, cancellation);
        var like = new AuditEvent
        {
            Action = AuditAction.Relabelled,
            PatientKey = store.Vault.OrganizationKey,
            Agent = "labelling",
            Interaction = "relabel",
        };
        await relabelling.CommitAsync(audit, like, cancellation);
        return new LabelReport(keys.Count, relabelling.Changed, relabelling.Failed);
    }

    /// <summary>Changes what a patient raised on one record; false when it does not open.</summary>
    /// <param name="reference"><c>Type/id</c>.</param>
    /// <param name="change">What is raised afterwards, of what was before.</param>
    /// <param name="like">The log entry.</param>
    /// <param name="cancellation">Ends it before it is written.</param>
    public async Task<bool> RaiseAsync(
        string reference,
        Func<IReadOnlyList<LabelGround>, IReadOnlyList<LabelGround>> change,
        AuditEvent like,
        CancellationToken cancellation
    )
    {
        using var turn = await store.WritingAsync(cancellation);
        await using var context = store.CreateDbContext();
        context.ChangeTracker.AutoDetectChangesEnabled = false;
        using var relabelling = new RecordRelabelling(store, context);
        await relabelling.StageAsync([store.Vault.RecordKey(reference)], change, cancellation);
        if (relabelling.Failed > 0)
            return false;
        await relabelling.CommitAsync(audit, like with { Entities = [reference] }, cancellation);
        return true;
    }

    // The key of the last record that was labelled by these rules; empty at the beginning.
    private static string PlaceOf(SettingRow? setting) =>
        setting?.Value.Split(Between) is [var version, var place] && version == Version ? place : "";

    private async Task<long> LeftAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var place = PlaceOf(await context.Settings.FindAsync([Setting], cancellation));
        return place == Whole ? 0 : await Keys(context, place).LongCountAsync(cancellation);
    }

    private static IQueryable<string> Keys(LedgerContext context, string after) =>
        context
            .Records.AsNoTracking()
            .Where(r => r.Version == 1 && string.Compare(r.RecordKey, after) > 0)
            .Select(r => r.RecordKey);
}
