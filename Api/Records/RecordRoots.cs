using System.Collections.Concurrent;
using System.Collections.Immutable;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Log;
using MedLedger.Crypto.PoseidonTrees;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// What stored records are held against before they are opened: the record root in the signed log (PROTOCOL, section 2).
/// The first use recomputes the log up to its signed head and the root from the stored rows; from then on each write
/// leaves its new root here and in its log entry, so that rows which somebody forged or rolled back, leaves included, are
/// refused. One process holds a data folder for writing, so what is in memory is the truth.
/// </summary>
internal sealed class RecordRoots(Store store) : IDisposable
{
    private const int MostTrees = 256;
    private const string PutLeaf = """
        INSERT INTO leaves (PatientKey, Position, Since, RecordKey, Version, Leaf) VALUES ($0, $1, $2, $3, $4, $5)
        ON CONFLICT (PatientKey, Position, Since) DO UPDATE SET Version = excluded.Version, Leaf = excluded.Leaf
        """;

    private readonly SemaphoreSlim _opening = new(1);
    private readonly ConcurrentDictionary<string, RecordLeaves> _trees = new(StringComparer.Ordinal);
    private volatile State? _state;
    private long _changes;

    /// <summary>The roots as they were committed last; a later commit makes a new one.</summary>
    private sealed record State(PoseidonTree Global, ImmutableDictionary<string, Fr> Roots);

    /// <summary>The global record root after the last committed write.</summary>
    /// <exception cref="InvalidDataException">The rows do not hash to the root in the signed log.</exception>
    public async Task<Fr> RootAsync(CancellationToken cancellation) => (await OpenAsync(cancellation)).Global.Root;

