using MedLedger.Api.Persistence;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.PoseidonTrees;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Jobs;

/// <summary>
/// The trees that proofs read, as they were at an anchor: each patient's record tree (7 levels of 4) under the global
/// record tree (12 levels of 4), and the enrolment tree with the same indices. Records of no patient have a tree of their
/// own (12 levels) at the last index of the global one, under the commitment 0 that nobody is enrolled with.
/// </summary>
internal sealed class RecordTrees
{
    private const int Arity = 4;
    private const int RecordDepth = 7;
    private const int PatientDepth = 12;
    private const int OrganizationDepth = 12;
    private const long OrganizationIndex = (1L << (2 * PatientDepth)) - 1;

    private readonly PoseidonTree _global = EmptyGlobal();
    private readonly PoseidonTree _enrolment = new(Arity, PatientDepth);
    private readonly Dictionary<string, PoseidonTree> _patients = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);

    private RecordTrees() { }

    /// <summary>Root of the global record tree.</summary>
    public Fr Root => _global.Root;

    /// <summary>Root of the enrolment tree.</summary>
    public Fr EnrolmentRoot => _enrolment.Root;

    /// <summary>One more than the greatest index in the enrolment tree.</summary>
    public int Enrolled { get; private set; }

    /// <summary>Records in all trees.</summary>
    public long Size { get; private set; }

    /// <summary>A compartment's tree without leaves.</summary>
    public static PoseidonTree EmptyTree(bool isOrganization) =>
        new(Arity, isOrganization ? OrganizationDepth : RecordDepth);

    /// <summary>The global record tree without leaves.</summary>
    public static PoseidonTree EmptyGlobal() => new(Arity, PatientDepth);

    /// <summary>Where a compartment stands in the global record tree.</summary>
    public static long IndexOf(PatientRow patient) => patient.Index >= 0 ? patient.Index : OrganizationIndex;

    /// <summary>A compartment's leaf in the global record tree.</summary>
    public static Fr LeafOf(PatientRow patient, Fr root) =>
        PatientRecordsLeaf.Compute(patient.Index >= 0 ? Element(patient.Commitment) : Fr.Zero, root);

    /// <summary>Builds the trees as anchor <paramref name="anchor"/> has them; leaves written later do not count.</summary>
    /// <param name="context">The database.</param>
    /// <param name="anchor">Number of the anchor.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="enrolled">How many patients the enrolment tree has; null for all.</param>
    public static async Task<RecordTrees> AtAsync(
        LedgerContext context,
        long anchor,
        CancellationToken cancellation,
        int? enrolled = null
    )
    {
        var trees = new RecordTrees();
        var patients = await context
            .Patients.AsNoTracking()
            .ToDictionaryAsync(p => p.PatientKey, StringComparer.Ordinal, cancellation);
        var leaves = context
            .Leaves.AsNoTracking()
            .Where(l => l.Since <= anchor)
            .OrderBy(l => l.PatientKey)
            .ThenBy(l => l.Position)
            .ThenBy(l => l.Since)
            .Select(l => new
            {
                l.PatientKey,
                l.Position,
                l.Leaf,
            });
        var placed = new Dictionary<string, List<KeyValuePair<long, Fr>>>(StringComparer.Ordinal);
        await foreach (var leaf in leaves.AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (!patients.TryGetValue(leaf.PatientKey, out var patient) || patient.Erased is not null)
                continue;
            if (!placed.TryGetValue(leaf.PatientKey, out var own))
                placed.Add(leaf.PatientKey, own = []);
            // rows of one position come in the order of their anchors: the last one stands
            own.Add(new(leaf.Position, Element(leaf.Leaf)));
        }
        foreach (var (patientKey, own) in placed)
        {
            var (patient, tree) = (patients[patientKey], EmptyTree(patients[patientKey].Index < 0));
            tree.SetAll(own);
            trees._patients.Add(patientKey, tree);
            trees._global.Set(IndexOf(patient), LeafOf(patient, tree.Root));
        }
        foreach (var (patientKey, patient) in patients)
        {
            if (patient.Index < 0)
                continue;
            trees._indices.Add(patientKey, patient.Index);
            if (patient.Erased is not null)
                continue;
            var commitment = Element(patient.Commitment);
            if (enrolled is not { } count || patient.Index < count)
            {
                trees._enrolment.Set(patient.Index, EnrolmentLeaf.Compute(commitment, patient.Custody));
                trees.Enrolled = Math.Max(trees.Enrolled, patient.Index + 1);
            }
        }
        trees.Size = await context.Leaves.Where(l => l.Since <= anchor).LongCountAsync(cancellation);
        return trees;
    }

    /// <summary>Root of one patient's tree; the empty tree's when there is no record.</summary>
    public Fr PatientRoot(string patientKey) => Tree(patientKey).Root;

    /// <summary>The leaf at a position of a patient's tree.</summary>
    public Fr Leaf(string patientKey, int position) => Tree(patientKey).Get(position);

    /// <summary>A record's place in its patient's tree.</summary>
    public TreePlace Record(string patientKey, int position) => new(position, Tree(patientKey).Path(position));

    /// <summary>The patient's place in the global record tree.</summary>
    public TreePlace Patient(string patientKey) => new(_indices[patientKey], _global.Path(_indices[patientKey]));

    /// <summary>The patient's place in the enrolment tree.</summary>
    public TreePlace Enrolment(string patientKey) => new(_indices[patientKey], _enrolment.Path(_indices[patientKey]));

    private PoseidonTree Tree(string patientKey) =>
        _patients.TryGetValue(patientKey, out var tree) ? tree : new PoseidonTree(Arity, RecordDepth);

    /// <summary>A stored field element.</summary>
    /// <exception cref="InvalidDataException">It is not canonical.</exception>
    public static Fr Element(byte[] bytes) =>
        Fr.TryParseCanonical(bytes, out var value)
            ? value
            : throw new InvalidDataException("A stored field element is not canonical.");
}
