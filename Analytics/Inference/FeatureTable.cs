using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Inference;

/// <summary>Words, characters and gazetteer bits of one sentence, as the network reads them.</summary>
/// <param name="Words">[T] rows of the word table.</param>
/// <param name="Characters">[T, characters] letters of each word; the middle of a long word is left out.</param>
/// <param name="Bits">[T, width] gazetteer bits.</param>
internal sealed record SentenceFeatures(int[] Words, int[] Characters, float[] Bits)
{
    /// <summary>The same sentence with one token made unknown.</summary>
    public SentenceFeatures Without(int token)
    {
        var words = (int[])Words.Clone();
        var characters = (int[])Characters.Clone();
        var bits = (float[])Bits.Clone();
        words[token] = 1;
        var letters = Characters.Length / Words.Length;
        var width = Bits.Length / Words.Length;
        characters.AsSpan(token * letters, letters).Clear();
        bits.AsSpan(token * width, width).Clear();
        return new SentenceFeatures(words, characters, bits);
    }
}

/// <summary>Turns tokens into numbers. The same rules are in training/prepare.py.</summary>
internal sealed class FeatureTable
{
    private const int Unknown = 1;
    private const int FirstNumber = 2;
    private const int LongestNumber = 6;

    private readonly PhraseTable<int> _vocabulary;
    private readonly int[] _ascii = new int[128];
    private readonly Dictionary<char, int> _alphabet = [];
    private readonly Gazetteer _gazetteer;
    private readonly int _characters;

    public FeatureTable(ModelFolder model, ModelTables tables)
    {
        _vocabulary = Vocabulary(model.Text("vocabulary.txt.gz"));
        _characters = tables.Characters;
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
        _gazetteer = new Gazetteer(model.Text("gazetteer.txt.gz"), tables.Categories.Count);
    }

    private static PhraseTable<int> Vocabulary(char[] lines)
    {
        var table = new PhraseTable<int>(lines, lines.AsSpan().Count('\n') + 1);
        var row = 0;
        for (var start = 0; start < lines.Length; row++)
        {
            var end = lines.AsSpan(start).IndexOf('\n');
            var length = end < 0 ? lines.Length - start : end;
            if (lines.AsSpan(start, length).Contains(' '))
                throw new InvalidDataException("The model's vocabulary has a line of more than one word.");
            table.Add(start, length, row);
            start += length + 1;
        }
        return table;
    }

    /// <summary>Whether the word table knows the word (lower case).</summary>
    public bool Knows(ReadOnlySpan<char> word) => _vocabulary.TryFind(WordHash.Of(word), word, out _, out _);

    /// <summary>The features of one sentence.</summary>
    public SentenceFeatures Of(string text, List<TextSpan> tokens, Range range, LowerCaseSentence lower)
    {
        var first = range.Start.Value;
        var words = new int[lower.Count];
        var characters = new int[lower.Count * _characters];
        var bits = new float[lower.Count * _gazetteer.Width];
        for (var i = 0; i < lower.Count; i++)
        {
            words[i] = WordRow(lower.Hash(i), lower.Word(i));
            Spell(tokens[first + i].Of(text), characters.AsSpan(i * _characters, _characters));
        }
        _gazetteer.Mark(lower, bits);
        return new SentenceFeatures(words, characters, bits);
    }

    private int WordRow(ulong hash, ReadOnlySpan<char> lower)
    {
        if (IsNumber(lower))
            return FirstNumber + Math.Min(lower.Length, LongestNumber) - 1;
        return _vocabulary.TryFind(hash, lower, out var row, out _) ? row : Unknown;
    }

    private static bool IsNumber(ReadOnlySpan<char> word)
    {
        foreach (var c in word)
        {
            if (!char.IsDigit(c))
                return false;
        }
        return true;
    }

    private void Spell(ReadOnlySpan<char> word, Span<int> row)
    {
        if (word.Length <= row.Length)
        {
            SpellAll(word, row);
            return;
        }
        var half = row.Length / 2;
        SpellAll(word[..half], row);
        SpellAll(word[^half..], row[half..]);
    }

    private void SpellAll(ReadOnlySpan<char> letters, Span<int> row)
    {
        for (var i = 0; i < letters.Length; i++)
            row[i] = char.IsAscii(letters[i]) ? _ascii[letters[i]] : _alphabet.GetValueOrDefault(letters[i], Unknown);
    }
}
