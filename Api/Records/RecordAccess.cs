using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Records;

/// <summary>
/// The one way from sealed rows to a response: load, decide, open what is permitted, log, answer. What is denied and what
/// is not there are the same answer at the same cost.
/// </summary>
internal sealed class RecordAccess(OpenLedger ledger)
{
    private readonly Store _store = ledger.Store;

    /// <summary>
    /// One record in its newest version, or in a given one; null when there is nothing for this caller. The caller of this
    /// method disposes it. The log has the decision before this returns.
    /// </summary>
    /// <param name="request">Who asks, for what; whose record it is, storage says.</param>
    /// <param name="reference"><c>Type/id</c>.</param>
    /// <param name="version">From 1; null for the newest.</param>
    /// <param name="interaction">The FHIR interaction, for the log.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<ReadableRecord?> ReadAsync(
        AccessRequest request,
        string reference,
        int? version,
        string interaction,
        CancellationToken cancellation
    )
    {
        var key = _store.Vault.RecordKey(reference);
        var log = new AccessLog(request, interaction, _store.Vault.OrganizationKey);
        ReadableRecord? readable = null;
        // Given back before the log's turn: who waits for the disk holds no connection.
        await using (var context = _store.CreateDbContext())
        {
            var organization = _store.Vault.OrganizationKey;
            var stored = await RecordReader.NearestAsync(context, key, version, organization, cancellation);
            if (stored is null)
            {
                log.Absent(reference);
            }
            else
            {
                var isThere =
                    stored.Record.RecordKey == key && stored.Record.Version == (version ?? stored.Record.Version);
                var opened = await OpenAsync(context, [stored], request, log, reference, isThere, cancellation);
                readable = opened is [var one] ? one : null;
            }
        }
        await AppendAsync(log, readable, cancellation);
        return readable;
    }

    /// <summary>All versions of a record that this caller may see, the newest first; empty when there is nothing for them.</summary>
    public async Task<IReadOnlyList<ReadableRecord>> HistoryAsync(
        AccessRequest request,
        string reference,
        CancellationToken cancellation
    )
    {
        await using var context = _store.CreateDbContext();
        var key = _store.Vault.RecordKey(reference);
        var log = new AccessLog(request, "history", _store.Vault.OrganizationKey);
        var nearest = await RecordReader.NearestAsync(context, key, null, _store.Vault.OrganizationKey, cancellation);
        var isThere = nearest?.Record.RecordKey == key;
        var versions = nearest is null
            ? []
            : await RecordReader.VersionsAsync(context, nearest.Record.RecordKey, cancellation);
        if (versions.Count == 0)
            log.Absent(reference);
        var opened = await OpenAsync(context, versions, request, log, reference, isThere, cancellation);
        await AppendAsync(log, opened, cancellation);
        return opened;
    }

    /// <summary>Logs what a request came to; the opened records are closed again when that fails.</summary>
    private async Task AppendAsync(AccessLog log, IEnumerable<ReadableRecord> opened, CancellationToken cancellation)
    {
        try
        {
            await ledger.Audit.AppendAsync(log.Events(), cancellation);
        }
        catch
        {
            foreach (var one in opened)
                one.Dispose();
            throw;
        }
    }

    private Task AppendAsync(AccessLog log, ReadableRecord? opened, CancellationToken cancellation) =>
        AppendAsync(log, opened is null ? [] : [opened], cancellation);

    /// <summary>Decides on rows, and opens what is permitted and <paramref name="isThere"/>.</summary>
    private async Task<IReadOnlyList<ReadableRecord>> OpenAsync(
        LedgerContext context,
        IReadOnlyList<StoredRecord> records,
        AccessRequest request,
        AccessLog log,
        string reference,
        bool isThere,
        CancellationToken cancellation
    )
    {
        var patients = records
            .SelectMany(r => r.Record.Compartments)
            .Select(c => c.PatientKey)
            .ToHashSet(StringComparer.Ordinal);
        // Where all is the caller's own, and only there, less is asked, and the chain not at all: no consent decides then.
        var own = ledger.States.OwnOf(request);
        var isOwn = isThere && patients.IsSubsetOf(own.Keys);
        var states = await ledger.States.LoadAsync(context, patients, cancellation, isOwn ? own : null);
        var view = isOwn ? null : await ledger.Chain.RecentViewAsync(cancellation);
        var opener = new RecordOpener(_store.Vault, ledger.Gate);
        if (!isThere)
        {
            opener.Decide(records, request, states, view);
            log.Absent(reference);
            return [];
        }
        var byKey = records.ToDictionary(r => (r.Record.RecordKey, r.Record.Version));
        var readable = new List<ReadableRecord>();
        void Refuse(StoredRecord record, DenyReason reason) => log.Refused(record, reason, reference);
        foreach (var opened in opener.Open(records, request, states, view, Refuse))
        {
            readable.Add(new ReadableRecord(byKey[(opened.RecordKey, opened.Version)], opened));
            log.Permitted(opened);
        }
        return readable;
    }
}
