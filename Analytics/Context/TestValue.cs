using System.Collections.Frozen;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Context;

/// <summary>What the words right behind a test, or in a value, say of it.</summary>
internal enum TestValue
{
    /// <summary>Nothing: "check lactate", "troponin in 6 h".</summary>
    None,

    /// <summary>The test was done, whatever else is uncertain or denied: "lactate 3.8", "D-dimer negative".</summary>
    Measured,

    /// <summary>A result or a limit, which the rest of the sentence decides: "Hgb &lt; 7".</summary>
    Compared,
}

/// <summary>Reads the result right behind a test, or in a value.</summary>
internal static class TestValues
{
    private static readonly FrozenSet<string> Comparators = Words(
        "< > ≤ ≥ less greater more lower higher below above under over"
    );

    private static readonly FrozenSet<string> Results = Words(
        "negative neg positive pos normal abnormal wnl elevated unremarkable clear unchanged reassuring"
    );

    // What may stand between a test and its result, or after a comparator.
    private static readonly FrozenSet<string> Links = Words(
        ": = ( ~ of was were is level levels count now only low high stable up down drops dropped falls fell rises rose "
            + "improved increased decreased remains stays x2 x3 x4"
    );

    private static readonly FrozenSet<string> LaterLinks = Words("at to from than or equal");

    // "troponin 6 h later": when, not how much.
    private static readonly FrozenSet<string> Times = Words(
        "h hr hrs hour hours min mins minutes d day days wk wks week weeks month months yr yrs year years am pm"
    );

    private const int MostLinks = 4;

    /// <summary>The value of a finding of a type, the tokens from <paramref name="first"/> to <paramref name="end"/>.</summary>
    public static TestValue Of(LowerCaseSentence sentence, int first, int end, string type) =>
        type switch
        {
            "Test" => Behind(sentence, end),
            "LabValue" => Within(sentence, first, end),
            _ => TestValue.None,
        };

    private static TestValue Behind(LowerCaseSentence sentence, int end)
    {
        var compared = false;
        for (var i = end; i < Math.Min(sentence.Count, end + MostLinks); i++)
        {
            if (IsNumber(sentence, i))
                return compared ? TestValue.Compared
                    : IsTime(sentence, i) ? TestValue.None
                    : TestValue.Measured;
            if (!compared && Holds(Results, sentence, i))
                return TestValue.Measured;
            if (Holds(Comparators, sentence, i))
                compared = true;
            else if (!Holds(Links, sentence, i) && !(i > end && Holds(LaterLinks, sentence, i)))
                return TestValue.None;
        }
        return TestValue.None;
    }

    private static TestValue Within(LowerCaseSentence sentence, int first, int end)
    {
        for (var i = first; i < end; i++)
        {
            if (Holds(Comparators, sentence, i))
                return TestValue.Compared;
            if (!IsNumber(sentence, i))
                continue;
            var before = i - 1;
            while (before >= 0 && Holds(LaterLinks, sentence, before) || before >= 0 && sentence.Word(before) is "=")
                before--;
            return before >= 0 && Holds(Comparators, sentence, before) ? TestValue.Compared : TestValue.Measured;
        }
        return TestValue.None;
    }

    private static bool IsTime(LowerCaseSentence sentence, int number)
    {
        if (LowerCaseSentence.IsYear(sentence.Word(number)))
            return true;
        var next = number + 1;
        while (next + 1 < sentence.Count && sentence.Word(next) is "." or "," or "-" && IsNumber(sentence, next + 1))
            next += 2;
        return next < sentence.Count && Holds(Times, sentence, next);
    }

    private static bool IsNumber(LowerCaseSentence sentence, int i) => char.IsAsciiDigit(sentence.Word(i)[0]);

    private static bool Holds(FrozenSet<string> words, LowerCaseSentence sentence, int i) =>
        words.GetAlternateLookup<ReadOnlySpan<char>>().Contains(sentence.Word(i));

    private static FrozenSet<string> Words(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
