using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MedLedger.Analytics.Inference;

/// <summary>
/// How a word is spelled, as numbers: a convolution over its letters (width 3), then the largest value of each filter. What
/// each letter adds at each place is a table, so that a word costs a few additions.
/// </summary>
internal sealed class Spelling
{
    private const int Unknown = 1;
    private const int Width = 3;

    private readonly float[] _table;
    private readonly float[] _bias;
    private readonly int[] _ascii = new int[128];
    private readonly Dictionary<char, int> _alphabet = [];
    private readonly int _letters;
    private readonly int _size;

    /// <summary>
    /// Reads <c>spelling.bin</c>: float32 little-endian, [3, alphabet, filters], then the bias. Throws
    /// <see cref="InvalidDataException"/> when its size is another.
    /// </summary>
    public Spelling(byte[] bytes, ModelTables tables)
    {
        Filters = tables.Filters;
        _letters = tables.Characters;
        _size = tables.Alphabet.Count + 2;
        var values = new float[bytes.Length / sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
        if (Filters % Vector256<float>.Count != 0 || bytes.Length != (((Width * _size) + 1) * Filters * sizeof(float)))
            throw new InvalidDataException("The model's spelling.bin and heads.json do not fit together.");
        _table = values[..(Width * _size * Filters)];
        _bias = values[(Width * _size * Filters)..];
        Array.Fill(_ascii, Unknown);
        for (var i = 0; i < tables.Alphabet.Count; i++)
        {
            if (tables.Alphabet[i].Length != 1)
                continue;
            var letter = tables.Alphabet[i][0];
            if (char.IsAscii(letter))
                _ascii[letter] = i + 2;
            else
                _alphabet[letter] = i + 2;
        }
    }

    /// <summary>How many numbers a word is.</summary>
    public int Filters { get; }

    /// <summary>
    /// Writes max(0, max over p of bias + sum over k of table[k][letter p + k - 1]). The middle of a long word is left out.
    /// </summary>
    public void Write(ReadOnlySpan<char> word, Span<float> row)
    {
        Span<int> letters = stackalloc int[_letters + 2];
        letters.Clear();
        var count = Math.Min(word.Length, _letters);
        for (var i = 0; i < count; i++)
        {
            var c = word.Length <= _letters || i < _letters / 2 ? word[i] : word[word.Length - _letters + i];
            letters[i + 1] = char.IsAscii(c) ? _ascii[c] : _alphabet.GetValueOrDefault(c, Unknown);
        }
        // Two places beyond the word nothing but the bias is left.
        var places = Math.Min(count + 2, _letters);
        ref var table = ref MemoryMarshal.GetArrayDataReference(_table);
        for (var j = 0; j < Filters; j += Vector256<float>.Count)
        {
            var bias = Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(_bias), (nuint)j);
            var most = Vector256<float>.Zero;
            for (var p = 0; p < places; p++)
            {
                var sum =
                    bias
                    + Vector256.LoadUnsafe(ref table, At(0, letters[p], j))
                    + Vector256.LoadUnsafe(ref table, At(1, letters[p + 1], j))
                    + Vector256.LoadUnsafe(ref table, At(2, letters[p + 2], j));
                most = Vector256.Max(most, sum);
            }
            most.CopyTo(row[j..]);
        }
    }

    // Letter 0 stands before and after a word; its entries are zero.
    private nuint At(int place, int letter, int filter) => (nuint)((((place * _size) + letter) * Filters) + filter);
}
