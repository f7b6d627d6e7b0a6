using System.Collections.Immutable;
using MedLedger.Api.Jobs;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.PoseidonTrees;

namespace MedLedger.Api.Records;

/// <summary>A leaf that stands, or is going to stand, at a position of a compartment's tree.</summary>
/// <param name="RecordKey">The record.</param>
/// <param name="Position">Its position.</param>
/// <param name="Leaf"><c>R</c>, 32 bytes.</param>
/// <param name="IsConsent">Whether it is a Consent that is written now.</param>
internal sealed record StagedLeaf(string RecordKey, int Position, byte[] Leaf, bool IsConsent = false)
{
    /// <summary>The version whose leaf it is, of one that is written now.</summary>
    public int Version { get; init; }
}

/// <summary>The current leaves of one compartment with their root; it never changes.</summary>
internal sealed class RecordLeaves
{
    private readonly PoseidonTree _tree;
    private readonly ImmutableDictionary<string, int> _positions;

    private RecordLeaves(PoseidonTree tree, ImmutableDictionary<string, int> positions) =>
        (_tree, _positions) = (tree, positions);

    /// <summary>The first position after all that are taken.</summary>
    public int Next { get; private init; }

    /// <summary>The root.</summary>
    public Fr Root => _tree.Root;

    /// <summary>The root of a tree of this depth without a leaf.</summary>
    public Fr EmptyRoot => new PoseidonTree(_tree.Arity, _tree.Depth).Root;

    /// <summary>The keys of the Consents among the records; null until somebody has looked for them.</summary>
    public IReadOnlySet<string>? Consents { get; set; }

    /// <summary>The search index's rows of this compartment; null until somebody has read them.</summary>
    public CompartmentTokens? Tokens { get; set; }

    /// <summary>All records that have a leaf.</summary>
    public IEnumerable<string> RecordKeys => _positions.Where(p => _tree.Get(p.Value) != Fr.Zero).Select(p => p.Key);

    /// <summary>The leaf of a record; null when it has none.</summary>
    public Fr? Leaf(string recordKey) =>
        _positions.TryGetValue(recordKey, out var position) ? _tree.Get(position) : null;

    /// <summary>The same key as it is kept here; null when the record has no position.</summary>
    public string? KeyOf(string recordKey) => _positions.TryGetKey(recordKey, out var kept) ? kept : null;

    /// <summary>The position of a record; null when it has none.</summary>
    public int? Position(string recordKey) => _positions.TryGetValue(recordKey, out var position) ? position : null;

    /// <summary>The leaves of some rows; the last row of a position stands.</summary>
    /// <exception cref="InvalidDataException">A row is damaged.</exception>
    public static RecordLeaves Of(bool isOrganization, IReadOnlyList<StagedLeaf> rows) =>
        new RecordLeaves(
            RecordTrees.EmptyTree(isOrganization),
            ImmutableDictionary.Create<string, int>(StringComparer.Ordinal)
        ).With(rows);

    /// <summary>These leaves with others in their places.</summary>
    /// <exception cref="InvalidDataException">A row is damaged.</exception>
    public RecordLeaves With(IReadOnlyList<StagedLeaf> rows)
    {
        var tree = _tree.Copy();
        var (positions, next) = (_positions.ToBuilder(), Next);
        foreach (var row in rows)
        {
            if (row.Position < 0 || row.Position >= tree.Capacity)
                throw new InvalidDataException("A stored leaf stands outside its tree; the database is damaged.");
            if (!positions.TryAdd(row.RecordKey, row.Position) && positions[row.RecordKey] != row.Position)
                throw new InvalidDataException("A record has two leaves; the database is damaged.");
            next = Math.Max(next, row.Position + 1);
        }
        tree.SetAll([.. rows.Select(row => KeyValuePair.Create((long)row.Position, RecordTrees.Element(row.Leaf)))]);
        var added = rows.Where(row => row.IsConsent).Select(row => row.RecordKey).ToList();
        return new RecordLeaves(tree, positions.ToImmutable())
        {
            Next = next,
            Consents = added.Count == 0 ? Consents : Consents?.Concat(added).ToHashSet(StringComparer.Ordinal),
        };
    }
}

/// <summary>What one write makes of the roots, until its transaction has ended.</summary>
/// <param name="Global">The global record tree after it.</param>
/// <param name="Trees">The changed compartments' leaves after it.</param>
/// <param name="Erased">The patient whose records all go; null otherwise.</param>
internal sealed record RecordRootChange(
    PoseidonTree Global,
    IReadOnlyDictionary<string, RecordLeaves> Trees,
    string? Erased
)
{
    /// <summary>The global record root after it: what the log entry carries.</summary>
    public Consent.Chain.Bytes32 Root => new(Global.Root.ToBytes());
}
