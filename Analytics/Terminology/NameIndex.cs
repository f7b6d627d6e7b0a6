namespace MedLedger.Analytics.Terminology;

/// <summary>
/// Names that resemble a name, by the Dice coefficient of their letter trigrams. Common trigrams, which tell little, are
/// left out of the search but not of the score's denominator.
/// </summary>
internal sealed class NameIndex
{
    private const int Buckets = 1 << 16;
    private const int Common = 1500;
    private const int LongestName = 120;

    private readonly int[] _starts = new int[Buckets + 1];
    private readonly int[] _postings;
    private readonly byte[] _sizes;

    /// <summary>Builds the index; a name's number is its position.</summary>
    public NameIndex(IReadOnlyList<string> names)
    {
        _sizes = new byte[names.Count];
        var grams = new GramSet();
        foreach (var name in names)
        {
            foreach (var gram in grams.Of(name))
                _starts[gram + 1]++;
        }
        for (var i = 0; i < Buckets; i++)
            _starts[i + 1] += _starts[i];
        _postings = new int[_starts[Buckets]];
        var next = _starts.AsSpan(0, Buckets).ToArray();
        for (var n = 0; n < names.Count; n++)
        {
            var own = grams.Of(names[n]);
            _sizes[n] = (byte)Math.Min(255, own.Length);
            foreach (var gram in own)
                _postings[next[gram]++] = n;
        }
    }

    /// <summary>The names most alike, best first.</summary>
    public List<(int Name, double Score)> Nearest(string name, int count, double least)
    {
        var grams = new GramSet().Of(name);
        var shared = new Dictionary<int, int>();
        foreach (var gram in grams)
        {
            var postings = _postings.AsSpan(_starts[gram], _starts[gram + 1] - _starts[gram]);
            if (postings.Length > Common)
                continue;
            foreach (var n in postings)
            {
                ref var seen = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(
                    shared,
                    n,
                    out _
                );
                seen++;
            }
        }
        var size = grams.Length;
        return
        [
            .. shared
                .Select(s => (s.Key, Score: 2.0 * s.Value / (size + _sizes[s.Key])))
                .Where(s => s.Score >= least)
                .OrderByDescending(s => s.Score)
                .ThenBy(s => s.Key)
                .Take(count),
        ];
    }

    /// <summary>The distinct trigrams of one name at a time, without allocation.</summary>
    private sealed class GramSet
    {
        private readonly int[] _seen = new int[Buckets];
        private readonly int[] _grams = new int[LongestName + 1];
        private int _turn;

        public ReadOnlySpan<int> Of(string name)
        {
            _turn++;
            var count = 0;
            char a = ' ',
                b = ' ';
            var length = Math.Min(name.Length, LongestName);
            for (var i = 0; i <= length; i++)
            {
                var c = i < length ? char.ToLowerInvariant(name[i]) : ' ';
                var gram = Hash(a, b, c);
                if (_seen[gram] != _turn)
                {
                    _seen[gram] = _turn;
                    _grams[count++] = gram;
                }
                (a, b) = (b, c);
            }
            return _grams.AsSpan(0, count);
        }
    }

    private static int Hash(char a, char b, char c)
    {
        unchecked
        {
            return (int)((((a * 0x9e3779b1u) ^ (b * 0x85ebca6bu) ^ (c * 0xc2b2ae35u)) * 0x27d4eb2fu) >> 16);
        }
    }
}
