using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Terminology;

/// <summary>
/// The key under which names that differ only in order, case, number or small words meet: a 64-bit hash of the set of
/// their words in lower case, a plural s cut off, British spellings made American, "of", "the", "and" and "disease" left
/// out of longer names. 0 is the key of a name without words.
/// </summary>
internal static class NameKey
{
    private const int MostWords = 48;

    private static readonly ulong[] Small = Hashes("of the and disease in by with to");

    private static readonly ulong[] Empty = Hashes(
        "abnorm dysfun impair damage toxici diseas disord sympto change effect lesion event acute severe compli episod"
    );

    // Words that say the same in names of diseases, by their first letters.
    private static readonly ulong[] Same = Hashes(
        "cancer tumor malign carcin renal nephro hepati cardia myocar pulmon bleed bleedi cerebr gastri "
            + "ocular ophtha cutane dermal vesica cardio neurol neuron vascul arteri artery muscul"
    );

    private static readonly ulong[] SameAs = Hashes(
        "neopla neopla neopla neopla kidney kidney liver heart heart lung hemorr hemorr brain stomac "
            + "eye eye skin skin bladde heart nervou nervou vessel vessel vessel muscle"
    );

    /// <summary>The key of names that differ only in form.</summary>
    public static ulong Of(ReadOnlySpan<char> name)
    {
        Span<ulong> words = stackalloc ulong[MostWords];
        var count = Words(name, words, int.MaxValue);
        if (count < 3)
            return Sum(words[..count]);
        Span<ulong> kept = stackalloc ulong[MostWords];
        var left = 0;
        foreach (var word in words[..count])
        {
            if (!Has(Small, word))
                kept[left++] = word;
        }
        return left > 0 ? Sum(kept[..left]) : Sum(words[..count]);
    }

    /// <summary>A wider key: word beginnings, some words taken as the same, words that say little left out, each once.</summary>
    public static ulong Loose(ReadOnlySpan<char> name)
    {
        Span<ulong> words = stackalloc ulong[MostWords];
        var count = Words(name, words, 6);
        var left = 0;
        foreach (var word in words[..count])
        {
            if (Has(Small, word) || Has(Empty, word))
                continue;
            var same = word;
            for (var i = 0; i < Same.Length; i++)
            {
                if (Same[i] == word)
                    same = SameAs[i];
            }
            if (!Has(words[..left], same))
                words[left++] = same;
        }
        return Sum(words[..left]);
    }

    // The sum does not depend on the order of the words.
    private static ulong Sum(ReadOnlySpan<ulong> words)
    {
        ulong sum = 0;
        foreach (var word in words)
            sum = unchecked(sum + WordHash.Then(0, word));
        return words.Length == 0 ? 0
            : sum == 0 ? 1
            : sum;
    }

    // Runs of letters and runs of digits, each cut to `longest` letters after the stem is taken.
    private static int Words(ReadOnlySpan<char> name, Span<ulong> words, int longest)
    {
        Span<char> word = stackalloc char[64];
        var count = 0;
        for (var i = 0; i < name.Length && count < words.Length; )
        {
            var kind = KindOf(name[i], out _);
            if (kind == 0)
            {
                i++;
                continue;
            }
            var length = 0;
            for (; i < name.Length && KindOf(name[i], out var lower) == kind; i++)
            {
                if (length < word.Length)
                    word[length++] = lower;
            }
            length = Stem(word[..length]);
            words[count++] = WordHash.Of(word[..Math.Min(length, longest)]);
        }
        return count;
    }

    // 1 for a letter, 2 for a digit, 0 for anything else.
    private static int KindOf(char c, out char lower)
    {
        lower = c;
        if (c is >= 'a' and <= 'z')
            return 1;
        if (char.IsAscii(c))
        {
            lower = (char)(c | 0x20);
            return lower is >= 'a' and <= 'z' ? 1
                : char.IsAsciiDigit(lower = c) ? 2
                : 0;
        }
        lower = char.ToLowerInvariant(c);
        return char.IsLetter(c) ? 1
            : char.IsDigit(c) ? 2
            : 0;
    }

    private static int Stem(Span<char> word)
    {
        var length = word.Length;
        if (length > 4 && word[^1] == 's' && word[^2] != 's')
            length--;
        if (length < 5)
            return length;
        var to = 0;
        for (var i = 0; i < length; i++)
        {
            if (word[i] is 'a' or 'o' && i + 1 < length && word[i + 1] == 'e')
                continue;
            if (word[i] == 'u' && i > 3 && i + 1 < length && word[(i - 4)..(i + 2)] is "tumour")
                continue;
            word[to++] = word[i];
        }
        return to;
    }

    // A loop of its own: these sets are small, and the loop is there without compiling anything at the start.
    private static bool Has(ReadOnlySpan<ulong> set, ulong word)
    {
        foreach (var one in set)
        {
            if (one == word)
                return true;
        }
        return false;
    }

    private static ulong[] Hashes(string words) => Array.ConvertAll(words.Split(' '), w => WordHash.Of(w));
}
