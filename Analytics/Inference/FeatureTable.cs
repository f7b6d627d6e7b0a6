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

    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _words;
    private readonly Dictionary<char, int> _alphabet;
    private readonly Gazetteer _gazetteer;
    private readonly int _characters;

    public FeatureTable(ModelFolder model, ModelTables tables)
    {
        var gazetteer = Task.Run(() => new Gazetteer(model.Lines("gazetteer.txt.gz"), tables.Categories.Count));
        _vocabulary = new Dictionary<string, int>(100_000, StringComparer.Ordinal);
        foreach (var word in model.Lines("vocabulary.txt.gz"))
            _vocabulary.TryAdd(word, _vocabulary.Count);
        _words = _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _characters = tables.Characters;
        _alphabet = tables
            .Alphabet.Select((letter, i) => (letter, i))
            .Where(x => x.letter.Length == 1)
            .ToDictionary(x => x.letter[0], x => x.i + 2);
        _gazetteer = gazetteer.GetAwaiter().GetResult();
    }

    /// <summary>Whether the word table knows the word (lower case).</summary>
    public bool Knows(ReadOnlySpan<char> word) => _words.ContainsKey(word);

    /// <summary>The features of one sentence.</summary>
    public SentenceFeatures Of(string text, IReadOnlyList<TextSpan> tokens, Range range, LowerCaseSentence lower)
    {
        var first = range.Start.Value;
        var words = new int[lower.Count];
        var characters = new int[lower.Count * _characters];
        var bits = new float[lower.Count * _gazetteer.Width];
        for (var i = 0; i < lower.Count; i++)
        {
            words[i] = WordRow(lower.Word(i));
            Spell(tokens[first + i].Of(text), characters.AsSpan(i * _characters, _characters));
        }
        _gazetteer.Mark(lower, bits);
        return new SentenceFeatures(words, characters, bits);
    }

    private int WordRow(ReadOnlySpan<char> lower)
    {
        if (IsNumber(lower))
            return FirstNumber + Math.Min(lower.Length, LongestNumber) - 1;
        return _words.TryGetValue(lower, out var row) ? row : Unknown;
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
            row[i] = _alphabet.GetValueOrDefault(letters[i], Unknown);
    }
}
