using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Consent.Chain.Following;

/// <summary>
/// A binary Poseidon tree of fixed depth whose nodes are computed when somebody asks: a million leaves that arrive
/// together cost a million hashes, not twenty million. Not safe for concurrent use.
/// </summary>
internal sealed class LazyTree
{
    private const int WorthSharing = 4096;

    private readonly List<Fr>[] _levels;
    private readonly Fr[] _empty;
    private readonly HashSet<int> _dirty = [];

    public LazyTree(int depth)
    {
        _levels = new List<Fr>[depth + 1];
        _empty = new Fr[depth + 1];
        for (var level = 0; level <= depth; level++)
        {
            _levels[level] = [];
            _empty[level] = level == 0 ? Fr.Zero : PoseidonHash.Hash(_empty[level - 1], _empty[level - 1]);
        }
    }

    /// <summary>Levels between leaf and root.</summary>
    public int Depth => _levels.Length - 1;

    /// <summary>The root of the leaves as they are.</summary>
    public Fr Root()
    {
        Flush();
        return Node(Depth, 0);
    }

    /// <summary>Puts a leaf; 0 empties the position.</summary>
    public void Set(int index, Fr leaf)
    {
        Put(0, index, leaf);
        _dirty.Add(index);
    }

    /// <summary>The siblings from the leaf up.</summary>
    public IReadOnlyList<Fr> Path(int index)
    {
        Flush();
        var path = new Fr[Depth];
        for (var level = 0; level < Depth; level++)
            path[level] = Node(level, (index >> level) ^ 1);
        return path;
    }

    private Fr Node(int level, int index) => index < _levels[level].Count ? _levels[level][index] : _empty[level];

    private void Put(int level, int index, Fr value)
    {
        var nodes = _levels[level];
        while (nodes.Count <= index)
            nodes.Add(_empty[level]);
        nodes[index] = value;
    }

    private void Flush()
    {
        var changed = _dirty.ToArray();
        _dirty.Clear();
        for (var level = 0; level < Depth && changed.Length > 0; level++)
        {
            var parents = changed.Select(index => index >> 1).Distinct().ToArray();
            var values = new Fr[parents.Length];
            void Hash(int i) =>
                values[i] = PoseidonHash.Hash(Node(level, parents[i] * 2), Node(level, (parents[i] * 2) + 1));
            if (parents.Length >= WorthSharing)
                Parallel.For(0, parents.Length, Hash);
            else
                for (var i = 0; i < parents.Length; i++)
                    Hash(i);
            for (var i = 0; i < parents.Length; i++)
                Put(level + 1, parents[i], values[i]);
            changed = parents;
        }
    }
}
