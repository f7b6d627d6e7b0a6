using System.Globalization;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Inference;

/// <summary>Names of chemicals, diseases, anatomy, procedures, people and places as begin, inside and end bits of tokens.</summary>
internal sealed class Gazetteer
{
    private const int LongestPhrase = 8;

    private readonly PhraseTable<byte> _phrases;

    /// <summary>Reads lines of a phrase, a tab and a mask of categories.</summary>
    public Gazetteer(char[] lines, int categories)
    {
        Categories = categories;
        _phrases = new PhraseTable<byte>(lines, lines.AsSpan().Count(' ') + lines.AsSpan().Count('\n'));
        for (var start = 0; start < lines.Length; )
        {
            var rest = lines.AsSpan(start);
            var end = rest.IndexOf('\n');
            var line = end < 0 ? rest : rest[..end];
            var tab = line.LastIndexOf('\t');
            if (tab <= 0 || !byte.TryParse(line[(tab + 1)..], CultureInfo.InvariantCulture, out var mask))
                throw new InvalidDataException("The model's gazetteer has a line without a mask.");
            _phrases.Add(start, tab, mask);
            start += line.Length + 1;
        }
    }

    /// <summary>How many categories a mask has.</summary>
    public int Categories { get; }

    /// <summary>Bits a token: begin, inside, end of each category.</summary>
    public int Width => 3 * Categories;

    /// <summary>Marks the longest phrase of each category, left to right, from input <paramref name="offset"/> on.</summary>
    public void Mark(LowerCaseSentence sentence, EncoderBatch batch, int column, int offset)
    {
        Span<int> reach = stackalloc int[Categories];
        Span<int> found = stackalloc int[Categories];
        reach.Clear();
        for (var i = 0; i < sentence.Count; i++)
        {
            var any = false;
            var last = Math.Min(i + LongestPhrase, sentence.Count);
            ulong key = 0;
            for (var end = i + 1; end <= last; end++)
            {
                var word = sentence.Hash(end - 1);
                key = end == i + 1 ? word : WordHash.Then(key, word);
                if (_phrases.TryFind(key, sentence.Phrase(i, end), out var mask, out var goesOn))
                {
                    for (var c = 0; c < Categories; c++)
                    {
                        if ((mask >> c & 1) == 0 || reach[c] > i)
                            continue;
                        if (!any)
                            found.Clear();
                        any = true;
                        found[c] = end;
                    }
                }
                if (!goesOn)
                    break;
            }
            for (var c = 0; any && c < Categories; c++)
            {
                if (found[c] == 0)
                    continue;
                reach[c] = found[c];
                var bit = offset + (3 * c);
                batch.Inputs(i, column)[bit] = 1;
                for (var j = i + 1; j < found[c]; j++)
                    batch.Inputs(j, column)[bit + 1] = 1;
                batch.Inputs(found[c] - 1, column)[bit + 2] = 1;
            }
        }
    }
}
