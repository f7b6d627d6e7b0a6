using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Integrity;

/// <summary>
/// The compartments: each patient's keys, commitment and record tree, the global tree against the root in the log, and
/// the segments. It answers the trees' leaves, which records are held against.
/// </summary>
internal sealed class CompartmentCheck(Store store, LedgerContext context, Action<Finding> found)
{
    private readonly Dictionary<string, RecordLeaves> _leaves = new(StringComparer.Ordinal);
    private readonly HashSet<string> _erased = new(StringComparer.Ordinal);

    /// <summary>Patients that were checked.</summary>
    public int Patients { get; private set; }

    /// <summary>Compartments whose keys are gone, as they should be.</summary>
    public IReadOnlySet<string> Erased => _erased;

    /// <summary>The current leaves of a compartment; null when it has none, or they are damaged.</summary>
    public RecordLeaves? LeavesOf(string patientKey) => _leaves.GetValueOrDefault(patientKey);

    public async Task RunAsync(
        byte[]? loggedRoot,
        ChainAnchors? chain,
        IProgress<Progressed> progress,
        CancellationToken cancellation
    )
    {
        var rows = await context.Patients.AsNoTracking().OrderBy(p => p.PatientKey).ToListAsync(cancellation);
        var patients = new RecordTrees.Compartments();
        foreach (var row in rows)
        {
            if (row.Erased is not null)
                await ErasedAsync(row, cancellation);
            else if (await PresentAsync(row, cancellation) is { } root)
                patients.Add(row, root);
            Patients++;
            progress.Report(new((double)Patients / rows.Count, Patients, "patients"));
        }
        var global = RecordTrees.EmptyGlobal();
        patients.PutInto(global);
        var expected = loggedRoot ?? RecordTrees.EmptyGlobal().Root.ToBytes();
        if (!global.Root.ToBytes().AsSpan().SequenceEqual(expected))
            found(new("tree", "global", "the stored leaves do not hash to the record root in the log"));
        await AnchorsAsync(chain, cancellation);
    }

    private async Task<Fr?> PresentAsync(PatientRow row, CancellationToken cancellation)
    {
        if (store.Custody.IsShredded(row.PatientKey))
        {
            // Erased while this check runs, when the row says so by now.
            await using var now = store.CreateDbContext();
            if (!await now.Patients.AnyAsync(p => p.PatientKey == row.PatientKey && p.Erased != null, cancellation))
                found(new("patient", row.PatientKey, "the keys were shredded, the rows are still there"));
            _erased.Add(row.PatientKey);
        }
        else
        {
            Keys(row);
            await SegmentsAsync(row.PatientKey, cancellation);
        }
        return await TreeAsync(row, cancellation);
    }

    private void Keys(PatientRow row)
    {
        if (row.Index < 0)
        {
            if (row.PatientKey != store.Vault.OrganizationKey)
                found(new("patient", row.PatientKey, "has no place in the tree"));
            using var own = store.Vault.OpenIndex(row.PatientKey);
            if (own is null)
                found(new("patient", row.PatientKey, "the keys cannot be had"));
            return;
        }
        var reference = store.Vault.OpenReference(row.PatientKey, row.Reference);
        using var signer = PatientSigner.Open(store.Vault, row.PatientKey);
        if (reference is null || signer is null)
            found(new("patient", row.PatientKey, "the keys cannot be had, or the row is damaged"));
        else if (store.Vault.PatientKey(reference) != row.PatientKey)
            found(new("patient", row.PatientKey, "the row is somebody else's"));
        else if (!signer.Commitment.ToBytes().AsSpan().SequenceEqual(row.Commitment))
            found(new("patient", row.PatientKey, "the commitment is not the one of the signing key"));
    }

    private async Task SegmentsAsync(string patientKey, CancellationToken cancellation)
    {
        var segments = await context
            .Segments.AsNoTracking()
            .Where(s => s.PatientKey == patientKey)
            .OrderBy(s => s.Id)
            .ToListAsync(cancellation);
        var reader = patientKey == store.Vault.OrganizationKey ? SegmentReader.Organization : SegmentReader.Subject;
        foreach (var segment in segments)
        {
            var stanzas = await context
                .Stanzas.AsNoTracking()
                .Where(s => s.SegmentId == segment.Id)
                .ToListAsync(cancellation);
            if (store.Vault.FindReader(segment, stanzas, reader) is null)
                found(new("segment", segment.Id, "is not authentic, or its key cannot be unwrapped"));
        }
    }

    private async Task<Fr?> TreeAsync(PatientRow row, CancellationToken cancellation)
    {
        var staged = await context
            .Leaves.AsNoTracking()
            .Where(l => l.PatientKey == row.PatientKey)
            .OrderBy(l => l.Since)
            .Select(l => new StagedLeaf(l.RecordKey, l.Position, l.Leaf))
            .ToListAsync(cancellation);
        if (staged.Count == 0 && row.Root.Length == 0)
            return null;
        try
        {
            var leaves = RecordLeaves.Of(row.PatientKey == store.Vault.OrganizationKey, staged);
            if (!leaves.Root.ToBytes().AsSpan().SequenceEqual(row.Root))
                found(new("tree", row.PatientKey, "the leaves do not hash to the stored root"));
            _leaves.Add(row.PatientKey, leaves);
            return leaves.Root;
        }
        catch (InvalidDataException)
        {
            found(new("tree", row.PatientKey, "a leaf is damaged"));
            return null;
        }
    }

    private async Task ErasedAsync(PatientRow row, CancellationToken cancellation)
    {
        _erased.Add(row.PatientKey);
        var isWaiting = await context
            .Set<ErasureRow>()
            .AnyAsync(e => e.PatientKey == row.PatientKey && e.State == ErasureState.Accepted, cancellation);
        if (isWaiting)
            return; // the next start goes on with it
        if (!store.Custody.IsShredded(row.PatientKey))
            found(new("patient", row.PatientKey, "is erased, but the keys are still there"));
        if (
            row.Reference.Length > 0
            || await context.Compartments.AnyAsync(c => c.PatientKey == row.PatientKey, cancellation)
            || await context.Segments.AnyAsync(s => s.PatientKey == row.PatientKey, cancellation)
        )
            found(new("patient", row.PatientKey, "is erased, but rows are still there"));
    }

    // Earlier anchors cannot be computed any more once somebody was erased.
    private async Task AnchorsAsync(ChainAnchors? chain, CancellationToken cancellation)
    {
        var newest = await context
            .Anchors.AsNoTracking()
            .OrderByDescending(a => a.Number)
            .FirstOrDefaultAsync(cancellation);
        if (newest is not null && _erased.Count == 0)
        {
            try
            {
                var trees = await RecordTrees.AtAsync(context, newest.Number, patientKey: null, cancellation);
                if (!trees.Root.ToBytes().AsSpan().SequenceEqual(newest.Root))
                    found(new("anchor", $"records/{newest.Number}", "the leaves do not hash to the anchored root"));
            }
            catch (InvalidDataException)
            {
                found(new("anchor", $"records/{newest.Number}", "a leaf is damaged"));
            }
        }
        if (chain?.RecordRoot is { } root && !await context.Anchors.AnyAsync(a => a.Root == root, cancellation))
            found(new("anchor", "records", "the record root on the chain is not one of this database"));
    }
}
