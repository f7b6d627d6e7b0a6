using MedLedger.Api.Persistence;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;

namespace MedLedger.Api.Identity;

/// <summary>
/// The authorization server: OAuth 2.1 (authorization code with PKCE, refresh, client credentials with
/// <c>private_key_jwt</c>) and OpenID Connect, by OpenIddict on the same database.
/// </summary>
internal static class OpenIdServer
{
    /// <summary>Life of an access token that a client gets.</summary>
    public static readonly TimeSpan AccessLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Life of a grant with <c>offline_access</c>.</summary>
    public static readonly TimeSpan OfflineLifetime = TimeSpan.FromDays(30);

    /// <summary>Life of a grant without it, and of a login.</summary>
    public static readonly TimeSpan OnlineLifetime = TimeSpan.FromHours(8);

    /// <summary>Registers it.</summary>
    public static void AddOpenIdServer(this IServiceCollection services, IdentityStore identity)
    {
        services.AddScoped(_ => identity.Store.CreateDbContext());
        services.AddSingleton<IConfigureOptions<OpenIddictServerOptions>>(new Keys(identity));
        services.AddSingleton(identity.Accounts);
        services.AddSingleton<SignIn>(_ => new SignIn(identity.Accounts, identity.Store.Time));
        services
            .AddOpenIddict()
            .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<LedgerContext>())
            .AddServer(server =>
            {
                server
                    .SetAuthorizationEndpointUris("connect/authorize")
                    .SetTokenEndpointUris("connect/token")
                    .SetRevocationEndpointUris("connect/revoke")
                    .SetIntrospectionEndpointUris("connect/introspect")
                    .SetEndSessionEndpointUris("connect/logout")
                    .SetUserInfoEndpointUris("connect/userinfo");
                server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange();
                server.AllowRefreshTokenFlow().AllowClientCredentialsFlow();
                server.RegisterScopes([.. Scopes.Plain]);
                server.RegisterClaims("sub", "fhirUser");
                server.DisableAccessTokenEncryption();
                server.SetAccessTokenLifetime(AccessLifetime).SetIdentityTokenLifetime(AccessLifetime);
                server.SetAuthorizationCodeLifetime(TimeSpan.FromMinutes(1));
                server.SetRefreshTokenLifetime(OfflineLifetime);
                // A refresh token works once: who presents an old one ends the grant.
                server.SetRefreshTokenReuseLeeway(TimeSpan.Zero);
                server.AddEventHandler(ClientAssertions.Descriptor);
                server.AddEventHandler(RefusedTokens.Descriptor);
                server.AddEventHandler(LiveTokens.Revocation);
                server.AddEventHandler(LiveTokens.Introspection);
                server.Configure(options =>
                {
                    options.CodeChallengeMethods.Remove(OpenIddictConstants.CodeChallengeMethods.Plain);
                    // No client has a secret; apps have PKCE, backend services their key.
                    options.ClientAuthenticationMethods.Clear();
                    options.ClientAuthenticationMethods.Add(
                        OpenIddictConstants.ClientAuthenticationMethods.PrivateKeyJwt
                    );
                });
                server
                    .UseAspNetCore()
                    .EnableAuthorizationEndpointPassthrough()
                    .EnableTokenEndpointPassthrough()
                    .EnableEndSessionEndpointPassthrough()
                    .EnableUserInfoEndpointPassthrough()
                    // Without TLS it serves loopback addresses only (see ServeCommand).
                    .DisableTransportSecurityRequirement();
                // Scopes are patterns: they are checked against what the client and the user may have, in Grants.
                server.DisableScopeValidation().IgnoreScopePermissions();
            });
    }

    /// <summary>The keys of the deployment, read when the options are made, and again after a rotation.</summary>
    private sealed class Keys(IdentityStore identity) : IConfigureOptions<OpenIddictServerOptions>
    {
        public void Configure(OpenIddictServerOptions options)
        {
            options.Issuer = identity.Tokens.Issuer is { } issuer ? new Uri(issuer) : null;
            foreach (var key in identity.Keys.Current)
                options.SigningCredentials.Add(new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256));
            options.EncryptionCredentials.Add(
                new EncryptingCredentials(
                    new SymmetricSecurityKey(identity.CodeKey),
                    SecurityAlgorithms.Aes256KW,
                    SecurityAlgorithms.Aes256CbcHmacSha512
                )
            );
        }
    }
}
