using System.Runtime.InteropServices;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.PoseidonTrees;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Jobs;

/// <summary>
/// The trees that proofs read, as they were at an anchor: a patient's record tree (7 levels of 4) under the global record
/// tree (12 levels of 4), and the enrolment tree with the same indices. Records of no patient have a tree of their
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
    private PoseidonTree _records = EmptyTree(isOrganization: false);
    private int _index = -1;

    private RecordTrees() { }

    /// <summary>Root of the global record tree.</summary>
    public Fr Root => _global.Root;

    /// <summary>Root of the enrolment tree.</summary>
    public Fr EnrolmentRoot => _enrolment.Root;

    /// <summary>One more than the greatest index in the enrolment tree.</summary>
    public int Enrolled { get; private set; }

    /// <summary>Root of the patient's tree; the empty tree's when there is no record.</summary>
    public Fr PatientRoot => _records.Root;

    /// <summary>The patient's place in the global record tree.</summary>
    public TreePlace Patient => new(_index, _global.Path(_index));

    /// <summary>The patient's place in the enrolment tree.</summary>
    public TreePlace Enrolment => new(_index, _enrolment.Path(_index));

    /// <summary>The leaf at a position of the patient's tree.</summary>
    public Fr Leaf(int position) => _records.Get(position);

    /// <summary>A record's place in the patient's tree.</summary>
    public TreePlace Record(int position) => new(position, _records.Path(position));

    /// <summary>A compartment's tree without leaves.</summary>
    public static PoseidonTree EmptyTree(bool isOrganization) =>
        new(Arity, isOrganization ? OrganizationDepth : RecordDepth);

    /// <summary>The global record tree without leaves.</summary>
    public static PoseidonTree EmptyGlobal() => new(Arity, PatientDepth);

    /// <summary>Where a compartment stands in the global record tree.</summary>
    public static long IndexOf(PatientRow patient) => patient.Index >= 0 ? patient.Index : OrganizationIndex;

    /// <summary>A compartment's leaf in the global record tree.</summary>
    public static Fr LeafOf(PatientRow patient, Fr root) => PatientRecordsLeaf.Compute(CommitmentOf(patient), root);

    /// <summary>
    /// Builds the trees as anchor <paramref name="anchor"/> has them. What was not written to after it is what its stored
    /// root says; of the leaves only those of the patient are read, and those of compartments written to since.
    /// </summary>
    /// <param name="context">The database.</param>
    /// <param name="anchor">Number of the anchor; leaves written later do not count.</param>
    /// <param name="patientKey">The patient whose places are asked for; null for nobody's.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="enrolled">How many patients the enrolment tree has; null for all.</param>
    /// <exception cref="InvalidDataException">A row is damaged.</exception>
    public static async Task<RecordTrees> AtAsync(
        LedgerContext context,
        long anchor,
        string? patientKey,
        CancellationToken cancellation,
        int? enrolled = null
    )
    {
        var trees = new RecordTrees();
        var (patients, read) = (new Compartments(), new List<PatientRow>());
        var (indices, openings) = (new List<long>(), new List<(Fr, Custody)>());
        await foreach (var row in context.Patients.AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (row.PatientKey == patientKey)
                trees._index = row.Index;
            if (row.Erased is not null)
                continue;
            if (row.Index >= 0 && (enrolled is not { } count || row.Index < count))
            {
                indices.Add(row.Index);
                openings.Add((Element(row.Commitment), row.Custody));
                trees.Enrolled = Math.Max(trees.Enrolled, row.Index + 1);
            }
            if (row.PatientKey == patientKey || row.Since > anchor)
                read.Add(row);
            else if (row.Root.Length > 0)
                patients.Add(row, Element(row.Root));
        }
        foreach (var row in read)
        {
            if (await ReadAsync(context, row, anchor, cancellation) is not { } tree)
                continue;
            patients.Add(row, tree.Root);
            if (row.PatientKey == patientKey)
                trees._records = tree;
        }
        patients.PutInto(trees._global);
        var leaves = EnrolmentLeaf.ComputeMany(CollectionsMarshal.AsSpan(openings));
        trees._enrolment.SetAll([.. indices.Zip(leaves, KeyValuePair.Create)]);
        return trees;
    }

    /// <summary>Compartments with their roots, to be put into a global record tree together.</summary>
    internal sealed class Compartments
    {
        private readonly List<long> _indices = [];
        private readonly List<(Fr, Fr)> _openings = [];

        /// <summary>Adds one.</summary>
        public void Add(PatientRow patient, Fr root)
        {
            _indices.Add(IndexOf(patient));
            _openings.Add((CommitmentOf(patient), root));
        }

        /// <summary>Puts their leaves into the tree.</summary>
        public void PutInto(PoseidonTree global)
        {
            var leaves = PatientRecordsLeaf.ComputeMany(CollectionsMarshal.AsSpan(_openings));
            global.SetAll([.. _indices.Zip(leaves, KeyValuePair.Create)]);
        }
    }

    // Null without a leaf.
    private static async Task<PoseidonTree?> ReadAsync(
        LedgerContext context,
        PatientRow patient,
        long anchor,
        CancellationToken cancellation
    )
    {
        var rows = await context
            .Leaves.AsNoTracking()
            .Where(l => l.PatientKey == patient.PatientKey && l.Since <= anchor)
            .OrderBy(l => l.Position)
            .ThenBy(l => l.Since)
            .Select(l => new { l.Position, l.Leaf })
            .ToListAsync(cancellation);
        if (rows.Count == 0)
            return null;
        var tree = EmptyTree(patient.Index < 0);
        // Rows of one position come in the order of their anchors: the last one stands.
        tree.SetAll([.. rows.Select(row => KeyValuePair.Create((long)row.Position, Element(row.Leaf)))]);
        return tree;
    }

    private static Fr CommitmentOf(PatientRow patient) => patient.Index >= 0 ? Element(patient.Commitment) : Fr.Zero;

    /// <summary>A stored field element.</summary>
    /// <exception cref="InvalidDataException">It is not canonical.</exception>
    public static Fr Element(byte[] bytes) =>
        Fr.TryParseCanonical(bytes, out var value)
            ? value
            : throw new InvalidDataException("A stored field element is not canonical.");
}
