using System.Globalization;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Records;

/// <summary>Requests that the program makes for people.</summary>
internal static class Requests
{
    /// <summary>The patient asks for what is theirs (v3-ActReason PATRQT).</summary>
    public static AccessRequest BySubject(string patient, DateTimeOffset now) =>
        new()
        {
            Patient = patient,
            Actors = [patient],
            Purpose = "PATRQT",
            Action = "access",
            Time = Moment(now),
        };

    /// <summary>A FHIR dateTime in UTC, to the second.</summary>
    public static string Moment(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
