using System.Globalization;
using System.Text;
using System.Text.Json;
using AnyAscii;

namespace MedLedger.Api.Fhir;

/// <summary>The span that a date, a Period or a number with its precision stands for: <c>[Low, High)</c> (FHIR R4, search.html).</summary>
internal readonly record struct FhirRange(decimal Low, decimal High)
{
    private const decimal MostNumber = 1e26m;

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm",
        "yyyy-MM-dd'T'HH:mm:ss",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF",
        "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd'T'HH:mm:ssK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>A date, dateTime or instant; without a zone it is UTC. Null when it is none.</summary>
    public static FhirRange? OfDate(string text)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTime.TryParseExact(text, "yyyy", CultureInfo.InvariantCulture, Utc, out var year))
            return Between(year, year.Year == 9999 ? DateTime.MaxValue : year.AddYears(1));
        if (DateTime.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, Utc, out var month))
            return Between(month, month is { Year: 9999, Month: 12 } ? DateTime.MaxValue : month.AddMonths(1));
        if (DateTime.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, Utc, out var day))
            return Between(day, day.Date == DateTime.MaxValue.Date ? DateTime.MaxValue : day.AddDays(1));
        if (!DateTime.TryParseExact(text, Formats, CultureInfo.InvariantCulture, Utc, out var moment))
            return null;
        var precision =
            text.Contains('.', StringComparison.Ordinal) ? TimeSpan.TicksPerMillisecond
            : text.Count(c => c == ':') - (Zone(text) ? 1 : 0) >= 2 ? TimeSpan.TicksPerSecond
            : TimeSpan.TicksPerMinute;
        return new FhirRange(moment.Ticks, (decimal)moment.Ticks + precision);
    }

    /// <summary>The span of a JSON value: a date, a Period, a Timing's events. Null when it has none.</summary>
    public static FhirRange? OfDate(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
            return OfDate(value.GetString()!);
        if (value.ValueKind != JsonValueKind.Object)
            return null;
        if (value.TryGetProperty("event", out var events))
        {
            var spans = events.EnumerateArray().Select(OfDate).OfType<FhirRange>().ToList();
            return spans.Count == 0 ? null : new FhirRange(spans.Min(s => s.Low), spans.Max(s => s.High));
        }
        if (value.TryGetProperty("repeat", out var repeat) && repeat.ValueKind == JsonValueKind.Object)
            return repeat.TryGetProperty("boundsPeriod", out var bounds) ? OfDate(bounds) : null;
        var start = SearchTerms.Text(value, "start") is { } from ? OfDate(from) : null;
        var end = SearchTerms.Text(value, "end") is { } to ? OfDate(to) : null;
        return start is null && end is null
            ? null
            : new FhirRange(start?.Low ?? decimal.MinValue, end?.High ?? decimal.MaxValue);
    }

    /// <summary>A number as it is written: half of its last digit to both sides. Null when it is none, or beyond measure.</summary>
    public static FhirRange? OfNumber(string text)
    {
        if (
            !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            || Math.Abs(value) > MostNumber
        )
            return null;
        var parts = text.Split('e', 'E');
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        var exponent = 0;
        if (
            parts.Length > 1
            && !int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
        )
            return null;
        var last = (int)Math.Clamp((long)exponent - (point < 0 ? 0 : parts[0].Length - point - 1), -20, 25);
        var half = 0.5m;
        for (; last < 0; last++)
            half /= 10;
        for (; last > 0; last--)
            half *= 10;
        return new FhirRange(value - half, value + half);
    }

    /// <summary>Whether a value stands to what was searched as the prefix says.</summary>
    public static bool Compare(string prefix, FhirRange value, FhirRange searched) =>
        prefix switch
        {
            "ne" => !Compare("eq", value, searched),
            "gt" => value.High > searched.High,
            "lt" => value.Low < searched.Low,
            "ge" => value.High > searched.High || Compare("eq", value, searched),
            "le" => value.Low < searched.Low || Compare("eq", value, searched),
            "sa" => value.Low >= searched.High,
            "eb" => value.High <= searched.Low,
            "ap" => value.Low < searched.High && value.High > searched.Low,
            _ => value.Low >= searched.Low && value.High <= searched.High,
        };

    /// <summary>The prefix of a searched value, and the rest; eq when there is none. Null for one that is not answered.</summary>
    public static (string Prefix, string Value)? Prefix(string value)
    {
        if (value.Length < 2 || !char.IsAsciiLetter(value[0]))
            return ("eq", value);
        var prefix = value[..2];
        return prefix is "eq" or "ne" or "gt" or "lt" or "ge" or "le" or "sa" or "eb" or "ap"
            ? (prefix, value[2..])
            : null;
    }

    /// <summary>A string as searches compare it: no case, no accents, single spaces.</summary>
    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        var wasSpace = true;
        foreach (var c in WithoutAccents(text))
        {
            var isSpace = char.IsWhiteSpace(c) || char.IsPunctuation(c);
            if (!isSpace)
                folded.Append(char.ToLowerInvariant(c));
            else if (!wasSpace)
                folded.Append(' ');
            wasSpace = isSpace;
        }
        return folded.ToString().TrimEnd();
    }

    // .NET's own normalization needs ICU, which is not everywhere. Only Latin letters: romanised words of other scripts
    // would match what nobody meant.
    private static string WithoutAccents(string text) =>
        Ascii.IsValid(text) ? text : string.Concat(text.EnumerateRunes().Select(WithoutAccent));

    private static string WithoutAccent(Rune rune) =>
        rune.Value switch
        {
            >= 0x300 and < 0x370 => "",
            < 0x250 or (>= 0x1E00 and < 0x1F00) when Rune.IsLetter(rune) => rune.ToString().Transliterate(),
            _ => rune.ToString(),
        };

    private static bool Zone(string text) => text.Length > 6 && text[^6] is '+' or '-';

    private static FhirRange Between(DateTime from, DateTime to) => new(from.Ticks, to.Ticks);
}
