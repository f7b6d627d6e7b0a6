using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MedLedger.Api.Cli;
using MedLedger.Api.Identity;
using MedLedger.Api.Tests.Cli;
using Microsoft.IdentityModel.JsonWebTokens;

namespace MedLedger.Api.Tests.Identity;

/// <summary>The authorization server over real HTTP: SMART apps, backend services, logins.</summary>
public sealed partial class OpenIdTests : IAsyncLifetime
{
    private const string Redirect = "http://127.0.0.1:9/callback";
    private const string Password = "a long enough sentence";
    private IdentityServer _server = null!;

    public async Task InitializeAsync() => _server = await IdentityServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task Discovery_names_the_endpoints_and_only_what_is_built()
    {
        var smart = await _server.Http.GetFromJsonAsync<JsonElement>("/fhir/.well-known/smart-configuration");
        Assert.Equal(["S256"], Strings(smart, "code_challenge_methods_supported"), StringComparer.Ordinal);
        Assert.Contains("permission-v2", Strings(smart, "capabilities"), StringComparer.Ordinal);
        var openId = await _server.Http.GetFromJsonAsync<JsonElement>("/.well-known/openid-configuration");
        foreach (var name in new[] { "issuer", "jwks_uri", "authorization_endpoint", "token_endpoint" })
            Assert.Equal(openId.GetProperty(name).GetString(), smart.GetProperty(name).GetString());
        Assert.Equal(["S256"], Strings(openId, "code_challenge_methods_supported"), StringComparer.Ordinal);
        var keys = await _server.Http.GetFromJsonAsync<JsonElement>("/.well-known/jwks");
        Assert.DoesNotContain(keys.GetProperty("keys").EnumerateArray(), k => k.TryGetProperty("d", out _));
    }

