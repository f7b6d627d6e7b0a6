namespace MedLedger.Consent.Directives;

/// <summary>
/// A FHIR date or dateTime as the interval of all instants it may mean: "2022" is the whole year. Ticks of 100 ns from
/// 0001-01-01, the end exclusive. A value without a time of day has no zone; its ticks are then wall-clock ticks.
/// (FHIR R4 datatypes: date, dateTime; their regular expression is followed, so a time of day needs seconds and a zone.)
/// </summary>
internal readonly record struct FhirInterval(long Start, long End, int? OffsetMinutes)
{
    private const long TicksPerMinute = TimeSpan.TicksPerMinute;

    /// <summary>The interval in UTC ticks, when a value without zone is read in the given offset.</summary>
    public (long Start, long End) InUtc(int offsetIfNone)
    {
        var shift = (OffsetMinutes ?? offsetIfNone) * TicksPerMinute;
        return (Start - shift, End - shift);
    }

    public static FhirInterval? Parse(string? text)
    {
        if (text is null || text.Length is < 4 or > 64 || !Digits(text, 0, 4, out var year) || year == 0)
            return null;
        if (text.Length == 4)
            return Days(DayNumber(year, 1, 1), DayNumber(year + 1, 1, 1));
        if (text.Length < 7 || text[4] != '-' || !Digits(text, 5, 2, out var month) || month is < 1 or > 12)
            return null;
        if (text.Length == 7)
            return Days(
                DayNumber(year, month, 1),
                month == 12 ? DayNumber(year + 1, 1, 1) : DayNumber(year, month + 1, 1)
            );
        if (text.Length < 10 || text[7] != '-' || !Digits(text, 8, 2, out var day))
            return null;
        if (day < 1 || day > DateTime.DaysInMonth(year, month))
            return null;
        var number = DayNumber(year, month, day);
        return text.Length == 10 ? Days(number, number + 1) : WithTime(text, number);
    }

    /// <summary>Days since 0001-01-01, which is day 0; also defined for the first day of the year 10000.</summary>
    private static long DayNumber(int year, int month, int day) =>
        year > 9999
            ? (DateTime.MaxValue.Ticks / TimeSpan.TicksPerDay) + 1
            : new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Unspecified).Ticks / TimeSpan.TicksPerDay;

    private static FhirInterval Days(long first, long last) =>
        new(first * TimeSpan.TicksPerDay, last * TimeSpan.TicksPerDay, null);

    private static FhirInterval? WithTime(string text, long day)
    {
        // Thh:mm:ss, then .fraction, then the zone
        if (text.Length < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':')
            return null;
        if (
            !Digits(text, 11, 2, out var hour)
            || !Digits(text, 14, 2, out var minute)
            || !Digits(text, 17, 2, out var second)
            || hour > 23
            || minute > 59
            || second > 60
        )
            return null;
        var start =
            (day * TimeSpan.TicksPerDay)
            + (hour * TimeSpan.TicksPerHour)
            + (minute * TimeSpan.TicksPerMinute)
            + (second * TimeSpan.TicksPerSecond);
        var width = TimeSpan.TicksPerSecond;
        var at = 19;
        if (text[at] == '.')
        {
            at++;
            var first = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                if (width > 1)
                {
                    width /= 10;
                    start += (text[at] - '0') * width;
                }
                at++;
            }
            if (at == first)
                return null;
        }
        return Offset(text.AsSpan(at)) is { } offset ? new(start, start + width, offset) : null;
    }

    private static int? Offset(ReadOnlySpan<char> zone)
    {
        if (zone is "Z")
            return 0;
        if (zone.Length != 6 || zone[0] is not ('+' or '-') || zone[3] != ':')
            return null;
        if (!Digits(zone, 1, 2, out var hours) || !Digits(zone, 4, 2, out var minutes))
            return null;
        if (hours > 14 || minutes > 59 || (hours == 14 && minutes != 0))
            return null;
        var offset = (hours * 60) + minutes;
        return zone[0] == '-' ? -offset : offset;
    }

    private static bool Digits(ReadOnlySpan<char> text, int at, int count, out int value)
    {
        value = 0;
        if (text.Length < at + count)
            return false;
        foreach (var letter in text.Slice(at, count))
        {
            if (!char.IsAsciiDigit(letter))
                return false;
            value = (value * 10) + (letter - '0');
        }
        return true;
    }
}
