using System.Collections.Frozen;

namespace MedLedger.Analytics.Text;

/// <summary>Says whether a text looks like English, by its small words and its script.</summary>
internal static class LanguageCheck
{
    private const int FewestWords = 12;
    private const int MostCharacters = 20_000;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> English = Lookup(
        "the of and to a with was is in for on no she he her his at by from are were has had not be that this which patient"
    );

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Other = Lookup(
        "der die das und mit ist nicht von den ein eine wurde bei keine el la los las de del que con una por para paciente sin "
            + "le les des et une du est dans pour pas avec il di che della del sono con per non och att det som med het een van "
            + "en niet is voor não uma com os na w z się nie jest że und der og er til ikke pacjent"
    );

    /// <summary>True for English and for texts too short to tell.</summary>
    public static bool LooksEnglish(string text)
    {
        var sample = text.Length > MostCharacters ? text[..MostCharacters] : text;
        int words = 0,
            english = 0,
            other = 0,
            foreign = 0;
        Span<char> lower = stackalloc char[16];
        foreach (var token in Tokenizer.Tokenize(sample))
        {
            var word = token.Of(sample);
            if (!char.IsLetter(word[0]))
                continue;
            words++;
            if (word[0] > '\u024f' && !(word[0] is >= '\u0370' and <= '\u03ff' && word.Length == 1))
                foreign++;
            if (word.Length > lower.Length)
                continue;
            var written = word.ToLowerInvariant(lower);
            if (English.Contains(lower[..written]))
                english++;
            if (Other.Contains(lower[..written]))
                other++;
        }
        return words < FewestWords || (foreign * 3 < words && other <= Math.Max(english, words / 20));
    }

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup(string words) =>
        words.Split(' ').ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
}