    [Fact]
    public async Task A_patients_app_gets_a_code_tokens_a_refresh_and_an_end()
    {
        await AddAppAsync();
        var cookie = await FirstLoginAsync("patient1");
        await using (var context = _server.Store.CreateDbContext())
        {
            var log = new Api.Persistence.LogStore(context);
            var last = await log.ReadEntryAsync((await log.ReadHeadAsync(default))!.Size - 1, default);
            Assert.True(MedLedger.Consent.Log.AuditEntry.TryDecode(last, out var entry));
            Assert.Equal(MedLedger.Consent.Log.AuditAction.LoggedIn, entry.Action);
        }
        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var code = await CodeAsync(cookie, verifier, "openid fhirUser launch/patient offline_access patient/*.rs");
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await ExchangeAsync(code, (verifier[0] == 'x' ? 'y' : 'x') + verifier[1..])).Status
        );

        code = await CodeAsync(cookie, verifier, "openid fhirUser launch/patient offline_access patient/*.rs");
        var tokens = await ExchangeAsync(code, verifier);
        Assert.Equal((HttpStatusCode.OK, "sample-a"), (tokens.Status, tokens.Json.GetProperty("patient").GetString()));
        var access = tokens.Json.GetProperty("access_token").GetString()!;
        var who = await WhoAsync(access);
        Assert.Equal(
            ("patient1", "PATRQT", "Patient/sample-a"),
            (
                who.GetProperty("name").GetString(),
                who.GetProperty("purpose").GetString(),
                who.GetProperty("patient").GetString()
            )
        );
        var claims = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(access.Split('.')[1]));
        Assert.DoesNotContain("sample-a", claims, StringComparison.Ordinal);
        Assert.DoesNotContain("patient1", claims, StringComparison.Ordinal);
        var identityToken = new JsonWebToken(tokens.Json.GetProperty("id_token").GetString());
        Assert.EndsWith(
            "fhir/Patient/sample-a",
            identityToken.GetPayloadValue<string>("fhirUser"),
            StringComparison.Ordinal
        );
        // An identity token is no access token.
        using (var wrong = await _server.GetAsync("/whoami", tokens.Json.GetProperty("id_token").GetString()))
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);

        // A code works once; whoever uses it again ends what came of it.
        var refresh = tokens.Json.GetProperty("refresh_token").GetString()!;
        var renewed = await RefreshAsync(refresh);
        Assert.Equal(HttpStatusCode.OK, renewed.Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await RefreshAsync(refresh)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await ExchangeAsync(code, verifier)).Status);

        await _server.Identity.Sessions.EndAllAsync(
            (await _server.Identity.Accounts.FindAsync("patient1", default))!.User.Id,
            default
        );
        using var over = await _server.GetAsync("/whoami", access);
        Assert.Equal(HttpStatusCode.Unauthorized, over.StatusCode);
    }

    [Theory]
    [InlineData("redirect_uri", "http://127.0.0.1:9/other")]
    [InlineData("client_id", "nobody")]
    [InlineData("code_challenge_method", "plain")]
    [InlineData("code_challenge", "")]
    [InlineData("scope", "system/*.c")]
    [InlineData("scope", "user/*.cruds")]
    [InlineData("aud", "https://other.example/fhir")]
    [InlineData("response_type", "token")]
    public async Task A_wrong_request_gets_no_code(string parameter, string value)
    {
        await AddAppAsync();
        var cookie = await FirstLoginAsync("patient1");
        var query = Request("verifier-verifier-verifier-verifier-verifier-verifier", "patient/*.rs");
        query[parameter] = value;
        using var answer = await SendAsync(HttpMethod.Post, "/connect/authorize", cookie, Allowed(query));
        Assert.False(answer.Headers.Location?.Query.Contains("code=", StringComparison.Ordinal) ?? false);
        Assert.NotEqual(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Forms_of_other_sites_do_nothing()
    {
        await AddAppAsync();
        var cookie = await FirstLoginAsync("patient1");
        var query = Request("verifier-verifier-verifier-verifier-verifier-verifier", "patient/*.rs");
        using var foreign = await SendAsync(
            HttpMethod.Post,
            "/connect/authorize",
            cookie,
            Allowed(query),
            "https://evil.example"
        );
        Assert.DoesNotContain("code=", foreign.Headers.Location?.Query ?? "", StringComparison.Ordinal);
        using var login = await SendAsync(
            HttpMethod.Post,
            "/account/login",
            null,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = "patient1" },
            "null"
        );
        Assert.Equal(HttpStatusCode.Forbidden, login.StatusCode);
    }

    [Fact]
    public async Task After_five_wrong_passwords_the_right_one_waits_too()
    {
        await FirstLoginAsync("patient1");
        for (var i = 0; i < 5; i++)
            Assert.Null(await LoginAsync("patient1", "wrong wrong wrong"));
        Assert.Null(await LoginAsync("patient1", Password));
        var account = await _server.Identity.Accounts.FindAsync("patient1", default);
        Assert.True(account!.LockedUntil > DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task A_clinician_sets_up_an_authenticator_and_cannot_go_around_it()
    {
        var oneTime = (await CommandRun.Of(["user", "reset", "clinician1", .. _server.Folder])).Output.TrimEnd();
        using var page = await FormAsync(
            "/account/login",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = "clinician1", ["password"] = oneTime }
        );
        var secret = Secret().Match(await page.Content.ReadAsStringAsync()).Groups["hex"].Value;
        var fields = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["name"] = "clinician1",
            ["oneTime"] = oneTime,
            ["password"] = Password,
        };
        using (var around = await FormAsync("/account/password", fields))
            Assert.Equal(HttpStatusCode.UnprocessableEntity, around.StatusCode);
        fields["secret"] = secret;
        fields["code"] = Totp.Code(Convert.FromHexString(secret), DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 30, 6);
        using (var done = await FormAsync("/account/password", fields))
            Assert.Equal(HttpStatusCode.Redirect, done.StatusCode);
        Assert.Null(await LoginAsync("clinician1", Password));
        Assert.Null(await LoginAsync("clinician1", Password, fields["code"])); // used
        Assert.Null(await LoginAsync("clinician1", oneTime));
        var next = Totp.Code(Convert.FromHexString(secret), (DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 30) + 1, 6);
        Assert.NotNull(await LoginAsync("clinician1", Password, next));
    }

    private async Task AddAppAsync()
    {
        var added = await CommandRun.Of([
            "client",
            "add",
            "app",
            "--redirect",
            Redirect,
            "--scope",
            "openid fhirUser launch/patient offline_access patient/*.cruds",
            "--purpose",
            "PATRQT",
            .. _server.Folder,
        ]);
        Assert.Equal((0, ""), (added.ExitCode, added.ExitCode == 0 ? "" : added.Error));
    }

    private async Task<string> FirstLoginAsync(string user)
    {
        var oneTime = (await CommandRun.Of(["user", "reset", user, .. _server.Folder])).Output.TrimEnd();
        using var chosen = await FormAsync(
            "/account/password",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["name"] = user,
                ["oneTime"] = oneTime,
                ["password"] = Password,
            }
        );
        return CookieOf(chosen)!;
    }

    private async Task<string?> LoginAsync(string user, string password, string code = "")
    {
        using var answer = await FormAsync(
            "/account/login",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["name"] = user,
                ["password"] = password,
                ["code"] = code,
            }
        );
        return CookieOf(answer);
    }

    private Task<HttpResponseMessage> FormAsync(string path, Dictionary<string, string> fields) =>
        SendAsync(HttpMethod.Post, path, null, fields);

    private static string? CookieOf(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies.First().Split(';')[0] : null;

    private static Dictionary<string, string> Request(string verifier, string scope) =>
        new(StringComparer.Ordinal)
        {
            ["response_type"] = "code",
            ["client_id"] = "app",
            ["redirect_uri"] = Redirect,
            ["scope"] = scope,
            ["state"] = "s",
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
        };

    private static Dictionary<string, string> Allowed(Dictionary<string, string> request) =>
        new(request, StringComparer.Ordinal) { ["decision"] = "allow", ["purpose_of_use"] = "PATRQT" };

    private async Task<string> CodeAsync(string cookie, string verifier, string scope)
    {
        var request = Request(verifier, scope);
        var query = string.Join('&', request.Select(p => p.Key + "=" + Uri.EscapeDataString(p.Value)));
        using (var page = await SendAsync(HttpMethod.Get, "/connect/authorize?" + query, cookie, null))
            Assert.Contains("PATRQT", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var answer = await SendAsync(HttpMethod.Post, "/connect/authorize", cookie, Allowed(request));
        return Code().Match(answer.Headers.Location?.Query ?? "").Groups["code"].Value;
    }

    private Task<(HttpStatusCode Status, JsonElement Json)> ExchangeAsync(string code, string verifier) =>
        TokenAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["grant_type"] = "authorization_code",
                ["client_id"] = "app",
                ["code"] = Uri.UnescapeDataString(code),
                ["redirect_uri"] = Redirect,
                ["code_verifier"] = verifier,
            }
        );

    private Task<(HttpStatusCode Status, JsonElement Json)> RefreshAsync(string token) =>
        TokenAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["grant_type"] = "refresh_token",
                ["client_id"] = "app",
                ["refresh_token"] = token,
            }
        );

    private async Task<(HttpStatusCode Status, JsonElement Json)> TokenAsync(Dictionary<string, string> fields)
    {
        using var content = new FormUrlEncodedContent(fields);
        using var answer = await _server.Http.PostAsync("/connect/token", content);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    private async Task<JsonElement> WhoAsync(string token)
    {
        using var answer = await _server.GetAsync("/whoami", token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        string? cookie,
        Dictionary<string, string>? fields,
        string? origin = null
    )
    {
        using var request = new HttpRequestMessage(method, path);
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        request.Headers.TryAddWithoutValidation(
            "Origin",
            origin ?? _server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority)
        );
        if (fields is not null)
            request.Content = new FormUrlEncodedContent(fields);
        return await _server.Http.SendAsync(request);
    }

    private static IEnumerable<string?> Strings(JsonElement json, string name) =>
        [.. json.GetProperty(name).EnumerateArray().Select(e => e.GetString())];

    [GeneratedRegex("name=\"secret\" value=\"(?<hex>[0-9a-f]{40})\"", RegexOptions.None, 1000)]
    private static partial Regex Secret();

    [GeneratedRegex("[?&]code=(?<code>[^&]+)", RegexOptions.None, 1000)]
    private static partial Regex Code();
}
