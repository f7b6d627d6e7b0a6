using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Inference;

/// <summary>
/// Runs that are no medicine: a name after a title, a mail address, a number alone. Networks that learned from abstracts and
/// case reports, which have none of these, take them for drugs.
/// </summary>
internal static class PersonalRuns
{
    /// <summary>Whether tokens of a text, found as a type of the merged heads, are of that kind.</summary>
    public static bool Holds(string text, List<TextSpan> tokens, int first, int end, string type)
    {
        var letters = false;
        var digits = 0;
        for (var i = first; i < end; i++)
        {
            foreach (var c in tokens[i].Of(text))
            {
                if (c == '@')
                    return true;
                letters |= char.IsLetter(c);
                digits += char.IsAsciiDigit(c) ? 1 : 0;
            }
        }
        // No dose and no result has as many digits as a telephone number.
        if (type is "Dosage" or "LabValue")
            return !letters && digits >= 10;
        return !letters || (char.IsUpper(text[tokens[first].Start]) && FollowsTitle(text, tokens, first));
    }

    private static bool FollowsTitle(string text, List<TextSpan> tokens, int first)
    {
        var before = first - 1;
        if (before > 0 && tokens[before].Of(text) is "." && tokens[before].Start == tokens[before - 1].End)
            before--;
        return before >= 0 && tokens[before].Of(text) is "Mr" or "Mrs" or "Ms" or "Miss" or "Dr" or "Prof";
    }
}
