using System.Collections.Immutable;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Crypto.PoseidonTrees;

/// <summary>
/// A Merkle tree of fixed depth with Poseidon(2) or Poseidon(4) nodes; an empty leaf is 0. Only what differs from the empty
/// tree is held, in small pages that copies share until one of them writes: a copy costs the same however many leaves
/// there are, and a write to it what it changes. A fixed depth is what keeps an inner node from passing as a leaf. Not
/// safe for concurrent writes and copies.
/// </summary>
public sealed class PoseidonTree
{
    private const int PageBits = 4;
    private const int MostBits = 48;

    // The node of each level above empty leaves alone.
    private static readonly Lazy<Fr[]> EmptyOfTwo = new(() => HashEmpty(2));
    private static readonly Lazy<Fr[]> EmptyOfFour = new(() => HashEmpty(4));

    private readonly ImmutableDictionary<long, Page>.Builder[] _levels;
    private readonly Fr[] _empty;
    private object _owner = new();

    /// <summary>Nodes that stand together; only the tree that owns the page writes to it.</summary>
    private sealed record Page(object Owner, Fr[] Nodes);

    /// <summary>An empty tree.</summary>
    /// <param name="arity">Children of a node: 2 or 4.</param>
    /// <param name="depth">Levels between leaf and root: arity^depth leaves, at most 2^48.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another arity, or a depth that is not possible.</exception>
    public PoseidonTree(int arity, int depth)
    {
        if (arity is not (2 or 4))
            throw new ArgumentOutOfRangeException(nameof(arity), "A node has 2 or 4 children.");
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, MostBits / BitsPerLevel(arity));
        Arity = arity;
        Depth = depth;
        Capacity = 1L << (depth * BitsPerLevel(arity));
        _levels = new ImmutableDictionary<long, Page>.Builder[depth + 1];
        for (var level = 0; level <= depth; level++)
            _levels[level] = ImmutableDictionary.CreateBuilder<long, Page>();
        _empty = (arity == 2 ? EmptyOfTwo : EmptyOfFour).Value;
    }

    private PoseidonTree(PoseidonTree other)
    {
        (Arity, Depth, Capacity, _empty) = (other.Arity, other.Depth, other.Capacity, other._empty);
        _levels = [.. other._levels.Select(level => level.ToImmutable().ToBuilder())];
        other._owner = new object(); // its pages are shared from now on
    }

    /// <summary>Children of a node.</summary>
    public int Arity { get; }

    /// <summary>Levels between leaf and root.</summary>
    public int Depth { get; }

    /// <summary>The number of leaves, empty ones included.</summary>
    public long Capacity { get; }

    /// <summary>The root.</summary>
    public Fr Root => Node(Depth, 0);

    /// <summary>The leaf at an index; 0 when it is empty.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the tree.</exception>
    public Fr Get(long index)
    {
        Check(index);
        return Node(0, index);
    }

    /// <summary>Replaces the leaf at an index and the nodes above it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the tree.</exception>
    public void Set(long index, Fr leaf)
    {
        Check(index);
        var value = leaf;
        for (var level = 0; ; level++)
        {
            Put(level, index, value);
            if (level == Depth)
                return;
            index >>= BitsPerLevel(Arity);
            value = PoseidonHash.Hash(Children(level, index));
        }
    }

    /// <summary>Replaces many leaves; each node above them is hashed once. A later leaf of an index wins.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside the tree; nothing is replaced.</exception>
    public void SetAll(IReadOnlyCollection<KeyValuePair<long, Fr>> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        foreach (var (index, _) in leaves)
            Check(index);
        var touched = new HashSet<long>();
        foreach (var (index, leaf) in leaves)
        {
            Put(0, index, leaf);
            touched.Add(index >> BitsPerLevel(Arity));
        }
        for (var level = 1; level <= Depth; level++)
        {
            HashNodes(level, [.. touched]);
            touched = [.. touched.Select(index => index >> BitsPerLevel(Arity))];
        }
    }

    private void HashNodes(int level, ReadOnlySpan<long> nodes)
    {
        var (children, hashes) = (new Fr[nodes.Length * Arity], new Fr[nodes.Length]);
        for (var i = 0; i < children.Length; i++)
            children[i] = Node(level - 1, nodes[i / Arity] * Arity + i % Arity);
        PoseidonHash.HashMany(Arity, children, hashes);
        for (var i = 0; i < nodes.Length; i++)
            Put(level, nodes[i], hashes[i]);
    }

    /// <summary>A tree with the same leaves, to be changed on its own.</summary>
    public PoseidonTree Copy() => new(this);

    /// <summary>
    /// The path from a leaf to the root, lowest level first. Arity 2: one element per level, the sibling. Arity 4: the four
    /// children of the node above, the leaf's own branch included.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the tree.</exception>
    public Fr[][] Path(long index)
    {
        Check(index);
        var path = new Fr[Depth][];
        for (var level = 0; level < Depth; level++)
        {
            path[level] = Arity == 2 ? [Node(level, index ^ 1)] : Children(level, index >> 2);
            index >>= BitsPerLevel(Arity);
        }
        return path;
    }

    /// <summary>True when <paramref name="path"/>, in the form of <see cref="Path"/>, leads from the leaf to the root.</summary>
    public static bool VerifyPath(int arity, Fr root, long index, Fr leaf, IReadOnlyList<Fr[]> path)
    {
        if (arity is not (2 or 4))
            throw new ArgumentOutOfRangeException(nameof(arity), "A node has 2 or 4 children.");
        ArgumentNullException.ThrowIfNull(path);
        var bits = BitsPerLevel(arity);
        if (path.Count * bits > 48 || index < 0 || index >> (path.Count * bits) != 0)
            return false;
        var value = leaf;
        foreach (var level in path)
        {
            var position = (int)(index & (arity - 1));
            if (arity == 2)
            {
                if (level.Length != 1)
                    return false;
                value = position == 0 ? PoseidonHash.Hash(value, level[0]) : PoseidonHash.Hash(level[0], value);
            }
            else
            {
                if (level.Length != 4 || level[position] != value)
                    return false;
                value = PoseidonHash.Hash(level);
            }
            index >>= bits;
        }
        return value == root;
    }

    private static int BitsPerLevel(int arity) => arity == 2 ? 1 : 2;

    private static Fr[] HashEmpty(int arity)
    {
        var empty = new Fr[MostBits / BitsPerLevel(arity) + 1];
        var children = new Fr[arity];
        for (var level = 1; level < empty.Length; level++)
        {
            Array.Fill(children, empty[level - 1]);
            empty[level] = PoseidonHash.Hash(children);
        }
        return empty;
    }

    private void Put(int level, long index, Fr value)
    {
        var (number, pages) = (index >> PageBits, _levels[level]);
        if (!pages.TryGetValue(number, out var page))
        {
            if (value == _empty[level])
                return;
            page = new Page(_owner, new Fr[1 << PageBits]);
            Array.Fill(page.Nodes, _empty[level]);
            pages.Add(number, page);
        }
        else if (page.Owner != _owner)
        {
            pages[number] = page = new Page(_owner, [.. page.Nodes]);
        }
        page.Nodes[index & ((1 << PageBits) - 1)] = value;
    }

    private Fr Node(int level, long index) =>
        _levels[level].TryGetValue(index >> PageBits, out var page)
            ? page.Nodes[index & ((1 << PageBits) - 1)]
            : _empty[level];

    /// <summary>The children, at <paramref name="level"/>, of a node one level above.</summary>
    private Fr[] Children(int level, long parent)
    {
        var children = new Fr[Arity];
        for (var i = 0; i < Arity; i++)
            children[i] = Node(level, parent * Arity + i);
        return children;
    }

    private void Check(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Capacity);
    }
}
