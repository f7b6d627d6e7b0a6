namespace MedLedger.Analytics.Text;

/// <summary>The tokens of one sentence in lower case, joined by single spaces, so that a run of tokens is one slice.</summary>
internal sealed class LowerCaseSentence
{
    private readonly char[] _buffer;
    private readonly int[] _starts;
    private readonly int[] _ends;

    public LowerCaseSentence(string text, IReadOnlyList<TextSpan> tokens, Range range)
    {
        var (first, count) = range.GetOffsetAndLength(tokens.Count);
        Count = count;
        _starts = new int[count];
        _ends = new int[count];
        var size = count;
        for (var i = 0; i < count; i++)
            size += tokens[first + i].Length;
        _buffer = new char[size];
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            var token = tokens[first + i];
            _starts[i] = at;
            token.Of(text).ToLowerInvariant(_buffer.AsSpan(at, token.Length));
            at += token.Length;
            _ends[i] = at;
            _buffer[at++] = ' ';
        }
    }

    /// <summary>How many tokens there are.</summary>
    public int Count { get; }

    /// <summary>One token in lower case.</summary>
    public ReadOnlySpan<char> Word(int index) => Phrase(index, index + 1);

    /// <summary>The tokens from <paramref name="first"/> up to, not including, <paramref name="end"/>.</summary>
    public ReadOnlySpan<char> Phrase(int first, int end) =>
        _buffer.AsSpan(_starts[first], _ends[end - 1] - _starts[first]);
}
