using System.Globalization;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Inference;

/// <summary>Names of chemicals, diseases, anatomy, procedures, people and places as begin, inside and end bits of tokens.</summary>
internal sealed class Gazetteer
{
    private const int LongestPhrase = 8;

    private readonly PhraseTable<byte> _phrases = new(160_000);

    public Gazetteer(IEnumerable<string> lines, int categories)
    {
        Categories = categories;
        foreach (var line in lines)
        {
            var tab = line.LastIndexOf('\t');
            if (tab <= 0 || !byte.TryParse(line.AsSpan(tab + 1), CultureInfo.InvariantCulture, out var mask))
                throw new InvalidDataException("The model's gazetteer has a line without a mask.");
            _phrases.Add(line.AsSpan(0, tab), mask);
        }
    }

    /// <summary>How many categories a mask has.</summary>
    public int Categories { get; }

    /// <summary>Bits a token: begin, inside, end of each category.</summary>
    public int Width => 3 * Categories;

    /// <summary>Marks the longest phrase of each category, left to right. <paramref name="rows"/> is [tokens, Width], zero.</summary>
    public void Mark(LowerCaseSentence sentence, Span<float> rows)
    {
        Span<int> reach = stackalloc int[Categories];
        Span<int> found = stackalloc int[Categories];
        reach.Clear();
        for (var i = 0; i < sentence.Count; i++)
        {
            found.Clear();
            var last = Math.Min(i + LongestPhrase, sentence.Count);
            for (var end = i + 1; end <= last; end++)
            {
                if (_phrases.TryFind(sentence.Phrase(i, end), out var mask, out var goesOn))
                {
                    for (var c = 0; c < Categories; c++)
                    {
                        if ((mask >> c & 1) != 0 && reach[c] <= i)
                            found[c] = end;
                    }
                }
                if (!goesOn)
                    break;
            }
            for (var c = 0; c < Categories; c++)
            {
                if (found[c] > 0)
                    MarkOne(rows, i, reach[c] = found[c], c);
            }
        }
    }

    private void MarkOne(Span<float> rows, int first, int end, int category)
    {
        rows[(first * Width) + (3 * category)] = 1;
        for (var j = first + 1; j < end; j++)
            rows[(j * Width) + (3 * category) + 1] = 1;
        rows[((end - 1) * Width) + (3 * category) + 2] = 1;
    }
}
