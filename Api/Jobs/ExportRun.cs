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
    private readonly Dictionary<string, List<string>> _lists = new(StringComparer.Ordinal);
    private readonly HashSet<string> _shared = new(StringComparer.Ordinal);
    private int _files;

    /// <summary>Runs it to its end, or until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var now = ledger.Store.Time.GetUtcNow();
        await using var context = ledger.Store.CreateDbContext();
        // What an interrupted run left is listed anew.
        await context.Set<ExportFileRow>().Where(f => f.ExportId == id).ExecuteDeleteAsync(cancellation);
        var compartments = await CompartmentsAsync(context, cancellation);
        for (var done = 0; done < compartments.Count; done++)
        {
            if (!await TellAsync(context, done, compartments.Count, cancellation))
                return;
            await LookThroughAsync(context, compartments[done], cancellation);
        }
        if (!await TellAsync(context, compartments.Count, compartments.Count, cancellation))
            return;
        foreach (var type in _lists.Keys.Order(StringComparer.Ordinal).ToList())
            await FlushAsync(context, type, cancellation);
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

    private async Task<IReadOnlyList<string>> CompartmentsAsync(LedgerContext context, CancellationToken cancellation)
    {
        var asking = content.Asking(ledger.Store.Time.GetUtcNow());
        var finder = new RecordSearch(ledger, asking, NewLog());
        var all = await finder.CompartmentsAsync(context, cancellation, MaxPatients);
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
        foreach (var part in keys.Chunk(Step))
        {
            foreach (var record in await new RecordSearch(ledger, asking, log).OpenAsync(context, part, cancellation))
            {
                using (record)
                {
                    if (content.Types?.Contains(record.Type) == false)
                        continue;
                    // A record of several patients is listed once.
                    if (record.PatientKeys.Count <= 1 || _shared.Add(record.RecordKey))
                        List(record.Type).Add(record.RecordKey);
                }
            }
            foreach (var type in _lists.Where(one => one.Value.Count >= FileSize).Select(one => one.Key).ToList())
                await FlushAsync(context, type, cancellation);
        }
        await ledger.Audit.AppendAsync(log.Events(), cancellation);
    }

    private AccessLog NewLog() =>
        new(content.Asking(ledger.Store.Time.GetUtcNow()), "export", ledger.Store.Vault.OrganizationKey)
        {
            Action = AuditAction.Searched,
        };

    private List<string> List(string type)
    {
        if (!_lists.TryGetValue(type, out var list))
            _lists.Add(type, list = []);
        return list;
    }

    private async Task FlushAsync(LedgerContext context, string type, CancellationToken cancellation)
    {
        foreach (var keys in _lists[type].Chunk(FileSize))
        {
            _files++;
            context.Add(
                new ExportFileRow
                {
                    ExportId = id,
                    Number = _files,
                    Content = new ExportFile(type, keys).Seal(ledger.Store, id, _files),
                }
            );
        }
        _lists.Remove(type);
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
