using System.Security.Claims;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace MedLedger.Api.Http.Connect;

/// <summary>The endpoints of the authorization server that decide: token, user info, logout. OpenIddict has checked the request.</summary>
internal static class ConnectApi
{
    private const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;

    /// <summary>Maps the routes.</summary>
    public static void MapConnect(this WebApplication app, IdentityStore identity)
    {
        var connect = app.MapGroup("/connect").WithTags("Identity");
        connect.MapMethods(
            "/authorize",
            ["GET", "POST"],
            (HttpContext http, IOpenIddictApplicationManager clients) =>
                AuthorizePage.HandleAsync(http, identity, clients)
        );
        connect.MapPost(
            "/token",
            (HttpContext http, IOpenIddictApplicationManager clients) => TokenAsync(http, identity, clients)
        );
        connect.MapMethods("/logout", ["GET", "POST"], (Delegate)((HttpContext http) => LogoutAsync(http, identity)));
        connect.MapMethods(
            "/userinfo",
            ["GET", "POST"],
            (Delegate)((HttpContext http) => UserInfoAsync(http, identity))
        );
    }

    /// <summary>Refuses with an OAuth error.</summary>
    public static IResult Refuse(string error, string text) =>
        Results.Forbid(
            new AuthenticationProperties(
                new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
                    [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = text,
                }
            ),
            [Scheme]
        );

    /// <summary>Signs the principal in, with the launch context beside the tokens, not in them.</summary>
    public static IResult Grant(ClaimsPrincipal principal, string? patient)
    {
        var properties = new AuthenticationProperties();
        if (patient is not null)
        {
            properties.SetParameter("patient", patient["Patient/".Length..]);
            properties.SetParameter("need_patient_banner", true); // the app shows whom it is about, itself
        }
        return Results.SignIn(principal, properties, Scheme);
    }

    private static async Task<IResult> TokenAsync(
        HttpContext http,
        IdentityStore identity,
        IOpenIddictApplicationManager clients
    )
    {
        var request =
            http.GetOpenIddictServerRequest() ?? throw new InvalidOperationException("This is no request for a token.");
        if (request.IsClientCredentialsGrantType())
            return await BackendAsync(request, http, identity, clients);

        // A code or a refresh token: the session it began must last, else the grant is over.
        var known = await http.AuthenticateAsync(Scheme);
        var id = known.Principal?.GetClaim("sid");
        var session = id is null ? null : await identity.Sessions.FindAsync(id, http.RequestAborted);
        if (known.Principal is not { } principal || session is null)
            return Refuse(Errors.InvalidGrant, "The grant has ended.");
        await LogAsync(http, session.User, request.ClientId!);
        var isTold = principal.HasScope("launch/patient") || principal.HasScope("launch");
        return Grant(principal, isTold ? session.Content.Patient : null);
    }

    private static async Task<IResult> BackendAsync(
        OpenIddictRequest request,
        HttpContext http,
        IdentityStore identity,
        IOpenIddictApplicationManager clients
    )
    {
        var client = await clients.FindByClientIdAsync(request.ClientId!, http.RequestAborted);
        var limits = client is null
            ? null
            : ClientLimits.Of(await clients.GetPropertiesAsync(client, http.RequestAborted));
        var account = limits?.AccountId is { } id
            ? await identity.Accounts.FindByIdAsync(id, http.RequestAborted)
            : null;
        if (limits is null || account is null or { IsDisabled: true })
            return Refuse(Errors.UnauthorizedClient, "The client acts for no account.");
        var scopes = request.GetScopes();
        if (scopes.IsEmpty || !ClientGrants.MayHave(scopes, limits, account.User.Role))
            return Refuse(Errors.InvalidScope, "The client may not have these scopes.");
        // IHE IUA: the purpose is asked for; a client that was registered for one alone has asked with that.
        var asked = ((string?)request["purpose_of_use"])?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var purposes = asked ?? (limits.Purposes.Count == 1 ? [.. limits.Purposes] : []);
        if (!ClientGrants.MayHave(purposes, limits))
            return Refuse(
                Errors.InvalidRequest,
                "purpose_of_use must name purposes that the client is registered for."
            );
        var principal = await ClientGrants.BeginAsync(
            identity,
            account,
            request.ClientId!,
            scopes,
            purposes,
            patient: null,
            http.RequestAborted
        );
        await LogAsync(http, account.User, request.ClientId!);
        return Grant(principal, patient: null);
    }

    // Before the token leaves.
    private static async Task LogAsync(HttpContext http, User user, string client)
    {
        var audit = http.RequestServices.GetRequiredService<AuditTrail>();
        await audit.AppendAsync([IdentityEvents.TokenIssued(audit.Vault, user, client)], http.RequestAborted);
    }

    private static async Task<IResult> LogoutAsync(HttpContext http, IdentityStore identity)
    {
        await BrowserSession.EndAsync(http, identity);
        return Results.SignOut(new AuthenticationProperties { RedirectUri = "/account/logout" }, [Scheme]);
    }

    private static async Task<IResult> UserInfoAsync(HttpContext http, IdentityStore identity)
    {
        var known = await http.AuthenticateAsync(Scheme);
        var session = known.Principal?.GetClaim("sid") is { } id
            ? await identity.Sessions.FindAsync(id, http.RequestAborted)
            : null;
        if (session is null)
            return Results.Challenge(authenticationSchemes: [Scheme]);
        return Results.Ok(new { sub = session.User.Id });
    }
}
