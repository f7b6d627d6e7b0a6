using MedLedger.Consent.Commitments;
using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Grants;

/// <summary>
/// Periods as the whole days and seconds of a grant. The inner range holds only what a rule certainly covers; the outer one
/// all that it may cover. A bound with a zone is taken in UTC and in its own wall clock, and the stricter one counts,
/// because a date without zone is read both ways.
/// </summary>
internal static class DayRange
{
    private const long Day = TimeSpan.TicksPerDay;
    private const long Second = TimeSpan.TicksPerSecond;
    private const long UnixEpoch = 62_135_596_800;

    /// <summary>Days that lie wholly inside; undated records (day 0) never do.</summary>
    public static (int First, int Last) Inner(FhirPeriod period)
    {
        var first = 1L;
        var last = (long)RecordMeta.MaxDay;
        if (period.Start is { } start)
            first = Ceiling(Math.Max(start.Start, start.InUtc(0).Start), Day) + 1;
        if (period.End is { } end)
            last = Floor(Math.Min(end.End, end.InUtc(0).End), Day);
        return Clamp(Math.Max(first, 1), last);
    }

    /// <summary>Days that may lie inside, undated records apart.</summary>
    public static (int First, int Last) Outer(FhirPeriod period)
    {
        var first = 1L;
        var last = (long)RecordMeta.MaxDay;
        if (period.Start is { } start)
            first = Floor(Math.Min(start.Start, start.InUtc(0).Start), Day) + 1;
        if (period.End is { } end)
            last = Ceiling(Math.Max(end.End, end.InUtc(0).End), Day);
        return Clamp(Math.Max(first, 1), last);
    }

    /// <summary>Seconds, as times in UTC, that lie wholly inside; the end is exclusive.</summary>
    public static (long From, long Until) InnerSeconds(FhirPeriod period) =>
        (
            period.Start is { } start ? Unix(Ceiling(start.InUtc(0).Start, Second)) : 0,
            period.End is { } end ? Unix(Floor(end.InUtc(0).End, Second)) : Region.EndOfTime
        );

    /// <summary>Seconds that may lie inside.</summary>
    public static (long From, long Until) OuterSeconds(FhirPeriod period) =>
        (
            period.Start is { } start ? Unix(Floor(start.InUtc(0).Start, Second)) : 0,
            period.End is { } end ? Unix(Ceiling(end.InUtc(0).End, Second)) : Region.EndOfTime
        );

    private static (int First, int Last) Clamp(long first, long last) =>
        ((int)Math.Min(first, RecordMeta.MaxDay + 1L), (int)Math.Clamp(last, 0, RecordMeta.MaxDay));

    private static long Unix(long seconds) => Math.Clamp(seconds - UnixEpoch, 0, Region.EndOfTime);

    private static long Floor(long ticks, long unit) => (long)Math.Floor(ticks / (decimal)unit);

    private static long Ceiling(long ticks, long unit) => (long)Math.Ceiling(ticks / (decimal)unit);
}
