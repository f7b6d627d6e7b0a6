using System.Numerics;

namespace MedLedger.Analytics.Text;

/// <summary>
/// Phrases of lower-case tokens joined by single spaces, each with a value; finds them by prefix. Open addressing over one
/// block of characters, so that a table of a hundred thousand phrases is there in a few milliseconds.
/// </summary>
internal sealed class PhraseTable<T>
{
    private readonly char[] _characters;
    private readonly Slot[] _slots;
    private readonly T[] _values;
    private readonly int _mask;

    private struct Slot
    {
        public ulong Key;
        public int Start;
        public ushort Length;
        public bool IsPhrase;
        public bool IsPrefix;
    }

    /// <summary>A table over <paramref name="characters"/> for at most <paramref name="most"/> phrases and beginnings of phrases.</summary>
    public PhraseTable(char[] characters, int most)
    {
        _characters = characters;
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, most + (most / 3) + 1));
        _slots = LargeArray.Zero<Slot>(size);
        _values = new T[size];
        _mask = size - 1;
    }

    /// <summary>A small table of its own; a phrase that comes twice has its later value.</summary>
    public static PhraseTable<T> Of(IReadOnlyList<(string Phrase, T Value)> phrases)
    {
        var characters = string.Concat(phrases.Select(p => p.Phrase)).ToCharArray();
        var table = new PhraseTable<T>(characters, characters.AsSpan().Count(' ') + phrases.Count);
        var at = 0;
        foreach (var (phrase, value) in phrases)
        {
            table.Add(at, phrase.Length, value);
            at += phrase.Length;
        }
        return table;
    }

    /// <summary>Adds a phrase that stands in the block of characters, or replaces its value.</summary>
    public void Add(int start, int length, T value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, ushort.MaxValue);
        var phrase = _characters.AsSpan(start, length);
        ulong key = 0;
        for (var from = 0; ; )
        {
            var space = phrase[from..].IndexOf(' ');
            var end = space < 0 ? length : from + space;
            var word = WordHash.Of(phrase[from..end]);
            key = from == 0 ? word : WordHash.Then(key, word);
            var at = SlotOf(key, phrase[..end]);
            ref var slot = ref _slots[at];
            (slot.Key, slot.Start, slot.Length) = (key, start, (ushort)end);
            if (space < 0)
            {
                slot.IsPhrase = true;
                _values[at] = value;
                return;
            }
            slot.IsPrefix = true;
            from = end + 1;
        }
    }

    /// <summary>
    /// Looks a phrase up by its hash (<see cref="WordHash"/>, word by word). <paramref name="goesOn"/> says whether a longer
    /// phrase begins with it.
    /// </summary>
    public bool TryFind(ulong key, ReadOnlySpan<char> phrase, out T? value, out bool goesOn)
    {
        for (var at = (int)((key >> 16) & (uint)_mask); ; at = (at + 1) & _mask)
        {
            ref readonly var slot = ref _slots[at];
            if (slot.Key == 0)
                break;
            if (slot.Key != key || !_characters.AsSpan(slot.Start, slot.Length).SequenceEqual(phrase))
                continue;
            value = _values[at];
            goesOn = slot.IsPrefix;
            return slot.IsPhrase;
        }
        value = default;
        goesOn = false;
        return false;
    }

    private int SlotOf(ulong key, ReadOnlySpan<char> phrase)
    {
        var at = (int)((key >> 16) & (uint)_mask);
        while (
            _slots[at].Key != 0
            && (_slots[at].Key != key || !_characters.AsSpan(_slots[at].Start, _slots[at].Length).SequenceEqual(phrase))
        )
            at = (at + 1) & _mask;
        return at;
    }
}
