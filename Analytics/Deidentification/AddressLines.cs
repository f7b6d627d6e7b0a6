using System.Text.RegularExpressions;

namespace MedLedger.Analytics.Deidentification;

/// <summary>What follows a street in an address: unit, town, state, postcode, also on the next lines.</summary>
internal static partial class AddressLines
{
    private const int MostParts = 8;
    private const int Timeout = 5000;
    private const string Country =
        "(?:Argentina|Australia|Austria|Belgium|Brazil|Bulgaria|Canada|Chile|China|Colombia|Croatia|Cyprus|Czechia|Czech Republic"
        + "|Denmark|Egypt|England|Estonia|Finland|France|Germany|Greece|Greenland|Hungary|Iceland|India|Ireland|Israel|Italy|Japan"
        + "|Kenya|Latvia|Lithuania|Luxembourg|Malta|Mexico|Morocco|(?:The )?Netherlands|New Zealand|Nigeria|Norway|Pakistan|Peru"
        + "|Philippines|Poland|Portugal|Romania|Russia|Scotland|Serbia|Singapore|Slovakia|Slovenia|South Africa|South Korea|Spain"
        + "|Sweden|Switzerland|Thailand|Tunisia|Turkey|Ukraine|United Arab Emirates|United Kingdom|United States|USA|UK|Vietnam"
        + "|Wales)";

    /// <summary>Where the address ends that has a street up to <paramref name="end"/>.</summary>
    public static int EndOf(string text, int end)
    {
        for (var i = 0; i < MostParts; i++)
        {
            var part = Part().Match(text, end);
            if (!part.Success)
                break;
            end += part.Length;
        }
        return end;
    }

    /// <summary>Where the address begins that has a street from <paramref name="start"/> on: a house number may stand before it.</summary>
    public static int StartOf(string text, int start)
    {
        var at = start;
        while (at > 0 && text[at - 1] is ' ')
            at--;
        var first = at;
        while (first > 0 && char.IsAsciiDigit(text[first - 1]))
            first--;
        var isNumber = at - first is > 0 and < 7 && (first == 0 || char.IsWhiteSpace(text[first - 1]));
        return at < start && isNumber ? first : start;
    }

    // Where a part can be told by its form alone, or a town by the state or postcode after it.
    [GeneratedRegex(
        @"\G[ \t]{0,3}\.?(?:\r?\n)?[ \t]{0,3},?[ \t]{0,3}(?:\r?\n)?[ \t]{0,3}(?:"
            + @"(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Box|Room|Rm|Bldg|\#)\.?\s?[A-Z]?\d[\w\-]{0,5}\b"
            + @"|(?:\p{Lu}[\p{L}'’\-]{1,24}[ ]?){1,4}(?=,?\s{0,3}(?:[A-Z]{2}\b[ \t.,]{1,3}\d{4,6}\b|\d{5}\b|\d{3}[ ]\d{2}\b|[A-Z]{1,2}\d{1,2}[A-Z]?[ ]\d[A-Z]{2}\b))"
            + @"|"
            + Country
            + @"(?:[ ]\(\p{Lu}\p{L}{1,20}\))?(?:,?[ ]\d{4,6})?(?![\w])"
            + @"|\p{Lu}[\p{L}'’()∆\-]{1,24}(?:[ ]\p{Lu}[\p{L}'’()∆\-]{1,24}){0,3}(?=,?[ \t]{0,3}(?:\r?\n)?[ \t]{0,3}"
            + Country
            + @"(?![\w]))"
            + @"|\d{1,2}(?<=,[ ]\d{1,2})(?=[ \t]{0,3}(?:\r?\n)?[ \t]{0,3}\d{5}\b)"
            + @"|\p{Lu}[\p{L}'’\-]{1,24}(?:[ ]\p{Lu}[\p{L}'’\-]{1,24}){0,2}(?<=,[ ]?[^,\n]{0,80})(?=[,.]?[ ]?(?:\r?\n|$)|,[ ]\p{Lu})"
            + @"|\p{Lu}[\p{L}'’()∆\-]{1,24}(?:[ ]\(?\p{Lu}[\p{L}'’()∆\-]{1,24}){0,3}(?<=\n[ \t]{0,3}[^\n]{0,110})(?=[ ]\d{4,6}\b|[ \t]{0,2}(?:\r?\n[ \t]{0,3},?[^\n]{0,40}){0,2}\b\d{4,6}[ \t]*(?:\r?\n|$))"
            + @"|[A-Z]{2}(?=[ \t.,\n]{1,4}(?:\p{Lu}\p{L}{1,24}[ ]){0,2}\d{4,6}\b)"
            + @"|(?:\d{5}(?:-\d{4})?|\d{3}[ ]\d{2}|[A-Z]\d[A-Z][ ]?\d[A-Z]\d|[A-Z]{1,2}\d{1,2}[A-Z]?[ ]\d[A-Z]{2})\b"
            + @")",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Part();
}
