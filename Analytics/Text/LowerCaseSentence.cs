namespace MedLedger.Analytics.Text;

/// <summary>
/// The tokens of one sentence in lower case, joined by single spaces, so that a run of tokens is one slice; with the hash
/// of each token for all the tables that look it up.
/// </summary>
internal sealed class LowerCaseSentence
{
    /// <summary>What stands for any year where years are alike; no token of a text.</summary>
    public const string Year = "<year>";

    private readonly char[] _buffer;
    private readonly int[] _starts;
    private readonly ulong[] _hashes;

    public LowerCaseSentence(string text, List<TextSpan> tokens, Range range)
        : this(text, tokens, range, years: false) { }

    private LowerCaseSentence(string text, List<TextSpan> tokens, Range range, bool years)
    {
        var (first, count) = range.GetOffsetAndLength(tokens.Count);
        (First, Count) = (first, count);
        _starts = new int[count + 1];
        _hashes = new ulong[count];
        var size = count;
        for (var i = 0; i < count; i++)
            size += WordOf(text, tokens[first + i], years).Length;
        _buffer = new char[size];
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            var token = WordOf(text, tokens[first + i], years);
            _starts[i] = at;
            var word = _buffer.AsSpan(at, token.Length);
            ToLower(token, word);
            _hashes[i] = WordHash.Of(word);
            at += token.Length;
            _buffer[at++] = ' ';
        }
        _starts[count] = at;
    }

    /// <summary>The place of its first token in the text's list of tokens.</summary>
    public int First { get; }

    /// <summary>How many tokens there are.</summary>
    public int Count { get; }

    /// <summary>One past the place of its last token.</summary>
    public int End => First + Count;

    /// <summary>The sentences of a text.</summary>
    public static List<LowerCaseSentence> AllOf(string text, List<TextSpan> tokens) =>
        SentenceSplitter.Split(text, tokens).ConvertAll(range => new LowerCaseSentence(text, tokens, range));

    /// <summary>The same sentence with <see cref="Year"/> for each year; itself when it has none.</summary>
    public LowerCaseSentence WithYears(string text, List<TextSpan> tokens)
    {
        for (var i = First; i < End; i++)
        {
            if (IsYear(tokens[i].Of(text)))
                return new LowerCaseSentence(text, tokens, First..End, years: true);
        }
        return this;
    }

    /// <summary>One token in lower case.</summary>
    public ReadOnlySpan<char> Word(int index) => Phrase(index, index + 1);

    /// <summary><see cref="WordHash"/> of one token.</summary>
    public ulong Hash(int index) => _hashes[index];

    /// <summary>The tokens from <paramref name="first"/> up to, not including, <paramref name="end"/>.</summary>
    public ReadOnlySpan<char> Phrase(int first, int end) =>
        _buffer.AsSpan(_starts[first], _starts[end] - 1 - _starts[first]);

    /// <summary>
    /// Looks up the phrases of a table that begin at <paramref name="first"/>. Returns where the longest that
    /// <paramref name="accept"/> takes ends, 0 when there is none.
    /// </summary>
    public int Longest<T>(PhraseTable<T> table, int first, out T? value, Func<int, T, bool>? accept = null)
    {
        value = default;
        var longest = 0;
        ulong key = 0;
        for (var end = first + 1; end <= Count; end++)
        {
            key = end == first + 1 ? _hashes[first] : WordHash.Then(key, _hashes[end - 1]);
            if (
                table.TryFind(key, Phrase(first, end), out var found, out var goesOn)
                && accept?.Invoke(end, found!) != false
            )
                (longest, value) = (end, found);
            if (!goesOn)
                break;
        }
        return longest;
    }

    private static ReadOnlySpan<char> WordOf(string text, TextSpan token, bool years) =>
        years && IsYear(token.Of(text)) ? Year : token.Of(text);

    /// <summary>Whether a word is a year from 1900 to 2099.</summary>
    public static bool IsYear(ReadOnlySpan<char> word) =>
        word.Length == 4 && word[..2] is "19" or "20" && char.IsAsciiDigit(word[2]) && char.IsAsciiDigit(word[3]);

    private static void ToLower(ReadOnlySpan<char> word, Span<char> lower)
    {
        for (var i = 0; i < word.Length; i++)
        {
            var c = word[i];
            if (!char.IsAscii(c))
            {
                word.ToLowerInvariant(lower);
                return;
            }
            lower[i] = char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
        }
    }
}
