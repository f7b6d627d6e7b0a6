using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Http.Connect;

/// <summary>The login in a browser: a cookie that only this server reads, holding the id of a session.</summary>
internal static class BrowserSession
{
    private const string Cookie = "medledger-session";

    /// <summary>The session of the browser; null when nobody is logged in.</summary>
    public static async ValueTask<Session?> FindAsync(HttpContext http, IdentityStore identity)
    {
        if (http.Request.Cookies[Cookie] is not { Length: > 0 and < 100 } id)
            return null;
        var session = await identity.Sessions.FindAsync(id, http.RequestAborted);
        return session is { Content.Client: null } ? session : null;
    }

    /// <summary>Logs an account in.</summary>
    /// <param name="http">The request.</param>
    /// <param name="identity">Where sessions are.</param>
    /// <param name="account">Whose session it is.</param>
    /// <param name="proven">How they proved who they are (RFC 8176); null for what this server asked itself.</param>
    public static async Task BeginAsync(
        HttpContext http,
        IdentityStore identity,
        Account account,
        IReadOnlyList<string>? proven = null
    )
    {
        await LogAsync(http, vault => IdentityEvents.LoggedIn(vault, account.User)); // before the session is there
        IReadOnlyList<string> asked = account.TotpSecret is null ? ["pwd"] : ["pwd", "otp", "mfa"];
        var id = await identity.Sessions.BeginAsync(
            account,
            new SessionContent { Methods = proven ?? asked },
            OpenIdServer.OnlineLifetime,
            http.RequestAborted
        );
        http.Response.Cookies.Append(Cookie, id, Options(http));
    }

    /// <summary>A login that failed, under whatever name.</summary>
    public static async Task FailAsync(HttpContext http, IdentityStore identity, string name)
    {
        await FailAsync(http, await identity.Accounts.FindAsync(name, http.RequestAborted));
    }

    /// <summary>The same, when it is known whose account it was; null when nobody's.</summary>
    public static Task FailAsync(HttpContext http, Account? account) =>
        LogAsync(http, vault => IdentityEvents.LoginFailed(vault, account?.User));

    private static async Task LogAsync(HttpContext http, Func<RecordVault, AuditEvent> what)
    {
        var audit = http.RequestServices.GetRequiredService<AuditTrail>();
        await audit.AppendAsync([what(audit.Vault)], http.RequestAborted);
    }

    /// <summary>Logs the browser out; the session ends for good.</summary>
    public static async Task EndAsync(HttpContext http, IdentityStore identity)
    {
        if (await FindAsync(http, identity) is { } session)
            await LogAsync(http, vault => IdentityEvents.LoggedOut(vault, session.User));
        if (http.Request.Cookies[Cookie] is { Length: > 0 } id)
            await identity.Sessions.EndAsync(id, http.RequestAborted);
        http.Response.Cookies.Delete(Cookie, Options(http));
    }

    /// <summary>Whether a form was sent from a page of this server (Origin is set by the browser, not by the page).</summary>
    public static bool IsOwnForm(HttpRequest request) =>
        Forms.IsForm(request)
        && request.Headers.Origin is [{ } origin]
        && Uri.TryCreate(origin, UriKind.Absolute, out var from)
        && string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);

    private static CookieOptions Options(HttpContext http) =>
        new()
        {
            HttpOnly = true,
            Secure = http.Request.IsHttps,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            IsEssential = true,
        };
}
