using System.Buffers;
using MedLedger.Analytics.Text;

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

    // Where the names of a trigram begin among the postings; a common one has none.
    private readonly int[] _starts = new int[Buckets + 1];
    private readonly int[] _postings;
    private readonly byte[] _sizes;

    /// <summary>Builds the index of names that stand in a block of characters.</summary>
    public NameIndex(char[] characters, ReadOnlySpan<CodeNames.Name> names)
    {
        _sizes = new byte[names.Length];
        var size = 0;
        foreach (ref readonly var name in names)
            size += Math.Min(name.Length, LongestName) + 1;
        var grams = new GramSet();
        var all = LargeArray.Uninitialized<ushort>(size);
        var at = 0;
        for (var n = 0; n < names.Length; n++)
        {
            var own = grams.Of(new ReadOnlySpan<char>(characters, names[n].Start, names[n].Length));
            _sizes[n] = (byte)own.Length;
            foreach (var gram in own)
            {
                _starts[gram + 1]++;
                all[at++] = gram;
            }
        }
        for (var i = 0; i < Buckets; i++)
            _starts[i + 1] = _starts[i] + (_starts[i + 1] > Common ? 0 : _starts[i + 1]);
        _postings = LargeArray.Uninitialized<int>(_starts[Buckets]);
        var next = (int[])_starts.Clone();
        at = 0;
        for (var n = 0; n < names.Length; n++)
        {
            for (var end = at + _sizes[n]; at < end; at++)
            {
                var gram = all[at];
                if (_starts[gram] < _starts[gram + 1])
                    _postings[next[gram]++] = n;
            }
        }
    }

    /// <summary>The names most alike, best first.</summary>
    public List<(int Name, double Score)> Nearest(ReadOnlySpan<char> name, int count, double least)
    {
        var grams = new GramSet().Of(name);
        var shared = ArrayPool<byte>.Shared.Rent(_sizes.Length);
        shared.AsSpan(0, _sizes.Length).Clear();
        var seen = new List<int>();
        foreach (var gram in grams)
        {
            foreach (var n in _postings.AsSpan(_starts[gram], _starts[gram + 1] - _starts[gram]))
            {
                if (shared[n]++ == 0)
                    seen.Add(n);
            }
        }
        var alike = new List<(int Name, double Score)>();
        foreach (var n in seen)
        {
            var score = 2.0 * shared[n] / (grams.Length + _sizes[n]);
            if (score >= least)
                alike.Add((n, score));
        }
        ArrayPool<byte>.Shared.Return(shared);
        alike.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Name.CompareTo(b.Name));
        if (alike.Count > count)
            alike.RemoveRange(count, alike.Count - count);
        return alike;
    }

    /// <summary>The distinct trigrams of one name at a time, without allocation.</summary>
    private sealed class GramSet
    {
        private readonly byte[] _seen = new byte[Buckets];
        private readonly ushort[] _grams = new ushort[LongestName + 1];
        private byte _turn;

        public ReadOnlySpan<ushort> Of(ReadOnlySpan<char> name)
        {
            if (_turn == byte.MaxValue)
            {
                Array.Clear(_seen);
                _turn = 0;
            }
            _turn++;
            var count = 0;
            char a = ' ',
                b = ' ';
            var length = Math.Min(name.Length, LongestName);
            for (var i = 0; i <= length; i++)
            {
                var c = i < length ? name[i] : ' ';
                c = char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
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

    private static ushort Hash(char a, char b, char c)
    {
        unchecked
        {
            return (ushort)((((a * 0x9e3779b1u) ^ (b * 0x85ebca6bu) ^ (c * 0xc2b2ae35u)) * 0x27d4eb2fu) >> 16);
        }
    }
}
