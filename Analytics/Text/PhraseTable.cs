namespace MedLedger.Analytics.Text;

/// <summary>Phrases of lower-case tokens joined by single spaces, each with a value; finds them by prefix.</summary>
internal sealed class PhraseTable<T>
{
    private readonly Dictionary<string, Entry> _entries;
    private readonly Dictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    private readonly record struct Entry(T? Value, bool IsPhrase, bool IsPrefix);

    public PhraseTable(int capacity)
    {
        _entries = new Dictionary<string, Entry>(capacity, StringComparer.Ordinal);
        _lookup = _entries.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Adds a phrase, or replaces its value.</summary>
    public void Add(ReadOnlySpan<char> phrase, T value)
    {
        _lookup.TryGetValue(phrase, out var known);
        _lookup[phrase] = new Entry(value, IsPhrase: true, known.IsPrefix);
        for (var at = phrase.IndexOf(' '); at > 0; at = Next(phrase, at))
        {
            var prefix = phrase[..at];
            if (_lookup.TryGetValue(prefix, out known))
            {
                if (!known.IsPrefix)
                    _lookup[prefix] = known with { IsPrefix = true };
            }
            else
            {
                _lookup[prefix] = new Entry(default, IsPhrase: false, IsPrefix: true);
            }
        }
    }

    /// <summary>Looks a phrase up. <paramref name="goesOn"/> says whether a longer phrase begins with it.</summary>
    public bool TryFind(ReadOnlySpan<char> phrase, out T? value, out bool goesOn)
    {
        _lookup.TryGetValue(phrase, out var entry);
        value = entry.Value;
        goesOn = entry.IsPrefix;
        return entry.IsPhrase;
    }

    private static int Next(ReadOnlySpan<char> phrase, int at)
    {
        var more = phrase[(at + 1)..].IndexOf(' ');
        return more < 0 ? -1 : at + 1 + more;
    }
}
