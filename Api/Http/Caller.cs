using MedLedger.Api.Identity;
using MedLedger.Consent.Access;

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

    /// <summary><c>Patient/id</c> of the launch context: what scopes of the patient level are for.</summary>
    public string? PatientContext { get; init; }

    /// <summary>As whom consent knows the caller: the user and the organizations and roles it acts for.</summary>
    public IReadOnlyList<string> Actors => [User.Reference, .. User.Affiliations];

    /// <summary>Whether the role is this one and the token's scopes have the permission for the type.</summary>
    public bool Is(Role role, string type, ScopePermissions permission) =>
        User.Role == role && Scopes.Allow(type, permission);

    /// <summary>What the token's scopes leave of a permission, for the gate: types, and of which patient.</summary>
    public IReadOnlyList<RequestScope> Within(ScopePermissions permission) => Scopes.Within(permission, PatientContext);
}
