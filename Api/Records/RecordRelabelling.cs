using MedLedger.Api.Fhir;
using MedLedger.Api.Integrity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Log;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// Gives all versions of some records the labels that the rules say, in one transaction: facts and leaves, and where the
/// class of a segment changes the content is sealed again. The caller holds the writing turn.
/// </summary>
internal sealed class RecordRelabelling(Store store, LedgerContext context) : IDisposable
{
    private readonly RecordLabelling _labelling = new(store.Vault);
    private readonly SealingTransaction _sealing = store.Vault.BeginSealing();
    private readonly Dictionary<string, ExceptionClasses?> _classes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PatientIndex> _indexes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Segment?> _segments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LeafPositions> _positions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<StagedLeaf>> _leaves = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _changed = new(StringComparer.Ordinal);

    /// <summary>Versions that do not open, or are not what the record tree has; they stay as they are, and <c>fsck</c> names them.</summary>
    public int Failed { get; private set; }

    /// <summary>Records that got other labels or grounds.</summary>
    public int Changed => _changed.Values.SelectMany(keys => keys).Distinct(StringComparer.Ordinal).Count();

    /// <summary>Stages the records.</summary>
    /// <param name="keys">Their storage keys.</param>
    /// <param name="raised">What the patient raised, of what they had raised; the same for none.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task StageAsync(
        IReadOnlyList<string> keys,
        Func<IReadOnlyList<LabelGround>, IReadOnlyList<LabelGround>> raised,
        CancellationToken cancellation
    )
    {
        var page = await RecordPage.LoadAsync(context, keys, cancellation);
        foreach (var versions in page.Records.GroupBy(r => r.RecordKey, StringComparer.Ordinal))
        {
            var newest = versions.Max(r => r.Version);
            foreach (var row in versions)
            {
                if (!await StageAsync(page, row, row.Version == newest, raised, cancellation))
                    Failed++;
            }
        }
    }

    /// <summary>Makes it durable, with one log entry for each patient whose records changed.</summary>
    public async Task CommitAsync(AuditTrail audit, AuditEvent like, CancellationToken cancellation)
    {
        context.Encapsulations.AddRange(_sealing.Encapsulations);
        if (_leaves.Count == 0)
        {
            using var rewriting = store.Roots.Rewriting();
            await context.SaveChangesAsync(cancellation);
            return;
        }
        var leaves = new Dictionary<PatientRow, IReadOnlyList<StagedLeaf>>();
        foreach (var (patientKey, staged) in _leaves)
        {
            var patient =
                await context.Patients.FindAsync([patientKey], cancellation)
                ?? throw new InvalidDataException("A patient has no row; the database is damaged.");
            leaves.Add(patient, staged);
        }
        var events = _leaves.Keys.Select(patientKey =>
            like with
            {
                PatientKey = patientKey,
                Note = $"{_changed[patientKey].Count} records",
            }
        );
        await store.Roots.CommitAsync(context, leaves, audit, [.. events], cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _labelling.Dispose();
        _sealing.Dispose();
        foreach (var index in _indexes.Values)
            index.Dispose();
    }

    private async Task<bool> StageAsync(
        RecordPage page,
        RecordRow row,
        bool isNewest,
        Func<IReadOnlyList<LabelGround>, IReadOnlyList<LabelGround>> raised,
        CancellationToken cancellation
    )
    {
        var (sealedRecord, keys) = (row.ToSealed(), page.KeysOf(row));
        if (await KnownAsync(row, cancellation) is not { } classes || keys.Count != row.Compartments.Count)
            return false;
        var leaves = isNewest ? await LeavesAsync(row, cancellation) : null;
        if (isNewest && leaves is null)
            return false;
        var labelled = _labelling.Label(
            sealedRecord,
            keys,
            leaves,
            classes,
            (json, facts) => Labels(json, facts, row.IsDeleted, raised)
        );
        if (labelled is null)
            return false;
        var compartments = row.Compartments.Select(c => labelled.Rows[c.PatientKey].Compartment).ToList();
        var targets = await TargetsAsync(row, labelled.Facts, cancellation);
        if (targets is null)
            return false;
        var isMoved = targets.Any(target => keys.All(k => k.Segment.ClassKey != target.ClassKey));
        if (!isMoved && labelled.Rows.Values.All(one => !one.IsChanged))
            return true;
        var next = sealedRecord with { Compartments = compartments };
        if (isMoved)
        {
            if (_sealing.Reseal(_labelling.Session, next, keys, targets) is not { } moved)
                return false;
            next = moved;
        }
        Attach(row, next, isMoved);
        foreach (var (patientKey, one) in labelled.Rows)
        {
            if (!_changed.TryGetValue(patientKey, out var changed))
                _changed.Add(patientKey, changed = new(StringComparer.Ordinal));
            changed.Add(row.RecordKey);
            if (isNewest && one.IsChanged)
                await StageLeafAsync(row, patientKey, one.Leaf.ToBytes(), cancellation);
        }
        return true;
    }

    // A version that says that the record was deleted keeps the labels of what it was.
    private static ResourceFacts Labels(
        System.Text.Json.JsonElement json,
        ResourceFacts facts,
        bool isDeleted,
        Func<IReadOnlyList<LabelGround>, IReadOnlyList<LabelGround>> raised
    )
    {
        if (isDeleted)
            return facts;
        var content = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(json);
        var found = TextFindings.Of(content, json);
        var own = raised([.. facts.Grounds.Where(ground => ground.Source == LabelGround.Patient)]);
        return SensitivityRules.BuiltIn.Label(ResourceDescription.Of(json).Facts, found, own);
    }

    private async Task<IReadOnlyDictionary<string, ExceptionClasses>?> KnownAsync(
        RecordRow row,
        CancellationToken cancellation
    )
    {
        var known = new Dictionary<string, ExceptionClasses>(StringComparer.Ordinal);
        foreach (var patientKey in row.Compartments.Select(c => c.PatientKey))
        {
            if (!_classes.TryGetValue(patientKey, out var classes))
            {
                var state = await context.Set<ConsentStateRow>().FindAsync([patientKey], cancellation);
                classes = ExceptionClasses.Open(store.Vault, patientKey, state?.Classes ?? []);
                _classes.Add(patientKey, classes);
            }
            if (classes is null)
                return null;
            known.Add(patientKey, classes);
        }
        return known;
    }

    private async Task<IReadOnlyDictionary<string, Fr>?> LeavesAsync(RecordRow row, CancellationToken cancellation)
    {
        var leaves = new Dictionary<string, Fr>(StringComparer.Ordinal);
        foreach (var patientKey in row.Compartments.Select(c => c.PatientKey))
        {
            var current = await store.Roots.LeavesAsync(context, patientKey, cancellation);
            if (current?.Leaf(row.RecordKey) is not { } leaf)
                return null;
            leaves.Add(patientKey, leaf);
        }
        return leaves;
    }

    private async Task<IReadOnlyList<Segment>?> TargetsAsync(
        RecordRow row,
        ResourceFacts facts,
        CancellationToken cancellation
    )
    {
        var name = SensitivityRules.BuiltIn.ClassOf(facts);
        var targets = new List<Segment>();
        foreach (var patientKey in row.Compartments.Select(c => c.PatientKey))
        {
            if (!_indexes.TryGetValue(patientKey, out var index))
            {
                if (store.Vault.OpenIndex(patientKey) is not { } opened)
                    return null;
                _indexes.Add(patientKey, index = opened);
            }
            var classKey = index.ClassKey(name);
            if (!_segments.TryGetValue(classKey, out var segment))
            {
                segment = await Segments.NewestAsync(context, store.Vault, patientKey, name, classKey, cancellation);
                _segments.Add(classKey, segment);
            }
            if (segment is null)
                return null;
            targets.Add(segment);
        }
        return targets;
    }

    private void Attach(RecordRow row, SealedRecord next, bool isMoved)
    {
        if (isMoved)
        {
            // Without its compartments, which would come along.
            var stored = new RecordRow
            {
                RecordKey = row.RecordKey,
                Version = row.Version,
                Content = next.Content,
                Written = row.Written,
                IsDeleted = row.IsDeleted,
            };
            context.Attach(stored).Property(r => r.Content).IsModified = true;
        }
        foreach (var compartment in next.Compartments)
        {
            var entry = context.Attach(CompartmentRow.Of(next, compartment));
            entry.Property(c => c.Facts).IsModified = true;
            if (!isMoved)
                continue;
            entry.Property(c => c.EncapsulationId).IsModified = true;
            entry.Property(c => c.Sequence).IsModified = true;
            entry.Property(c => c.KeyShare).IsModified = true;
        }
    }

    private async Task StageLeafAsync(RecordRow row, string patientKey, byte[] leaf, CancellationToken cancellation)
    {
        if (!_positions.TryGetValue(patientKey, out var positions))
        {
            positions = new LeafPositions(await store.Roots.LeavesToWriteAsync(context, patientKey, cancellation));
            _positions.Add(patientKey, positions);
        }
        if (!_leaves.TryGetValue(patientKey, out var staged))
            _leaves.Add(patientKey, staged = []);
        staged.Add(new StagedLeaf(row.RecordKey, positions.Take(row.RecordKey), leaf) { Version = row.Version });
    }
}
