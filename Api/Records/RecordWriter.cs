using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// One write transaction: records are sealed and stored with their segments, leaves and tokens, all or nothing, by
/// <see cref="CommitAsync"/>. Not to be used again after it, nor after a failure: a sealing context is never rebuilt.
/// </summary>
internal sealed class RecordWriter : IAsyncDisposable
{
    private readonly LedgerContext _context;
    private readonly Store _store;
    private readonly RecordVault _vault;
    private readonly SealingTransaction _sealing;
    private readonly IDisposable _turn;
    private readonly long _now;
    private readonly StagedRows _rows = new();
    private readonly Dictionary<string, WriteCompartment> _compartments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Segment> _segments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<CompartmentRow>> _versions = new(StringComparer.Ordinal);
    private readonly HashSet<(string RecordKey, int Version)> _deleted = [];
    private readonly Dictionary<string, string> _keys = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, StagedVersion> _staged = new(StringComparer.Ordinal);

    private RecordWriter(LedgerContext context, Store store, IDisposable turn)
    {
        _turn = turn;
        _context = context;
        _store = store;
        _vault = store.Vault;
        _now = store.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _sealing = _vault.BeginSealing();
    }

    /// <summary>Opens a write transaction.</summary>
    public static async Task<RecordWriter> BeginAsync(Store store, CancellationToken cancellation)
    {
        var turn = await store.WritingAsync(cancellation);
        try
        {
            await store.Roots.RootAsync(cancellation); // nothing is written on top of rows that somebody changed
            var context = store.CreateDbContext();
            context.ChangeTracker.AutoDetectChangesEnabled = false;
            return new RecordWriter(context, store, turn);
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>Reads what is there of these records, in one query.</summary>
    public async Task LoadAsync(IReadOnlyCollection<string> references, CancellationToken cancellation)
    {
        var keys = references.Select(KeyOf).Where(key => !_versions.ContainsKey(key)).ToHashSet(StringComparer.Ordinal);
        foreach (var key in keys)
            _versions[key] = [];
        var rows = await _context
            .Compartments.AsNoTracking()
            .Where(c => keys.Contains(c.RecordKey))
            .Select(c => new CompartmentRow
            {
                RecordKey = c.RecordKey,
                Version = c.Version,
                PatientKey = c.PatientKey,
                ContentTag = c.ContentTag,
                EncapsulationId = "",
                Sequence = 0,
                KeyShare = Array.Empty<byte>(),
                Facts = Array.Empty<byte>(),
            })
            .ToListAsync(cancellation);
        foreach (var row in rows)
            _versions[row.RecordKey].Add(row);
        var deleted = await _context
            .Records.Where(r => r.IsDeleted && keys.Contains(r.RecordKey))
            .Select(r => new { r.RecordKey, r.Version })
            .ToListAsync(cancellation);
        _deleted.UnionWith(deleted.Select(r => (r.RecordKey, r.Version)));
    }

    /// <summary>The newest version of a record that was loaded or written here; 0 when there is none.</summary>
    public int VersionOf(string reference) =>
        _versions.GetValueOrDefault(KeyOf(reference)) is { Count: > 0 } versions ? versions.Max(v => v.Version) : 0;

    /// <summary>When what is written here was written.</summary>
    public DateTimeOffset Written => DateTimeOffset.FromUnixTimeMilliseconds(_now);

    /// <summary>When the newest version that is stored was written.</summary>
    public async Task<DateTimeOffset> WrittenAsync(string reference, CancellationToken cancellation)
    {
        var (key, version) = (KeyOf(reference), VersionOf(reference));
        var written = await _context
            .Records.Where(r => r.RecordKey == key && r.Version == version)
            .Select(r => r.Written)
            .FirstAsync(cancellation);
        return DateTimeOffset.FromUnixTimeMilliseconds(written);
    }

    /// <summary>
    /// Seals and stages one resource.
    /// </summary>
    /// <param name="record">The resource.</param>
    /// <param name="patientKeys">Keys of all its compartments; none for a resource of no patient.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="reason">Why it is written.</param>
    /// <returns>What became of it, with the reason when it was rejected.</returns>
    public async Task<(WriteOutcome Outcome, string? Reason)> WriteAsync(
        PreparedRecord record,
        IReadOnlyList<string> patientKeys,
        CancellationToken cancellation,
        WriteReason reason = WriteReason.Import
    )
    {
        var compartments = new List<WriteCompartment>();
        foreach (var patientKey in patientKeys)
        {
            var own =
                record.Type == "Patient" && _vault.PatientKey(record.Reference) == patientKey ? record.Reference : null;
            var compartment = await CompartmentAsync(patientKey, own, create: own is not null, cancellation);
            if (compartment is null)
                return (WriteOutcome.Rejected, "of a patient who is not known here, or was erased");
            compartments.Add(compartment);
        }
        if (compartments.Count == 0)
            compartments.Add((await CompartmentAsync(_vault.OrganizationKey, null, create: true, cancellation))!);

        var key = KeyOf(record.Reference);
        if (_staged.ContainsKey(key))
            SealStaged(); // what it is compared with is there then
        if (!_versions.TryGetValue(key, out var versions))
        {
            await LoadAsync([record.Reference], cancellation);
            versions = _versions[key];
        }
        // A Consent stays its patient's: else somebody else's Consent of the same id would take its place.
        if (
            record.Type == "Consent"
            && versions.Exists(v => compartments.TrueForAll(c => c.Row.PatientKey != v.PatientKey))
        )
            return (WriteOutcome.Rejected, "of an id that is taken");
        var newest = versions.Count == 0 ? 0 : versions.Max(v => v.Version);
        if (reason != WriteReason.Deletion && newest > 0 && IsKnown(key, newest, record, compartments[0], reason))
            return (WriteOutcome.Unchanged, null);

        if (newest > 0 && reason != WriteReason.Deletion)
            record = record.With(await RaisedAsync(key, newest, versions, cancellation));
        foreach (var compartment in compartments)
        {
            compartment.Positions ??= new LeafPositions(
                await _store.Roots.LeavesToWriteAsync(_context, compartment.Row.PatientKey, cancellation)
            );
            if (compartment.Row.Index >= 0 && !compartment.Positions.HasRoomFor(key))
                return (WriteOutcome.Rejected, "beyond the 16,384 records that one patient can have");
        }

        var segments = new List<Segment>();
        foreach (var compartment in compartments)
        {
            if (await SegmentAsync(compartment, record.SensitivityClass, cancellation) is { } segment)
                segments.Add(segment);
        }
        if (segments.Count < compartments.Count || !_sealing.TryPrepare(segments))
            return (WriteOutcome.Rejected, "of a patient whose keys cannot be had");
        var isNew = newest == 0 || _deleted.Contains((key, newest));
        var staged = new StagedVersion(_sealing, record, newest + 1)
        {
            Key = key,
            IsDeletion = reason == WriteReason.Deletion,
            IsNew = isNew,
            Time = _now,
        };
        foreach (var (compartment, segment) in compartments.Zip(segments))
            staged.Add(compartment, segment, compartment.Positions!.Take(key));
        _staged.Add(key, staged);
        versions.AddRange(staged.Placeholders);
        if (record.Type == "Consent")
            compartments.ForEach(StageChange);
        if (staged.IsDeletion)
            _deleted.Add((key, newest + 1));
        return (isNew ? WriteOutcome.Created : WriteOutcome.Updated, null);
    }

    private bool IsKnown(
        string key,
        int newest,
        PreparedRecord record,
        WriteCompartment compartment,
        WriteReason reason
    )
    {
        var tag = compartment.Index.ContentTag(key, record.Content.Span);
        return _versions[key]
            .Exists(v =>
                v.PatientKey == compartment.Row.PatientKey
                && v.ContentTag.AsSpan().SequenceEqual(tag)
                && (reason == WriteReason.Import || (v.Version == newest && !_deleted.Contains((key, newest))))
            );
    }

    // All at once, on all processors: it takes longer than everything else of a write but its rows.
    private void SealStaged()
    {
        Parallel.ForEach(_staged.Values, one => one.Seal());
        foreach (var (key, one) in _staged)
        {
            var rows = one.Stage(_rows);
            var versions = _versions[key];
            versions.RemoveAll(v => v.Version == rows[0].Version);
            versions.AddRange(rows);
        }
        _staged.Clear();
    }

    private string KeyOf(string reference)
    {
        if (!_keys.TryGetValue(reference, out var key))
            _keys.Add(reference, key = _vault.RecordKey(reference));
        return key;
    }

    // What the patient raised stays on the versions that follow.
    private async Task<IReadOnlyList<LabelGround>> RaisedAsync(
        string key,
        int newest,
        List<CompartmentRow> versions,
        CancellationToken cancellation
    )
    {
        var row = versions.First(v => v.Version == newest);
        if (row.Facts.Length == 0) // read without them
            row = await _context
                .Compartments.AsNoTracking()
                .FirstAsync(
                    c => c.RecordKey == key && c.Version == newest && c.PatientKey == row.PatientKey,
                    cancellation
                );
        return _vault.RaisedLabels(key, newest, row.ToSealed());
    }

    /// <summary>The current records of a compartment with this key, by the patients that hold them.</summary>
    public async Task<IReadOnlyList<string>> OwnersAsync(string reference, CancellationToken cancellation)
    {
        await LoadAsync([reference], cancellation);
        return
        [
            .. _versions[KeyOf(reference)]
                .Select(v => v.PatientKey)
                .Where(k => k != _vault.OrganizationKey)
                .Distinct(StringComparer.Ordinal),
        ];
    }

    /// <summary>Stages more rows for the same transaction (a log entry, a job's state).</summary>
    public LedgerContext Context => _context;

    /// <summary>
    /// Makes everything durable, together with log entries that carry the record root after it. Nothing is logged when no
    /// record was written.
    /// </summary>
    /// <param name="audit">The log.</param>
    /// <param name="entries">What happened; their root is set here.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The index that the log gave; null when nothing was logged.</returns>
    public async Task<long?> CommitAsync(
        AuditTrail audit,
        IReadOnlyList<AuditEvent> entries,
        CancellationToken cancellation
    )
    {
        SealStaged();
        _context.Encapsulations.AddRange(_sealing.Encapsulations);
        var changed = _compartments.Values.Where(c => c.Written.Count > 0).ToList();
        SealedWrite.HashLeaves(changed.SelectMany(c => c.Written.Select(w => w.Write)).Distinct());
        var leaves = changed.ToDictionary(c => c.Row, c => c.Leaves);
        if (leaves.Count == 0)
        {
            await _context.SaveChangesAsync(cancellation);
            return null;
        }
        return await _store.Roots.CommitAsync(
            _context,
            leaves,
            audit,
            entries,
            cancellation,
            () => _rows.Insert(_context)
        );
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _sealing.Dispose();
        foreach (var compartment in _compartments.Values)
            compartment.Index.Dispose();
        await _context.DisposeAsync();
        _turn.Dispose();
    }

    // Grants follow their consents; until they do, the row says that they are to be made anew.
    private void StageChange(WriteCompartment compartment)
    {
        if (compartment.Row.Index < 0)
            return;
        if (compartment.State is null)
        {
            compartment.State = new ConsentStateRow { PatientKey = compartment.Row.PatientKey, Classes = [] };
            _context.Add(compartment.State);
        }
        compartment.State.Change = ConsentStateRow.NewChange();
        if (_context.Entry(compartment.State).State != EntityState.Added)
            _context.Entry(compartment.State).Property(state => state.Change).IsModified = true;
    }

    private async Task<WriteCompartment?> CompartmentAsync(
        string patientKey,
        string? reference,
        bool create,
        CancellationToken cancellation
    )
    {
        if (_compartments.TryGetValue(patientKey, out var known))
            return known;
        var row = await _context.Patients.FindAsync([patientKey], cancellation);
        if (row is null && create)
        {
            // Keys are durable before the row is: a crash leaves keys of nobody, never a row without keys.
            if (!_vault.TryCreateCompartment(patientKey))
                return null;
            var last = await _context.Patients.MaxAsync(p => (int?)p.Index, cancellation) ?? -1;
            var pending = _compartments.Values.Select(c => c.Row.Index).DefaultIfEmpty(-1).Max();
            using var signer = reference is null ? null : PatientSigner.Open(_vault, patientKey);
            row = new PatientRow
            {
                PatientKey = patientKey,
                Index = reference is null ? -1 : Math.Max(last, pending) + 1,
                Reference = reference is null ? [] : _vault.SealReference(patientKey, reference)!,
                Commitment = signer?.Commitment.ToBytes() ?? [],
                Custody = signer?.Custody ?? Custody.Operator,
            };
            _context.Patients.Add(row);
        }
        if (row is null || row.Erased is not null || _vault.OpenIndex(patientKey) is not { } index)
            return null;
        var state = await _context.Set<ConsentStateRow>().FindAsync([patientKey], cancellation);
        var classes = ExceptionClasses.Open(_vault, patientKey, state?.Classes ?? []);
        var compartment = new WriteCompartment(row, index, classes) { State = state };
        _compartments.Add(patientKey, compartment);
        return compartment;
    }

    private async Task<Segment?> SegmentAsync(WriteCompartment compartment, string name, CancellationToken cancellation)
    {
        var classKey = compartment.Index.ClassKey(name);
        if (_segments.TryGetValue(classKey, out var segment))
            return segment;
        segment = await Segments.NewestAsync(
            _context,
            _vault,
            compartment.Row.PatientKey,
            name,
            classKey,
            cancellation
        );
        if (segment is null)
            return null;
        _segments.Add(classKey, segment);
        return segment;
    }
}
