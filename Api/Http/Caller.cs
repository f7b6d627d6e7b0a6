using System.Buffers.Text;
using System.Text.Json;
using MedLedger.Api.Keys;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Api.Http;

/// <summary>What a user of the HTTP API may do.</summary>
internal enum Role
{
    /// <summary>Writes records, reads nothing back.</summary>
    Ingest,

    /// <summary>Requests analyses and reads their reports.</summary>
    Clinician,

    /// <summary>Manages their own consents, sees who did what.</summary>
    Patient,

    /// <summary>Reads evidence and log, no content.</summary>
    Compliance,

    /// <summary>Administers, reads no content.</summary>
    Operator,
}

/// <summary>A sample user: its role and the FHIR reference it acts as.</summary>
internal sealed record SampleUser(string Name, Role Role, string Reference)
{
    /// <summary>The users that <c>token</c> makes tokens for.</summary>
    public static IReadOnlyList<SampleUser> All { get; } =
    [
        new("ingest1", Role.Ingest, "Device/ingest1"),
        new("clinician1", Role.Clinician, "Practitioner/clinician1"),
        new("clinician2", Role.Clinician, "Practitioner/clinician2"),
        new("patient1", Role.Patient, "Patient/sample-a"),
        new("compliance1", Role.Compliance, "Practitioner/compliance1"),
        new("operator1", Role.Operator, "Practitioner/operator1"),
    ];

    /// <summary>The user of a name; null when there is none.</summary>
    public static SampleUser? Find(string name) =>
        All.FirstOrDefault(user => string.Equals(user.Name, name, StringComparison.Ordinal));
}

/// <summary>
/// Who calls, and for which purpose of use. Comes from a bearer token that this deployment sealed; the token carries a
/// user's name, a purpose and an end, no health data.
/// </summary>
internal sealed record Caller(SampleUser User, string Purpose)
{
    private const string KeyName = "tokens";

    /// <summary>Makes a token.</summary>
    public static string Issue(FileKeyCustody custody, SampleUser user, string purpose, DateTimeOffset expires)
    {
        using var key = custody.OpenOperatorKey(KeyName);
        var claims = new Claims(user.Name, purpose, expires.ToUnixTimeSeconds());
        return Base64Url.EncodeToString(
            SealedJournal.Seal(key, "bearer"u8, JsonSerializer.SerializeToUtf8Bytes(claims))
        );
    }

    /// <summary>Reads the Authorization header; null when there is no token of this deployment, or it has expired.</summary>
    public static Caller? From(string? authorization, FileKeyCustody custody, DateTimeOffset now)
    {
        const string scheme = "Bearer ";
        if (
            authorization is null
            || authorization.Length > 4096
            || !authorization.StartsWith(scheme, StringComparison.Ordinal)
        )
            return null;
        byte[] token;
        try
        {
            token = Base64Url.DecodeFromChars(authorization.AsSpan(scheme.Length));
        }
        catch (FormatException)
        {
            return null;
        }
        using var key = custody.OpenOperatorKey(KeyName);
        if (SealedJournal.Open(key, "bearer"u8, token) is not { } json)
            return null;
        return
            JsonSerializer.Deserialize<Claims>(json) is { } claims
            && claims.Expires > now.ToUnixTimeSeconds()
            && SampleUser.Find(claims.User) is { } user
            ? new Caller(user, claims.Purpose)
            : null;
    }

    private sealed record Claims(string User, string Purpose, long Expires);
}
