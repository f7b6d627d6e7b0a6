using System.Numerics;
using System.Runtime.InteropServices;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Terminology;

/// <summary>The names of one kind of concepts, as slices of the table's block of characters, found by key or likeness.</summary>
internal sealed class CodeNames
{
    private readonly char[] _characters;
    private readonly Name[] _names;
    private readonly Lazy<KeyIndex> _byKey;
    private readonly Lazy<KeyIndex> _byLooseKey;
    private readonly Lazy<NameIndex> _alike;
    private int _count;

    /// <summary>Where a name stands, what it is the name of, and how much it counts.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Name
    {
        public int Start;
        public int Length;
        public int Concept;
        public int Weight;
    }

    /// <summary>Names for at most <paramref name="most"/> of a block of characters that nobody changes.</summary>
    public CodeNames(char[] characters, int most)
    {
        _characters = characters;
        _names = LargeArray.Zero<Name>(most);
        _byKey = new(() => new KeyIndex(_names, Keys(loose: false)));
        _byLooseKey = new(() => new KeyIndex(_names, Keys(loose: true)));
        _alike = new(() => new NameIndex(_characters, _names.AsSpan(0, _count)));
    }

    /// <summary>Adds a name; only before the first question.</summary>
    public void Add(int start, int length, int concept, int weight)
    {
        ref var name = ref _names[_count++];
        (name.Start, name.Length, name.Concept, name.Weight) = (start, length, concept, weight);
    }

    /// <summary>Makes all indexes.</summary>
    public void ReadAhead()
    {
        _ = _byKey.Value;
        _ = _byLooseKey.Value;
        _ = _alike.Value;
    }

    /// <summary>The concepts that have a name of the same key, heaviest first.</summary>
    public List<int> OfKey(ReadOnlySpan<char> name) => _byKey.Value.Find(NameKey.Of(name));

    /// <summary>The same by the wider key.</summary>
    public List<int> OfLooseKey(ReadOnlySpan<char> name) => _byLooseKey.Value.Find(NameKey.Loose(name));

    /// <summary>The concepts of the names most alike, best first; a concept may come more than once.</summary>
    public IEnumerable<(int Concept, double Score)> Alike(ReadOnlySpan<char> name, int count, double least) =>
        _alike.Value.Nearest(name, count, least).Select(n => (_names[n.Name].Concept, n.Score));

    private ulong[] Keys(bool loose)
    {
        var keys = LargeArray.Uninitialized<ulong>(_count);
        for (var i = 0; i < keys.Length; i++)
        {
            var name = new ReadOnlySpan<char>(_characters, _names[i].Start, _names[i].Length);
            keys[i] = loose ? NameKey.Loose(name) : NameKey.Of(name);
        }
        return keys;
    }

    /// <summary>Chains of names by the hash of their key, in open addressing.</summary>
    private sealed class KeyIndex
    {
        private readonly Name[] _names;
        private readonly ulong[] _keys;
        private readonly int[] _heads;
        private readonly int[] _next;

        public KeyIndex(Name[] names, ulong[] keys)
        {
            _names = names;
            _keys = keys;
            _next = LargeArray.Zero<int>(keys.Length);
            _heads = LargeArray.Zero<int>(
                (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, keys.Length + (keys.Length / 3)))
            );
            for (var i = 0; i < keys.Length; i++)
            {
                if (keys[i] == 0)
                    continue;
                var at = SlotOf(keys[i]);
                _next[i] = _heads[at];
                _heads[at] = i + 1;
            }
        }

        public List<int> Find(ulong key)
        {
            if (key == 0 || _keys.Length == 0)
                return [];
            var weights = new Dictionary<int, int>();
            for (var i = _heads[SlotOf(key)]; i > 0; i = _next[i - 1])
            {
                var name = _names[i - 1];
                weights[name.Concept] = weights.GetValueOrDefault(name.Concept) + name.Weight;
            }
            return [.. weights.OrderByDescending(w => w.Value).ThenBy(w => w.Key).Select(w => w.Key)];
        }

        private int SlotOf(ulong key)
        {
            var mask = _heads.Length - 1;
            var at = (int)((key >> 20) & (uint)mask);
            while (_heads[at] > 0 && _keys[_heads[at] - 1] != key)
                at = (at + 1) & mask;
            return at;
        }
    }
}
