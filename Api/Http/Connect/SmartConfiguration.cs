using MedLedger.Api.Identity;

namespace MedLedger.Api.Http.Connect;

/// <summary><c>/fhir/.well-known/smart-configuration</c> (SMART App Launch 2.2, section 4).</summary>
internal static class SmartConfiguration
{
    /// <summary>Maps the route.</summary>
    public static void MapSmart(this WebApplication app, IdentityStore identity) =>
        app.MapGet("/fhir/.well-known/smart-configuration", () => Results.Ok(Of(identity.Tokens.Issuer!)))
            .WithTags("Identity");

    private static Dictionary<string, object> Of(string issuer) =>
        new(StringComparer.Ordinal)
        {
            ["issuer"] = issuer,
            ["jwks_uri"] = issuer + ".well-known/jwks",
            ["authorization_endpoint"] = issuer + "connect/authorize",
            ["token_endpoint"] = issuer + "connect/token",
            ["revocation_endpoint"] = issuer + "connect/revoke",
            ["introspection_endpoint"] = issuer + "connect/introspect",
            ["userinfo_endpoint"] = issuer + "connect/userinfo",
            ["end_session_endpoint"] = issuer + "connect/logout",
            ["grant_types_supported"] = new[] { "authorization_code", "refresh_token", "client_credentials" },
            ["token_endpoint_auth_methods_supported"] = new[] { "none", "private_key_jwt" },
            ["token_endpoint_auth_signing_alg_values_supported"] = ClientAssertions.Algorithms,
            ["scopes_supported"] = Scopes.Plain.Concat(["patient/*.cruds", "user/*.cruds", "system/*.cruds"]),
            ["response_types_supported"] = new[] { "code" },
            ["code_challenge_methods_supported"] = new[] { "S256" },
            ["capabilities"] = new[]
            {
                "launch-ehr",
                "launch-standalone",
                "client-public",
                "client-confidential-asymmetric",
                "sso-openid-connect",
                "context-banner",
                "context-ehr-patient",
                "context-standalone-patient",
                "permission-offline",
                "permission-online",
                "permission-patient",
                "permission-user",
                "permission-v1",
                "permission-v2",
            },
        };
}
