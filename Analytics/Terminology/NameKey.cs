using System.Collections.Frozen;

namespace MedLedger.Analytics.Terminology;

/// <summary>
/// The key under which names that differ only in order, case, number or small words meet: lower-case words and numbers,
/// a plural s cut off, British spellings made American, "of", "the", "and" and "disease" left out of longer names, sorted.
/// </summary>
internal static class NameKey
{
    private static readonly FrozenSet<string> Small = FrozenSet.ToFrozenSet(
        ["of", "the", "and", "disease", "in", "by", "with", "to"],
        StringComparer.Ordinal
    );

    // Words that say the same in names of diseases, by their first letters; empty for those that say little.
    private static readonly FrozenDictionary<string, string> Same = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        ["cancer"] = "neopla",
        ["carcin"] = "neopla",
        ["tumor"] = "neopla",
        ["malign"] = "neopla",
        ["renal"] = "kidney",
        ["nephro"] = "kidney",
        ["hepati"] = "liver",
        ["cardia"] = "heart",
        ["myocar"] = "heart",
        ["pulmon"] = "lung",
        ["bleed"] = "hemorr",
        ["bleedi"] = "hemorr",
        ["cerebr"] = "brain",
        ["gastri"] = "stomac",
        ["abnorm"] = "",
        ["dysfun"] = "",
        ["impair"] = "",
        ["damage"] = "",
        ["toxici"] = "",
        ["diseas"] = "",
        ["disord"] = "",
        ["sympto"] = "",
        ["change"] = "",
        ["effect"] = "",
        ["lesion"] = "",
        ["event"] = "",
        ["acute"] = "",
        ["severe"] = "",
        ["compli"] = "",
        ["episod"] = "",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The key of names that differ only in form.</summary>
    public static string Of(ReadOnlySpan<char> name)
    {
        var words = Words(name);
        if (words.Count >= 3)
        {
            var kept = words.FindAll(w => !Small.Contains(w));
            words = kept.Count > 0 ? kept : words;
        }
        words.Sort(StringComparer.Ordinal);
        return string.Join(' ', words);
    }

    /// <summary>A wider key: word beginnings, some words taken as the same, words that say little left out.</summary>
    public static string Loose(ReadOnlySpan<char> name)
    {
        var words = Words(name).FindAll(w => !Small.Contains(w));
        for (var i = 0; i < words.Count; i++)
        {
            var start = words[i].Length > 6 ? words[i][..6] : words[i];
            words[i] = Same.GetValueOrDefault(start, start);
        }
        var kept = words.FindAll(w => w.Length > 0);
        kept.Sort(StringComparer.Ordinal);
        return string.Join(' ', kept.Distinct(StringComparer.Ordinal));
    }

    private static List<string> Words(ReadOnlySpan<char> name)
    {
        var words = new List<string>(8);
        Span<char> lower = name.Length <= 256 ? stackalloc char[name.Length] : new char[name.Length];
        name.ToLowerInvariant(lower);
        for (var i = 0; i < lower.Length; )
        {
            var start = i;
            if (char.IsLetter(lower[i]))
            {
                while (i < lower.Length && char.IsLetter(lower[i]))
                    i++;
            }
            else if (char.IsDigit(lower[i]))
            {
                while (i < lower.Length && char.IsDigit(lower[i]))
                    i++;
            }
            else
            {
                i++;
                continue;
            }
            words.Add(Stem(lower[start..i]));
        }
        return words;
    }

    private static string Stem(ReadOnlySpan<char> word)
    {
        var stem = word.Length > 4 && word[^1] == 's' && word[^2] != 's' ? word[..^1].ToString() : word.ToString();
        if (stem.Length < 5)
            return stem;
        return stem.Replace("ae", "e", StringComparison.Ordinal)
            .Replace("oe", "e", StringComparison.Ordinal)
            .Replace("tumour", "tumor", StringComparison.Ordinal);
    }
}