    /// <summary>
    /// Counts the beginnings and ends of writes; odd while one is under way. Rows that were read while it stayed the same
    /// even number are of one moment.
    /// </summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>
    /// The current leaves of a compartment; null when it has none, or when a write came in between (<see cref="Changes"/>).
    /// </summary>
    /// <exception cref="InvalidDataException">The rows do not hash to the root in the signed log.</exception>
    public async Task<RecordLeaves?> LeavesAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    )
    {
        var before = Changes;
        var state = await OpenAsync(cancellation);
        if (!state.Roots.TryGetValue(patientKey, out var root))
            return null;
        if (_trees.TryGetValue(patientKey, out var known) && known.Root == root)
            return known;
        var read = await ReadAsync(context, patientKey, cancellation);
        if (read.Root != root)
            return before % 2 == 0 && before == Changes ? throw Forged() : null;
        Keep(patientKey, read);
        return read;
    }

    /// <summary>The current leaves of a compartment where they are in memory; null otherwise.</summary>
    public RecordLeaves? Known(string patientKey) =>
        _state is { } state
        && state.Roots.TryGetValue(patientKey, out var root)
        && _trees.TryGetValue(patientKey, out var known)
        && known.Root == root
            ? known
            : null;

    /// <summary>The same for a writer, who holds the writing turn: null only when there is no record yet.</summary>
    /// <exception cref="InvalidDataException">The rows do not hash to the root in the signed log.</exception>
    public async Task<RecordLeaves?> LeavesToWriteAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    ) =>
        await LeavesAsync(context, patientKey, cancellation)
        ?? ((await OpenAsync(cancellation)).Roots.ContainsKey(patientKey) ? throw Forged() : null);

    /// <summary>
    /// Makes a write durable, with new leaves and log entries that carry the record root after it. The caller holds the
    /// writing turn; its context, which looks for no changes, holds everything else of the write, but for what
    /// <paramref name="rows"/> adds after it in the same transaction.
    /// </summary>
    /// <returns>The index that the log gave.</returns>
    public async Task<long> CommitAsync(
        LedgerContext context,
        IReadOnlyDictionary<PatientRow, IReadOnlyList<StagedLeaf>> leaves,
        AuditTrail audit,
        IReadOnlyList<AuditEvent> entries,
        CancellationToken cancellation,
        Action? rows = null
    )
    {
        var anchor = await Anchors.PendingAsync(context, cancellation);
        var change = await PrepareAsync(context, leaves, cancellation);
        async Task SaveAsync()
        {
            await context.SaveChangesAsync(cancellation);
            rows?.Invoke();
            var put = new Statement(context, PutLeaf, 6);
            foreach (var (patient, staged) in leaves)
            foreach (var leaf in staged)
                put.Run(patient.PatientKey, leaf.Position, anchor, leaf.RecordKey, leaf.Version, leaf.Leaf);
        }
        var isCommitted = false;
        try
        {
            foreach (var row in leaves.Keys.Where(row => change.Trees.ContainsKey(row.PatientKey)))
            {
                (row.Root, row.Since) = (change.Trees[row.PatientKey].Root.ToBytes(), anchor);
                if (context.Entry(row).State != EntityState.Unchanged)
                    continue;
                context.Entry(row).Property(r => r.Root).IsModified = true;
                context.Entry(row).Property(r => r.Since).IsModified = true;
            }
            var index = await audit.AppendAsync(
                context,
                [.. entries.Select(entry => entry with { Root = change.Root })],
                SaveAsync,
                cancellation
            );
            isCommitted = true;
            return index;
        }
        finally
        {
            Complete(change, isCommitted);
        }
    }

    private async Task<RecordRootChange> PrepareAsync(
        LedgerContext context,
        IReadOnlyDictionary<PatientRow, IReadOnlyList<StagedLeaf>> leaves,
        CancellationToken cancellation
    )
    {
        var state = await OpenAsync(cancellation);
        var (global, trees) = (state.Global.Copy(), new Dictionary<string, RecordLeaves>(StringComparer.Ordinal));
        foreach (var (patient, staged) in leaves.Where(one => one.Value.Count > 0))
        {
            var root = state.Roots.GetValueOrDefault(patient.PatientKey);
            if (!_trees.TryGetValue(patient.PatientKey, out var tree) || tree.Root != root)
                tree = await ReadAsync(context, patient.PatientKey, cancellation);
            if (tree.Root != (state.Roots.ContainsKey(patient.PatientKey) ? root : tree.EmptyRoot))
                throw Forged();
            trees.Add(patient.PatientKey, tree = tree.With(staged));
            global.Set(RecordTrees.IndexOf(patient), RecordTrees.LeafOf(patient, tree.Root));
        }
        return Begin(new RecordRootChange(global, trees, Erased: null));
    }

    /// <summary>
    /// What the roots become when all records of a patient go. The caller holds the writing turn, puts
    /// <see cref="RecordRootChange.Root"/> into the log entry, and tells the end with <see cref="Complete"/>.
    /// </summary>
    public async Task<RecordRootChange> PrepareErasureAsync(PatientRow patient, CancellationToken cancellation)
    {
        var global = (await OpenAsync(cancellation)).Global.Copy();
        global.Set(RecordTrees.IndexOf(patient), Fr.Zero);
        var none = new Dictionary<string, RecordLeaves>(StringComparer.Ordinal);
        return Begin(new RecordRootChange(global, none, patient.PatientKey));
    }

    /// <summary>Ends a change. When its transaction failed, what became of it is read from the rows at the next use.</summary>
    public void Complete(RecordRootChange change, bool isCommitted)
    {
        var state = _state;
        if (!isCommitted || state is null)
        {
            _trees.Clear();
            _state = null;
        }
        else
        {
            var roots = state.Roots.ToBuilder();
            foreach (var (patientKey, tree) in change.Trees)
            {
                roots[patientKey] = tree.Root;
                Keep(patientKey, tree);
            }
            if (change.Erased is { } erased)
            {
                roots.Remove(erased);
                _trees.TryRemove(erased, out _);
            }
            _state = new State(change.Global, roots.ToImmutable());
        }
        Interlocked.Increment(ref _changes);
    }

    /// <inheritdoc/>
    public void Dispose() => _opening.Dispose();

    /// <summary>
    /// Told of a write that changes rows and no root, until it is disposed: what is read meanwhile is read again. The caller
    /// holds the writing turn.
    /// </summary>
    public IDisposable Rewriting()
    {
        Interlocked.Increment(ref _changes);
        return new Rewrite(this);
    }

    private sealed class Rewrite(RecordRoots roots) : IDisposable
    {
        public void Dispose() => Interlocked.Increment(ref roots._changes);
    }

    private RecordRootChange Begin(RecordRootChange change)
    {
        Interlocked.Increment(ref _changes);
        return change;
    }

    private static InvalidDataException Forged() =>
        new(
            "The check recordRoot failed: the stored records do not hash to the record root in the signed log. Rows were "
                + "forged or rolled back; nothing is opened. Restore the database from a backup."
        );

    private async Task<State> OpenAsync(CancellationToken cancellation)
    {
        if (_state is { } known)
            return known;
        await _opening.WaitAsync(cancellation);
        try
        {
            return _state ??= await VerifyAsync(cancellation);
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task<State> VerifyAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var logged = await LoggedRootAsync(context, cancellation);
        var roots = ImmutableDictionary.CreateBuilder<string, Fr>(StringComparer.Ordinal);
        var patients = new RecordTrees.Compartments();
        await foreach (var row in context.Patients.AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (row.Root.Length == 0 || row.Erased is not null)
                continue;
            roots.Add(row.PatientKey, Element(row.Root));
            patients.Add(row, roots[row.PatientKey]);
        }
        var global = RecordTrees.EmptyGlobal();
        patients.PutInto(global);
        return global.Root == (logged ?? RecordTrees.EmptyGlobal().Root)
            ? new State(global, roots.ToImmutable())
            : throw Forged();
    }

    /// <summary>The record root in the newest entry that has one, after the whole log was held against its signed head.</summary>
    private async Task<Fr?> LoggedRootAsync(LedgerContext context, CancellationToken cancellation)
    {
        if (await new LogStore(context).ReadHeadAsync(cancellation) is not { } head)
            return null;
        var tree = new TileTree(0, _ => throw new InvalidOperationException("A new tree reads no tile."));
        Fr? root = null;
        var entries = context.Set<LogEntryRow>().AsNoTracking().Where(e => e.Index < head.Size).OrderBy(e => e.Index);
        await foreach (var row in entries.AsAsyncEnumerable().WithCancellation(cancellation))
        {
            tree.Append(MerkleHash.Leaf(row.Entry));
            if (AuditEntry.TryDecode(row.Entry, out var entry) && entry.HasRecordRoot)
                root = Element(entry.Root.ToBytes());
        }
        return
            Checkpoint.TryVerify(head.Note, AuditTrail.KeyOf(store), out var checkpoint)
            && checkpoint.Size == head.Size
            && checkpoint.Root.SequenceEqual(tree.Root())
            ? root
            : throw new InvalidDataException(
                "The check log failed: the stored log does not hash to its signed head; nothing is opened or written. "
                    + "Restore the database from a backup."
            );
    }

    private async Task<RecordLeaves> ReadAsync(LedgerContext context, string patientKey, CancellationToken cancellation)
    {
        var rows = await context
            .Leaves.AsNoTracking()
            .Where(l => l.PatientKey == patientKey)
            .OrderBy(l => l.Since)
            .Select(l => new StagedLeaf(l.RecordKey, l.Position, l.Leaf))
            .ToListAsync(cancellation);
        return RecordLeaves.Of(patientKey == store.Vault.OrganizationKey, rows);
    }

    private void Keep(string patientKey, RecordLeaves tree)
    {
        // The organization's, which grows with all patients, stays.
        if (_trees.Count >= MostTrees)
        {
            foreach (var key in _trees.Keys.Where(key => key != store.Vault.OrganizationKey))
                _trees.TryRemove(key, out _);
        }
        _trees[patientKey] = tree;
    }

    private static Fr Element(byte[] bytes) =>
        bytes.Length == Fr.SizeInBytes && Fr.TryParseCanonical(bytes, out var value) ? value : throw Forged();
}
