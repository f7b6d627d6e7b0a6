using System.Security.Cryptography;
using MedLedger.Api.Identity;

namespace MedLedger.Api.Http.Connect;

/// <summary>Login, the first password, logout.</summary>
internal static class AccountPages
{
    private const string Refused =
        "Name, password or code is not right, or there were too many attempts. Wait a little and try again.";

    /// <summary>Maps the routes.</summary>
    public static void MapAccounts(this WebApplication app, IdentityStore identity, ExternalProvider? external)
    {
        var pages = app.MapGroup("/account").WithTags("Identity");
        pages.MapGet("/style.css", () => Results.Text(Page.Style, "text/css"));
        pages.MapGet("/login", (HttpContext http) => Login(http.Request.Query["return"], null, external));
        pages.MapExternal(external);
        pages.MapPost("/login", (HttpContext http, SignIn signIn) => LoginAsync(http, identity, signIn, external));
        pages.MapPost("/password", (HttpContext http, SignIn signIn) => ChooseAsync(http, identity, signIn, external));
        pages.MapGet("/logout", () => Page.Of("Log out", """<form method="post"><button>Log out</button></form>"""));
        pages.MapPost("/logout", (Delegate)((HttpContext http) => LogoutAsync(http, identity)));
    }

    private static IResult Login(string? back, string? problem, ExternalProvider? external) =>
        Page.Of(
            "Log in",
            $"""
            <form method="post" action="/account/login">{Page.Hidden("return", back)}
            <label>Name <input type="text" name="name" autocomplete="username" required autofocus></label>
            <label>Password <input type="password" name="password" autocomplete="current-password" required></label>
            <label>Code of your authenticator, if you have one
            <input type="text" name="code" inputmode="numeric" autocomplete="one-time-code"></label>
            <button>Log in</button></form>{Elsewhere(back, external)}
            """,
            problem,
            problem is null ? 200 : 403
        );

    private static string Elsewhere(string? back, ExternalProvider? external) =>
        external is null
            ? ""
            : $"""<p><a href="{ExternalSignIn.Path}?return={Uri.EscapeDataString(back ?? "")}">Log in with {Page.Text(external.Name)}</a></p>""";

    private static async Task<IResult> LoginAsync(
        HttpContext http,
        IdentityStore identity,
        SignIn signIn,
        ExternalProvider? external
    )
    {
        if (!BrowserSession.IsOwnForm(http.Request))
            return Outcomes.Forbidden;
        var form = await Forms.ReadAsync(http.Request, http.RequestAborted);
        string back = form["return"].ToString(),
            password = form["password"].ToString();
        var account = await signIn.TryAsync(
            form["name"].ToString(),
            password,
            form["code"].ToString(),
            http.RequestAborted
        );
        if (account is null)
            return await FailAsync(http, identity, form, back, external);
        if (account.OneTimeUntil is not null)
            return Choose(account, password, back, NewSecret(account.User.Role), null);
        await BrowserSession.BeginAsync(http, identity, account);
        return Results.Redirect(LocalPath(back));
    }

    private static async Task<IResult> FailAsync(
        HttpContext http,
        IdentityStore identity,
        IFormCollection form,
        string back,
        ExternalProvider? external
    )
    {
        await BrowserSession.FailAsync(http, identity, form["name"].ToString());
        return Login(back, Refused, external);
    }

    private static byte[]? NewSecret(Role role) =>
        SignIn.NeedsAuthenticator(role) ? RandomNumberGenerator.GetBytes(Totp.SecretSize) : null;

    // The one-time password is asked again with the new one: nobody is logged in between the two pages.
    private static IResult Choose(Account account, string oneTime, string back, byte[]? secret, string? problem)
    {
        var authenticator = secret is null
            ? ""
            : $"""
                <p>Add this key to your authenticator app: <code>{Totp.Text(secret)}</code></p>
                {Page.Hidden("secret", Convert.ToHexStringLower(secret))}
                <label>Code that it shows now <input type="text" name="code" inputmode="numeric" required></label>
                """;
        return Page.Of(
            "Choose your password",
            $"""
            <form method="post" action="/account/password">{Page.Hidden("return", back)}
            {Page.Hidden("name", account.User.Name)}{Page.Hidden("oneTime", oneTime)}
            <label>New password, {SignIn.ShortestPassword} characters or more
            <input type="password" name="password" autocomplete="new-password" required></label>
            {authenticator}<button>Save</button></form>
            """,
            problem,
            problem is null ? 200 : 422
        );
    }

    private static async Task<IResult> ChooseAsync(
        HttpContext http,
        IdentityStore identity,
        SignIn signIn,
        ExternalProvider? external
    )
    {
        if (!BrowserSession.IsOwnForm(http.Request))
            return Outcomes.Forbidden;
        var form = await Forms.ReadAsync(http.Request, http.RequestAborted);
        string back = form["return"].ToString(),
            oneTime = form["oneTime"].ToString();
        var account = await signIn.TryAsync(form["name"].ToString(), oneTime, "", http.RequestAborted);
        if (account?.OneTimeUntil is null)
            return await FailAsync(http, identity, form, back, external);
        var secret = ReadSecret(form["secret"].ToString());
        if (SignIn.NeedsAuthenticator(account.User.Role) && secret is null)
            return Choose(account, oneTime, back, NewSecret(account.User.Role), "An authenticator is needed.");
        var problem = await signIn.ChooseAsync(
            account,
            form["password"].ToString(),
            secret,
            form["code"].ToString(),
            http.RequestAborted
        );
        if (problem is not null)
            return Choose(account, oneTime, back, secret, problem);
        await identity.Sessions.EndAllAsync(account.User.Id, http.RequestAborted);
        await BrowserSession.BeginAsync(http, identity, account with { TotpSecret = secret });
        return Results.Redirect(LocalPath(back));
    }

    private static byte[]? ReadSecret(string text) =>
        text.Length == 2 * Totp.SecretSize && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : null;

    private static async Task<IResult> LogoutAsync(HttpContext http, IdentityStore identity)
    {
        if (
            http.Request.Headers.Origin is not [{ } origin]
            || !Uri.TryCreate(origin, UriKind.Absolute, out var from)
            || from.Authority != http.Request.Host.Value
        )
            return Outcomes.Forbidden;
        await BrowserSession.EndAsync(http, identity);
        return Page.Of("Logged out", "<p>You are logged out.</p>");
    }

    /// <summary>Where to go after a login: only the authorization endpoint of this server is returned to.</summary>
    public static string LocalPath(string? path) =>
        path is not null
        && path.StartsWith("/connect/authorize?", StringComparison.Ordinal)
        && !path.Contains('\\', StringComparison.Ordinal)
            ? path
            : "/account/logout";
}
