using System.Globalization;

namespace MedLedger.Api.Http.Rest;

/// <summary>Values of parameters that several interactions have.</summary>
internal static class ParameterText
{
    /// <summary>A number above zero; null when it is none.</summary>
    public static int? Count(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count : null;

    /// <summary>An instant as Unix milliseconds; null when it is none. A plus sign that was not escaped comes as a space.</summary>
    public static long? Instant(string text) =>
        text.Contains('T', StringComparison.Ordinal)
        && DateTimeOffset.TryParse(
            text.Replace(' ', '+'),
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var time
        )
            ? time.ToUnixTimeMilliseconds()
            : null;
}
