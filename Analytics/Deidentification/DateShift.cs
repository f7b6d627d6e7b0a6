using System.Globalization;

namespace MedLedger.Analytics.Deidentification;

/// <summary>Moves a date by days and keeps the way it is written.</summary>
internal static class DateShift
{
    private static readonly string[] Formats =
    [
        // The padded form first: the other one would read it too and write it shorter.
        "MM/dd/yyyy",
        "M/d/yyyy",
        "MM/dd/yy",
        "M/d/yy",
        "yyyy-MM-dd",
        "yyyy/MM/dd",
        "MM-dd-yyyy",
        "M-d-yyyy",
        "M-d-yy",
        "dd.MM.yyyy",
        "d.M.yyyy",
        "MMMM dd, yyyy",
        "MMMM d, yyyy",
        "MMM dd, yyyy",
        "MMM d, yyyy",
        "MMM. d, yyyy",
        "MMMM d yyyy",
        "MMM d yyyy",
        "dd MMMM yyyy",
        "d MMMM yyyy",
        "dd MMM yyyy",
        "d MMM yyyy",
        "dd-MMM-yyyy",
        "d-MMM-yyyy",
        "d-MMM-yy",
        "ddMMMyyyy",
        "MMMM d",
        "MMM d",
        "d MMMM",
        "d MMM",
        "MMMM yyyy",
        "M/d",
        "yyyy-MM-ddTHH:mm:ssK",
    ];

    /// <summary>The shifted date, or null when the words are no full date.</summary>
    public static string? Shift(string words, int days)
    {
        foreach (var format in Formats)
        {
            // A leap year, so that 29 February without a year is a date.
            var full = format.Contains('y') ? words : words + " 2024";
            var pattern = format.Contains('y') ? format : format + " yyyy";
            if (
                !DateTime.TryParseExact(
                    full,
                    pattern,
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.RoundtripKind,
                    out var date
                )
            )
                continue;
            if (days > 0 ? date > DateTime.MaxValue.AddDays(-days) : date < DateTime.MinValue.AddDays(-(double)days))
                return null;
            return date.AddDays(days).ToString(format, CultureInfo.InvariantCulture);
        }
        return null;
    }
}
