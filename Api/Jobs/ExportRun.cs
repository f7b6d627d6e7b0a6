using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Jobs;

/// <summary>
/// One run of an export: compartment after compartment, it lists what the gate permits the caller at this moment, by type.
/// Nothing is copied; the list says which records the files are made of.
/// </summary>
internal sealed class ExportRun(OpenLedger ledger, string id, ExportContent content)
{
    /// <summary>At most so many records are in one file.</summary>
    public const int FileSize = 5000;

    /// <summary>At most so many patients are in one export.</summary>
    public const int MaxPatients = 100_000;

    private const int Step = 1000;
    private readonly Dictionary<(string Type, bool IsOfDeleted), List<string>> _lists = [];
    private readonly HashSet<string> _shared = new(StringComparer.Ordinal);
    private readonly ExportSelection _selection = new(content, ledger.Store.Time.GetUtcNow());
    private int _files;

    /// <summary>Runs it to its end, or until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var now = ledger.Store.Time.GetUtcNow();
        await using var context = ledger.Store.CreateDbContext();
        // What an interrupted run left is listed anew.
        await context.Set<ExportFileRow>().Where(f => f.ExportId == id).ExecuteDeleteAsync(cancellation);
        var compartments = Compartments(context);
        for (var done = 0; done < compartments.Count; done++)
        {
            if (!await TellAsync(context, done, compartments.Count, cancellation))
                return;
            await LookThroughAsync(context, compartments[done], cancellation);
        }
        if (!await TellAsync(context, compartments.Count, compartments.Count, cancellation))
            return;
        foreach (var list in _lists.Keys.OrderBy(l => l.Type, StringComparer.Ordinal).ToList())
            await FlushAsync(context, list, cancellation);
        var whole = content with { TransactionTime = now };
        await context
            .Set<ExportRow>()
            .Where(e => e.Id == id)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(e => e.State, ExportState.Completed)
                        .SetProperty(e => e.Content, whole.Seal(ledger.Store, id))
                        .SetProperty(e => e.Expires, (now + ExportJobs.Lifetime).ToUnixTimeSeconds()),
                cancellation
            );
    }

    private IReadOnlyList<string> Compartments(LedgerContext context)
    {
        var asking = content.Asking(ledger.Store.Time.GetUtcNow());
        var finder = new RecordSearch(ledger, asking, NewLog());
        var all = finder.Compartments(context, MaxPatients);
        var organization = ledger.Store.Vault.OrganizationKey;
        return
        [
            .. all.Where(key =>
                key == organization
                    ? content.HasOrganization
                    : content.PatientKeys?.Contains(key, StringComparer.Ordinal) != false
            ),
        ];
    }

    private async Task LookThroughAsync(LedgerContext context, string compartment, CancellationToken cancellation)
    {
        // A chain out of reach is no refusal: the job waits.
        await ledger.Chain.RequireViewAsync(cancellation);
        var log = NewLog();
        var asking = content.Asking(ledger.Store.Time.GetUtcNow());
        var query = new CompartmentQuery("") { Types = content.Types, Since = content.Since };
        var keys = await CompartmentRecords.KeysAsync(context, ledger.Store.Vault, compartment, query, cancellation);
        await ListAsync(keys, isOfDeleted: false);
        // Bulk Data Access 2.0: what was deleted since the export before, for who could see the record.
        if (content.Since > 0)
        {
            var deleted = CompartmentRecords.DeletedAsync(context, compartment, content.Since, cancellation);
            await ListAsync(await deleted, isOfDeleted: true);
        }
        await ledger.Audit.AppendAsync(log.Events(), cancellation);

        async Task ListAsync(IReadOnlyList<string> keys, bool isOfDeleted)
        {
            foreach (var part in keys.Chunk(Step))
            {
                var finder = new RecordSearch(ledger, asking, log);
                var opened = await finder.OpenAsync(context, part, cancellation, isOfDeleted);
                foreach (var record in opened)
                {
                    using (record)
                    {
                        // A record of several patients is listed once.
                        if (
                            _selection.Takes(record)
                            && record.IsDeleted == isOfDeleted
                            && (record.PatientKeys.Count <= 1 || _shared.Add(record.RecordKey))
                        )
                            List(record).Add(record.RecordKey);
                    }
                }
                foreach (var full in _lists.Where(one => one.Value.Count >= FileSize).Select(one => one.Key).ToList())
                    await FlushAsync(context, full, cancellation);
            }
        }
    }

    private AccessLog NewLog() =>
        new(content.Asking(ledger.Store.Time.GetUtcNow()), "export", ledger.Store.Vault.OrganizationKey)
        {
            Action = AuditAction.Searched,
        };

    private List<string> List(ReadableRecord record)
    {
        var key = (record.IsDeleted ? ExportFile.Deletions : record.Type, record.IsDeleted);
        if (!_lists.TryGetValue(key, out var list))
            _lists.Add(key, list = []);
        return list;
    }

    private async Task FlushAsync(
        LedgerContext context,
        (string Type, bool IsOfDeleted) list,
        CancellationToken cancellation
    )
    {
        foreach (var keys in _lists[list].Chunk(FileSize))
        {
            _files++;
            var file = new ExportFile(list.Type, keys) { IsOfDeleted = list.IsOfDeleted };
            context.Add(
                new ExportFileRow
                {
                    ExportId = id,
                    Number = _files,
                    Content = file.Seal(ledger.Store, id, _files),
                }
            );
        }
        _lists.Remove(list);
        // A job that was cancelled in between has no row to belong to; the next look at it ends the run.
        if (await context.Set<ExportRow>().AnyAsync(e => e.Id == id, cancellation))
            await context.SaveChangesAsync(cancellation);
        context.ChangeTracker.Clear();
    }

    // False when it was cancelled meanwhile.
    private async Task<bool> TellAsync(LedgerContext context, int done, int total, CancellationToken cancellation) =>
        await context
            .Set<ExportRow>()
            .Where(e => e.Id == id)
            .ExecuteUpdateAsync(
                set => set.SetProperty(e => e.Done, done).SetProperty(e => e.Total, total),
                cancellation
            ) == 1;
}
