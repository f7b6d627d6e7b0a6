using System.Numerics;

namespace MedLedger.Crypto.Log;

/// <summary>
/// An RFC 6962 tree over stored tiles. It reads the tiles that it needs through a delegate, keeps those that it changes,
/// and leaves the storing to its owner. For one thread.
/// </summary>
/// <param name="size">Entries in the tree.</param>
/// <param name="read">The hashes of a tile, at least as many as the tile has in a tree of this size.</param>
public sealed class TileTree(long size, Func<TileId, byte[]> read)
{
    private const int Height = 8;
    private readonly Dictionary<TileId, byte[]> _tiles = [];
    private readonly Dictionary<TileId, byte[]> _changed = [];

    // Of an edge: the subtrees that its root was made of, between the levels of tiles. They are whole, so they never change,
    // and reading adds none.
    private readonly Dictionary<(int Height, long Index), byte[]> _subtrees = [];

    /// <summary>Entries in the tree.</summary>
    public long Size { get; private set; } = size;

    /// <summary>The tiles that <see cref="Append"/> changed, each with all its hashes: to be stored with the entries.</summary>
    public IReadOnlyDictionary<TileId, byte[]> Changed => _changed;

    /// <summary>
    /// The tiles that an operation reads, found by running it on zeros: so that the owner can load them in one query.
    /// </summary>
    public static IReadOnlyList<TileId> Reads(long size, Action<TileTree> operation)
    {
        var seen = new List<TileId>();
        operation(
            new TileTree(
                size,
                id =>
                {
                    seen.Add(id);
                    return new byte[TileId.Width * MerkleHash.Size];
                }
            )
        );
        return seen;
    }

    /// <summary>
    /// A copy that has only the right edge: all that appending to it, and the root after that, reads. What it costs does
    /// not depend on the size, and it reads no tile.
    /// </summary>
    public TileTree Edge()
    {
        var edge = new TileTree(
            Size,
            id => throw new InvalidOperationException($"{id} is not on the edge of the tree.")
        );
        for (var level = 0; Size >> (Height * level) > 0; level++)
        {
            var hashes = Size >> (Height * level);
            var id = new TileId(level, hashes / TileId.Width);
            if (hashes % TileId.Width > 0)
                edge._tiles.Add(id, Tile(id));
        }
        // The tree is made of one whole subtree for each bit of its size.
        for (var height = 0; Size >> height > 0; height++)
        {
            var index = (Size >> height) - 1;
            if (height % Height > 0 && (Size >> height) % 2 == 1)
                edge._subtrees.Add((height, index), Subtree(height, index));
        }
        return edge;
    }

    /// <summary>Appends an entry by its leaf hash.</summary>
    public void Append(ReadOnlySpan<byte> leafHash)
    {
        if (leafHash.Length != MerkleHash.Size)
            throw new ArgumentException("A leaf hash has 32 bytes.", nameof(leafHash));
        var hash = leafHash.ToArray();
        var index = Size;
        for (var level = 0; ; level++)
        {
            var id = new TileId(level, index / TileId.Width);
            var width = (int)(index % TileId.Width);
            byte[] tile = width == 0 ? hash : [.. Tile(id).AsSpan(0, width * MerkleHash.Size), .. hash];
            _tiles[id] = _changed[id] = tile;
            if (width + 1 < TileId.Width)
                break;
            index /= TileId.Width;
            hash = Children(Height * (level + 1), index);
        }
        Size++;
    }

    /// <summary>The root of the whole tree.</summary>
    public byte[] Root() => Root(Size);

    /// <summary>The root that the tree had with the first <paramref name="size"/> entries.</summary>
    public byte[] Root(long size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        return size == 0 ? MerkleHash.Empty() : Range(0, size);
    }

    /// <summary>The audit path of an entry in the tree of the first <paramref name="size"/> entries (RFC 6962, section 2.1.1).</summary>
    public IReadOnlyList<byte[]> InclusionProof(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var proof = new List<byte[]>();
        Path(index, 0, size, proof);
        return proof;
    }

    /// <summary>That the tree of <paramref name="secondSize"/> entries begins with that of <paramref name="firstSize"/> (section 2.1.2).</summary>
    public IReadOnlyList<byte[]> ConsistencyProof(long firstSize, long secondSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstSize, secondSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(secondSize, Size);
        var proof = new List<byte[]>();
        if (firstSize > 0 && firstSize < secondSize)
            Subproof(firstSize, 0, secondSize, complete: true, proof);
        return proof;
    }

    // PATH(m, D[n]) = PATH(m, D[0:k]) : MTH(D[k:n]) for m < k, and PATH(m - k, D[k:n]) : MTH(D[0:k]) otherwise
    private void Path(long index, long start, long end, List<byte[]> proof)
    {
        if (end - start == 1)
            return;
        var k = start + Split(end - start);
        if (index < k)
        {
            Path(index, start, k, proof);
            proof.Add(Range(k, end));
        }
        else
        {
            Path(index, k, end, proof);
            proof.Add(Range(start, k));
        }
    }

    // SUBPROOF(m, D[n], b)
    private void Subproof(long first, long start, long end, bool complete, List<byte[]> proof)
    {
        if (first == end)
        {
            if (!complete)
                proof.Add(Range(start, end));
            return;
        }
        var k = start + Split(end - start);
        if (first <= k)
        {
            Subproof(first, start, k, complete, proof);
            proof.Add(Range(k, end));
        }
        else
        {
            Subproof(first, k, end, complete: false, proof);
            proof.Add(Range(start, k));
        }
    }

    // MTH(D[start:end]), where start is a multiple of the range's length rounded up to a power of two.
    private byte[] Range(long start, long end)
    {
        var length = end - start;
        if (BitOperations.IsPow2(length))
        {
            var height = BitOperations.Log2((ulong)length);
            return Subtree(height, start >> height);
        }
        var k = start + Split(length);
        return MerkleHash.Node(Range(start, k), Range(k, end));
    }

    private byte[] Subtree(int height, long index)
    {
        if (height % Height == 0)
        {
            var tile = Tile(new TileId(height / Height, index / TileId.Width));
            return tile.AsSpan((int)(index % TileId.Width) * MerkleHash.Size, MerkleHash.Size).ToArray();
        }
        return _subtrees.TryGetValue((height, index), out var known) ? known : Children(height, index);
    }

    private byte[] Children(int height, long index) =>
        MerkleHash.Node(Subtree(height - 1, 2 * index), Subtree(height - 1, (2 * index) + 1));

    private byte[] Tile(TileId id)
    {
        if (!_tiles.TryGetValue(id, out var tile))
            _tiles.Add(id, tile = read(id));
        return tile;
    }

    // The largest power of two below n.
    private static long Split(long n) => 1L << BitOperations.Log2((ulong)(n - 1));
}
