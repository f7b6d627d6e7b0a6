using System.Security.Claims;
using MedLedger.Api.Identity;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace MedLedger.Api.Http.Connect;

/// <summary>
/// Signing in at an external OpenID provider: code flow with PKCE, state and nonce; the identity token's signature, issuer,
/// audience and times are checked. An account is found, never made, and nothing but the subject is taken from outside.
/// </summary>
internal static class ExternalSignIn
{
    /// <summary>Where the login page sends somebody who signs in there.</summary>
    public const string Path = "/account/external";

    private const string Scheme = "external";
    private const string Refused = "Signing in did not work, or there is no account for you here. Ask the operator.";

    /// <summary>Registers it.</summary>
    public static void AddExternal(this IServiceCollection services, IdentityStore identity, ExternalProvider provider)
    {
        services
            .AddAuthentication()
            .AddOpenIdConnect(
                Scheme,
                options =>
                {
                    options.Authority = provider.Issuer.AbsoluteUri;
                    options.RequireHttpsMetadata = provider.Issuer.Scheme == Uri.UriSchemeHttps;
                    options.ClientId = provider.ClientId;
                    options.ClientSecret = provider.ClientSecret;
                    options.CallbackPath = Path + "/callback";
                    options.ResponseType = OpenIdConnectResponseType.Code;
                    options.ResponseMode = OpenIdConnectResponseMode.Query;
                    options.UsePkce = true;
                    options.Scope.Clear();
                    options.Scope.Add(OpenIdConnectScope.OpenId);
                    options.MapInboundClaims = false;
                    options.ClaimActions.Remove("iss"); // which the handler would take out
                    options.SaveTokens = false;
                    options.GetClaimsFromUserInfoEndpoint = false;
                    options.DisableTelemetry = true;
                    options.BackchannelTimeout = TimeSpan.FromSeconds(10);
                    options.CorrelationCookie.SameSite = SameSiteMode.Lax;
                    options.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                    options.NonceCookie.SameSite = SameSiteMode.Lax;
                    options.NonceCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                    options.TokenValidationParameters.ValidAlgorithms =
                    [
                        SecurityAlgorithms.EcdsaSha256,
                        SecurityAlgorithms.EcdsaSha384,
                        SecurityAlgorithms.RsaSha256,
                        SecurityAlgorithms.RsaSha384,
                        SecurityAlgorithms.RsaSsaPssSha256,
                    ];
                    options.Events.OnTokenValidated = RequireSignatureAsync;
                    options.Events.OnTicketReceived = context => SignInAsync(context, identity, provider);
                    options.Events.OnRemoteFailure = FailAsync;
                }
            );
    }

    /// <summary>Maps the route; without a provider there is none.</summary>
    public static void MapExternal(this RouteGroupBuilder pages, ExternalProvider? provider)
    {
        if (provider is null)
            return;
        pages.MapGet(
            Path["/account".Length..],
            (HttpContext http) =>
                Results.Challenge(
                    new AuthenticationProperties { RedirectUri = AccountPages.LocalPath(http.Request.Query["return"]) },
                    [Scheme]
                )
        );
    }

    // OpenID Connect Core 3.1.3.7 lets a token that came by TLS go unsigned, and so does the handler; this server does not.
    private static Task RequireSignatureAsync(TokenValidatedContext context)
    {
        if (string.IsNullOrEmpty(context.SecurityToken.RawSignature))
            context.Fail("The identity token is not signed.");
        return Task.CompletedTask;
    }

    private static async Task SignInAsync(
        TicketReceivedContext context,
        IdentityStore identity,
        ExternalProvider provider
    )
    {
        context.HandleResponse();
        var http = context.HttpContext;
        // OpenID Connect Discovery 4.3: the issuer of the metadata is the one that was asked for, and so is the token's.
        var issuer = provider.Issuer.AbsoluteUri.TrimEnd('/');
        var account =
            context.Principal?.FindFirstValue("iss")?.TrimEnd('/') == issuer
            && context.Principal.FindFirstValue("sub") is { Length: > 0 } subject
                ? await identity.Accounts.FindExternalAsync(new ExternalIdentity(issuer, subject), http.RequestAborted)
                : null;
        if (account is null or { IsDisabled: true })
        {
            await RefuseAsync(http, account);
            return;
        }
        await BrowserSession.BeginAsync(http, identity, account, ["ext"]);
        http.Response.Redirect(AccountPages.LocalPath(context.ReturnUri));
    }

    private static Task FailAsync(RemoteFailureContext context)
    {
        context.HandleResponse();
        return RefuseAsync(context.HttpContext, null);
    }

    // What was wrong is nobody's business; who it was stands in the log only when there is an account.
    private static async Task RefuseAsync(HttpContext http, Account? account)
    {
        await BrowserSession.FailAsync(http, account);
        await Page.Of("Log in", "", Refused, StatusCodes.Status403Forbidden).ExecuteAsync(http);
    }
}
