using System.Globalization;
using MedLedger.Api.Node;
using MedLedger.Consent.Access;
using MedLedger.Consent.Delegations;

namespace MedLedger.Api.Cli;

/// <summary>The rules of the place where the program runs, as the settings have them.</summary>
internal static class PlaceRules
{
    /// <summary><c>serve --emergency-roles</c>.</summary>
    public static System.CommandLine.Option<string?> EmergencyRoles { get; } =
        new("--emergency-roles")
        {
            Description =
                "Who may declare an emergency: references that callers act as (PractitionerRole/er), separated by commas.",
            HelpName = "REFERENCES",
        };

    /// <summary>
    /// <c>MEDLEDGER_MAJORITY_AGE</c> (default 18) and <c>MEDLEDGER_UTC_OFFSET</c>, the offset in which a birthday begins,
    /// as <c>+01:00</c> (default UTC).
    /// </summary>
    private static Jurisdiction JurisdictionOf(Settings settings)
    {
        var (age, offset) = (18, TimeSpan.Zero);
        if (
            settings.Value("majority-age") is { } years
            && (!int.TryParse(years, NumberStyles.None, CultureInfo.InvariantCulture, out age) || age is < 1 or > 30)
        )
            throw CommandFailure.Usage("The setting majority-age is a number of years from 1 to 30.");
        if (
            settings.Value("utc-offset") is { } hours
            && !(
                TimeSpan.TryParseExact(hours.TrimStart('+', '-'), "hh\\:mm", CultureInfo.InvariantCulture, out offset)
                && offset <= TimeSpan.FromHours(14)
            )
        )
            throw CommandFailure.Usage("The setting utc-offset is an offset from UTC, as +01:00.");
        return new Jurisdiction(age, settings.Value("utc-offset")?.StartsWith('-') == true ? offset.Negate() : offset);
    }

    /// <summary>
    /// The gate's bounds: what <see cref="ChainSettings"/> says of the chain's age, and for emergencies <c>MEDLEDGER_EMERGENCY_ROLES</c> (default: nobody),
    /// <c>MEDLEDGER_EMERGENCY_MINUTES</c> (default 30, at most 240), and <c>MEDLEDGER_EMERGENCY_DISSENT</c>,
    /// <c>binds</c> (default) where a patient may forbid emergency access, <c>overridden</c> where the law opens it.
    /// </summary>
    public static GateSettings GateOf(Settings settings)
    {
        var minutes = 30;
        if (
            settings.Value("emergency-minutes") is { } text
            && (
                !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out minutes)
                || minutes is < 1 or > 240
            )
        )
            throw CommandFailure.Usage("The setting emergency-minutes is a number of minutes from 1 to 240.");
        var dissent = settings.Value("emergency-dissent") ?? "binds";
        if (dissent is not ("binds" or "overridden"))
            throw CommandFailure.Usage("The setting emergency-dissent is binds or overridden.");
        var roles = settings.Value(EmergencyRoles, "emergency-roles") ?? "";
        return new GateSettings
        {
            EmergencyRoles = roles.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            MaxChainSilence = ChainSettings.Silence(settings),
            MaxClockDifference = ChainSettings.ClockDifference(settings),
            LongestEmergency = TimeSpan.FromMinutes(minutes),
            DissentForbidsBreakGlass = dissent == "binds",
            Jurisdiction = JurisdictionOf(settings),
        };
    }
}
