using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Inference;

/// <summary>Turns tokens into numbers. The same rules are in training/prepare.py.</summary>
internal sealed class FeatureTable
{
    private const int Unknown = 1;
    private const int FirstNumber = 2;
    private const int LongestNumber = 6;

    private readonly PhraseTable<int> _vocabulary;
    private readonly Spelling _spelling;
    private readonly Gazetteer _gazetteer;
    private readonly float _range;

    public FeatureTable(ModelFolder model, ModelTables tables)
    {
        _vocabulary = Vocabulary(model.Text("vocabulary.txt.gz"));
        _spelling = new Spelling(model.Bytes("spelling.bin"), tables);
        _gazetteer = new Gazetteer(model.Text("gazetteer.txt.gz"), tables.Categories.Count);
        _range = tables.Range;
        Width = _spelling.Filters + _gazetteer.Width + 2;
    }

    /// <summary>Numbers a token beside its word: spelling, gazetteer bits, the two ends of the range.</summary>
    public int Width { get; }

    /// <summary>Whether the word table knows the word (lower case).</summary>
    public bool Knows(ReadOnlySpan<char> word) => _vocabulary.TryFind(WordHash.Of(word), word, out _, out _);

    /// <summary>Writes one sentence into a column of a batch.</summary>
    public void Write(string text, List<TextSpan> tokens, LowerCaseSentence sentence, EncoderBatch batch, int column)
    {
        batch.Lengths[column] = sentence.Count;
        for (var i = 0; i < sentence.Count; i++)
        {
            batch.Word(i, column) = WordRow(sentence.Hash(i), sentence.Word(i));
            var inputs = batch.Inputs(i, column);
            _spelling.Write(tokens[sentence.First + i].Of(text), inputs);
            inputs[^2] = _range;
            inputs[^1] = -_range;
        }
        _gazetteer.Mark(sentence, batch, column, _spelling.Filters);
    }

    /// <summary>Makes one token of a column unknown.</summary>
    public void Hide(EncoderBatch batch, int token, int column)
    {
        batch.Word(token, column) = Unknown;
        var inputs = batch.Inputs(token, column);
        _spelling.Write([], inputs);
        inputs[_spelling.Filters..^2].Clear();
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
}
