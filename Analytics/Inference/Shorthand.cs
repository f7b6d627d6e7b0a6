using System.Text.Json;
using MedLedger.Analytics.Context;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Inference;

/// <summary>
/// The shorthand of notes, which a network that learned from abstracts and case reports has hardly seen: what "CAD" is,
/// and that "68M h/o" is no finding. <c>rules/shorthand.json</c> is the data; an unknown key is refused.
/// </summary>
internal sealed class Shorthand
{
    private const int LongestPhrase = 5;

    // Of the words that follow an age and a sex: "68M h/o", "98F with", but not "T 98F".
    private static readonly string[] AfterAge =
    [
        "h",
        "w",
        "with",
        "c",
        "s",
        "p",
        "who",
        "presents",
        "presenting",
        "presented",
        "admitted",
        "found",
        "brought",
        "here",
    ];

    private readonly Dictionary<string, (string Type, string LongForm)> _forms = new(StringComparer.Ordinal);
    private readonly HashSet<string> _found;
    private readonly HashSet<string> _none;

    private Shorthand(JsonElement json)
    {
        json.Only("version", "forms", "found", "none");
        Version = json.Text("version");
        foreach (var type in json.GetProperty("forms").Only("Problem", "Test", "Treatment").EnumerateObject())
        {
            foreach (var form in type.Value.EnumerateObject())
            {
                if (form.Name.Length == 0 || !char.IsAsciiLetterUpper(form.Name[0]))
                    throw new FormatException("A short form begins with no capital.");
                _forms.Add(
                    form.Name,
                    (type.Name, form.Value.GetString() ?? throw new FormatException("A form is null."))
                );
            }
        }
        _found = json.Texts("found").ToHashSet(StringComparer.Ordinal);
        _none = json.Texts("none").ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The version of the rules file.</summary>
    public string Version { get; }

    /// <summary>The rules that ship with this assembly.</summary>
    public static Shorthand Default { get; } = Parse(EmbeddedRules.Read("shorthand.json"));

    /// <summary>Parses a rules file. Throws <see cref="InvalidDataException"/> when it is not of the known form.</summary>
    public static Shorthand Parse(byte[] utf8) =>
        StrictJson.Parse(utf8, "The shorthand rules cannot be read.", json => new Shorthand(json));

    /// <summary>What a short form stands for, as it is written; null when it is none.</summary>
    public string? LongFormOf(string name) => _forms.TryGetValue(name, out var form) ? form.LongForm : null;

    /// <summary>
    /// The runs of a sentence with the types that their short forms have, without words that are no finding, and with the
    /// short forms that no head found (score 1: the rule is sure).
    /// </summary>
    public List<TokenRun> Mend(string text, List<TextSpan> tokens, LowerCaseSentence sentence, List<TokenRun> runs)
    {
        var mended = new List<TokenRun>(runs.Count);
        foreach (var run in runs)
        {
            if (
                Trimmed(sentence, run) is { } kept
                && !IsAgeAndSex(sentence, kept)
                && !(kept != run && IsLeftOver(sentence, kept))
            )
                mended.Add(kept with { Type = TypeOf(text, tokens, sentence, kept) ?? kept.Type });
        }
        // In capitals throughout every word looks like shorthand.
        if (HasSmallLetters(text, tokens, sentence))
            AddForms(text, tokens, sentence, mended);
        mended.Sort(static (a, b) => a.First.CompareTo(b.First));
        return mended;
    }

    private void AddForms(string text, List<TextSpan> tokens, LowerCaseSentence sentence, List<TokenRun> runs)
    {
        for (var first = 0; first < sentence.Count; first++)
        {
            if (!char.IsAsciiLetterUpper(text[tokens[sentence.First + first].Start]))
                continue;
            for (var end = Math.Min(sentence.Count, first + LongestPhrase); end > first; end--)
            {
                var words = Words(text, tokens, sentence, first, end);
                if (!_forms.TryGetValue(words, out var form) || _found.Contains(words))
                    continue;
                if (runs.TrueForAll(r => r.End <= first || end <= r.First))
                    runs.Add(new TokenRun(first, end, form.Type, 1, 1));
                break;
            }
        }
    }

    // "CAD", "CABG x3".
    private string? TypeOf(string text, List<TextSpan> tokens, LowerCaseSentence sentence, TokenRun run)
    {
        var end = run.End;
        while (end > run.First + 1 && IsCount(sentence.Word(end - 1)))
            end--;
        return _forms.TryGetValue(Words(text, tokens, sentence, run.First, end), out var form) ? form.Type : null;
    }

    private TokenRun? Trimmed(LowerCaseSentence sentence, TokenRun run)
    {
        var (first, end) = (run.First, run.End);
        for (var cut = 1; cut > 0 && first < end; first += cut)
            cut = Longest(size => _none.Contains(sentence.Phrase(first, first + size).ToString()), end - first);
        for (var cut = 1; cut > 0 && first < end; end -= cut)
            cut = Longest(size => _none.Contains(sentence.Phrase(end - size, end).ToString()), end - first);
        return first < end ? run with { First = first, End = end } : null;
    }

    private static int Longest(Func<int, bool> holds, int most)
    {
        for (var size = Math.Min(most, LongestPhrase); size > 0; size--)
        {
            if (holds(size))
                return size;
        }
        return 0;
    }

    // "2007 s/p", "no s/s": a year or a small word says nothing alone.
    private static bool IsLeftOver(LowerCaseSentence sentence, TokenRun run)
    {
        for (var i = run.First; i < run.End; i++)
        {
            var word = sentence.Word(i);
            if (
                LowerCaseSentence.IsYear(word) ? run.End - run.First > 1 : word.Length > 2 || char.IsAsciiDigit(word[0])
            )
                return false;
        }
        return true;
    }

    private static bool IsAgeAndSex(LowerCaseSentence sentence, TokenRun run)
    {
        if (!int.TryParse(sentence.Word(run.First), out var age) || age > 120)
            return false;
        var (years, sex) = (false, false);
        for (var i = run.First + 1; i < run.End; i++)
        {
            var word = sentence.Word(i);
            years |= word is "y" or "yo" or "yr" or "yrs" or "year" or "years" or "yof" or "yom";
            sex |= word is "m" or "f" or "male" or "female" or "man" or "woman";
            if (!years && !sex && word is not "-")
                return false;
            if (word.Length > 1 && !years && !sex)
                return false;
        }
        return years
            || (
                sex
                && run.First == 0
                && run.End < sentence.Count
                && AfterAge.AsSpan().Contains(sentence.Word(run.End).ToString())
            );
    }

    private static bool IsCount(ReadOnlySpan<char> word) =>
        int.TryParse(word.StartsWith('x') ? word[1..] : word, out _);

    private static string Words(string text, List<TextSpan> tokens, LowerCaseSentence sentence, int first, int end) =>
        text[tokens[sentence.First + first].Start..tokens[sentence.First + end - 1].End];

    private static bool HasSmallLetters(string text, List<TextSpan> tokens, LowerCaseSentence sentence)
    {
        for (var i = sentence.First; i < sentence.End; i++)
        {
            var word = tokens[i].Of(text);
            if (word.Length > 2 && char.IsLower(word[^1]))
                return true;
        }
        return false;
    }
}
