using System.Collections.Immutable;
using System.Security.Claims;
using System.Text.Json;
using MedLedger.Consent.Grants;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace MedLedger.Api.Identity;

/// <summary>What the operator registered for a client.</summary>
/// <param name="Scopes">The widest scopes it may be given.</param>
/// <param name="Purposes">The purposes of use it may be given.</param>
/// <param name="AccountId">The account that a backend client acts as; null for an app that people log in to.</param>
internal sealed record ClientLimits(string Scopes, IReadOnlyList<string> Purposes, string? AccountId)
{
    /// <summary>The name of the property of the client's row.</summary>
    public const string Property = "limits";

    /// <summary>The limits of a client; null when it was registered without.</summary>
    public static ClientLimits? Of(ImmutableDictionary<string, JsonElement> properties) =>
        properties.TryGetValue(Property, out var json) ? json.Deserialize<ClientLimits>() : null;
}

/// <summary>Makes what a client is granted: scopes within the client's and the role's, purposes that were chosen, a session.</summary>
internal static class ClientGrants
{
    /// <summary>The claims identity's type of authentication.</summary>
    public const string AuthenticationType = "medledger";

    /// <summary>Whether every scope lies within what the client and the role may have.</summary>
    public static bool MayHave(IEnumerable<string> scopes, ClientLimits limits, Role role)
    {
        if (!Scopes.TryParse(limits.Scopes, out var ofClient) || !Scopes.TryParse(Scopes.OfRole(role), out var ofRole))
            return false;
        return scopes.All(s => Scopes.IsKnown(s) && Scopes.IsWithin(s, ofClient) && Scopes.IsWithin(s, ofRole));
    }

    /// <summary>Whether every purpose is one that the client may have; there is at least one.</summary>
    public static bool MayHave(IReadOnlyList<string> purposes, ClientLimits limits) =>
        purposes.Count > 0
        && purposes.All(p =>
            Vocabulary.PurposeBit(p) is not null && limits.Purposes.Contains(p, StringComparer.Ordinal)
        );

    /// <summary>Begins the session of a grant and makes the principal that codes and tokens carry. No part of it is about a patient.</summary>
    public static async Task<ClaimsPrincipal> BeginAsync(
        IdentityStore identity,
        Account account,
        string client,
        IReadOnlyList<string> scopes,
        IReadOnlyList<string> purposes,
        string? patient,
        CancellationToken cancellation
    )
    {
        var isOffline = scopes.Contains(Permissions.OfflineAccess, StringComparer.Ordinal);
        var session = await identity.Sessions.BeginAsync(
            account,
            new SessionContent
            {
                Client = client,
                Patient = patient,
                Methods = ["grant"],
            },
            isOffline ? OpenIdServer.OfflineLifetime : OpenIdServer.OnlineLifetime,
            cancellation
        );
        var claims = new ClaimsIdentity(AuthenticationType, Claims.Name, Claims.Role);
        claims.SetClaim(Claims.Subject, account.User.Id);
        claims.SetClaim("sid", session);
        claims.SetClaim("extensions", AccessTokens.Extensions(purposes));
        if (scopes.Contains("fhirUser", StringComparer.Ordinal) && scopes.Contains("openid", StringComparer.Ordinal))
            claims.SetClaim("fhirUser", identity.Tokens.Issuer + "fhir/" + account.User.Reference);
        claims.SetScopes(scopes);
        claims.SetResources(identity.Tokens.Audience);
        claims.SetDestinations(Destinations);
        return new ClaimsPrincipal(claims);
    }

    private static IEnumerable<string> Destinations(Claim claim) =>
        claim.Type switch
        {
            Claims.Subject =>
            [
                OpenIddictConstants.Destinations.AccessToken,
                OpenIddictConstants.Destinations.IdentityToken,
            ],
            "sid" or "extensions" => [OpenIddictConstants.Destinations.AccessToken],
            "fhirUser" => [OpenIddictConstants.Destinations.IdentityToken],
            _ => [],
        };

    private static class Permissions
    {
        public const string OfflineAccess = "offline_access";
    }
}
