using MedLedger.Api.Identity;

namespace MedLedger.Api.Http;

/// <summary>
/// Who calls, and for which one purpose of use: from a bearer token whose session lasts. Every request that is not open to
/// everybody has one (<see cref="Authentication"/>).
/// </summary>
/// <param name="User">Identity and role.</param>
/// <param name="Purpose">v3-ActReason; one that the token has, named by the header when it has several.</param>
internal sealed record Caller(User User, string Purpose)
{
    /// <summary>What the token's client may ask for.</summary>
    public required Scopes Scopes { get; init; }

    /// <summary>The session, as the log names it: a hash that lets nobody in.</summary>
    public required string Session { get; init; }

    /// <summary>The client that the token was issued to.</summary>
    public required string Client { get; init; }

    /// <summary>When every scope is for one patient: <c>Patient/id</c>; no other patient's records are there for this caller.</summary>
    public string? PatientContext { get; init; }

    /// <summary>As whom consent knows the caller: the user and the organizations and roles it acts for.</summary>
    public IReadOnlyList<string> Actors => [User.Reference, .. User.Affiliations];
}
