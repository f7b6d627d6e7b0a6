using System.Net;
using System.Text.RegularExpressions;
using MedLedger.Api.Http;
using MedLedger.Api.Identity;
using MedLedger.Api.Tests.Cli;
using MedLedger.Consent.Log;
using Microsoft.AspNetCore.WebUtilities;

namespace MedLedger.Api.Tests.Identity;

/// <summary>Signing in at an OpenID provider of somebody else: a second server of ours, and one that cheats.</summary>
public sealed class ExternalSignInTests
{
    private const string Return = "/connect/authorize?client_id=app";
    private const string Password = "a long enough sentence";

    [Fact]
    public async Task Somebody_whom_the_provider_knows_signs_in_to_the_account_that_names_them()
    {
        await using var provider = await IdentityServer.StartAsync();
        await using var server = await StartAsync(provider.Identity.Tokens.Issuer!);
        string[] client =
        [
            "client",
            "add",
            "relying",
            "--redirect",
            server.Http.BaseAddress + "account/external/callback",
        ];
        var added = await CommandRun.Of([.. client, "--scope", "openid", "--purpose", "PATRQT", .. provider.Folder]);
        Assert.Equal((0, ""), (added.ExitCode, added.ExitCode == 0 ? "" : added.Error));
        var subject = (await provider.Identity.Accounts.FindAsync("patient1", default))!.User.Id;
        await AddAsync(server, provider.Identity.Tokens.Issuer!, subject);

        var page = await server.Http.GetStringAsync("/account/login");
        Assert.Contains("Log in with the clinic", page, StringComparison.Ordinal);
        var begun = await BeginAsync(server);
        Assert.StartsWith(provider.Http.BaseAddress!.AbsoluteUri, begun.To.AbsoluteUri, StringComparison.Ordinal);
        var answer = await AllowAsync(provider, begun.To);
        using var back = await GetAsync(server, answer.PathAndQuery, begun.Cookies);
        Assert.Equal((HttpStatusCode.Redirect, Return), (back.StatusCode, back.Headers.Location!.ToString()));
        Assert.Equal("alva", await WhoAsync(server, back));
        var log = await ReadLog.OfAsync(server.Store);
        Assert.Contains(
            log,
            e => e.Entry.Action == AuditAction.LoggedIn && e.Entry.Decision == AuditDecision.Permitted
        );

        // The same answer again: its state is used up with the cookies that the first one took away.
        using var replayed = await GetAsync(server, answer.PathAndQuery, "");
        Assert.Equal(HttpStatusCode.Forbidden, replayed.StatusCode);
        // Who is disabled here does not come in from there, and a stranger has no account made.
        Assert.Equal(0, (await CommandRun.Of(["user", "disable", "alva", .. server.Folder])).ExitCode);
        var again = await BeginAsync(server);
        using var refused = await GetAsync(server, (await AllowAsync(provider, again.To)).PathAndQuery, again.Cookies);
        Assert.Equal((HttpStatusCode.Forbidden, null), (refused.StatusCode, await WhoAsync(server, refused)));
    }

    public static TheoryData<string> Faults { get; } =
    [
        "another subject",
        "iss",
        "aud",
        "nonce",
        "no nonce",
        "over",
        "another key",
        "none",
        "state",
        "no cookies",
        "code of another login",
        "error",
        "issuer of the metadata",
    ];

    [Theory]
    [MemberData(nameof(Faults))]
    [Trait("threat", "outsider on the network")]
    public async Task An_answer_that_is_wrong_lets_nobody_in(string fault)
    {
        await using var provider = await CheatingProvider.StartAsync(fault);
        await using var server = await StartAsync(provider.Issuer);
        await AddAsync(server, provider.Issuer, "s-1");
        var before = (await server.Identity.Accounts.ListAsync(default)).Count;
        var begun = await BeginAsync(server);
        var other = await BeginAsync(server);
        var callback = provider.Answer(begun.To, other.To);
        using var back = await GetAsync(server, callback, fault == "no cookies" ? "" : begun.Cookies);
        Assert.Equal(HttpStatusCode.Forbidden, back.StatusCode);
        Assert.Null(await WhoAsync(server, back));
        Assert.Equal(before, (await server.Identity.Accounts.ListAsync(default)).Count);
        Assert.Contains(
            await ReadLog.OfAsync(server.Store),
            e => e.Entry.Action == AuditAction.LoggedIn && e.Entry.Decision == AuditDecision.Refused
        );
    }

    [Fact]
    public async Task The_same_provider_without_a_fault_lets_in_and_so_the_faults_mean_something()
    {
        await using var provider = await CheatingProvider.StartAsync("");
        await using var server = await StartAsync(provider.Issuer);
        await AddAsync(server, provider.Issuer, "s-1");
        var begun = await BeginAsync(server);
        using var back = await GetAsync(server, provider.Answer(begun.To, begun.To), begun.Cookies);
        Assert.Equal("alva", await WhoAsync(server, back));
    }

    [Fact]
    public async Task Without_a_provider_there_is_no_such_page_and_a_subject_needs_its_issuer()
    {
        await using var server = await IdentityServer.StartAsync();
        using var page = await server.Http.GetAsync("/account/external");
        Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
        string[] line = ["user", "add", "bea", "--role", "Patient", "--external", "s-2"];
        Assert.Equal(2, (await CommandRun.Of([.. line, .. server.Folder])).ExitCode);
        string[] whole = [.. line, "--external-issuer", "https://id.example"];
        Assert.Equal(0, (await CommandRun.Of([.. whole, .. server.Folder])).ExitCode);
        whole[2] = "cea";
        Assert.Equal(1, (await CommandRun.Of([.. whole, .. server.Folder])).ExitCode); // one person, one account
    }

    private static Task<IdentityServer> StartAsync(string issuer) =>
        IdentityServer.StartAsync(
            new ServerSettings { External = new ExternalProvider(new Uri(issuer), "relying", null, "the clinic") }
        );

    private static async Task AddAsync(IdentityServer server, string issuer, string subject)
    {
        string[] line =
        [
            "user",
            "add",
            "alva",
            "--role",
            "Patient",
            "--external",
            subject,
            "--external-issuer",
            issuer,
        ];
        var added = await CommandRun.Of([.. line, .. server.Folder]);
        Assert.Equal((0, ""), (added.ExitCode, added.ExitCode == 0 ? "" : added.Error));
    }

    private static async Task<(Uri To, string Cookies)> BeginAsync(IdentityServer server)
    {
        using var begun = await server.Http.GetAsync("/account/external?return=" + Uri.EscapeDataString(Return));
        Assert.Equal(HttpStatusCode.Redirect, begun.StatusCode);
        var query = QueryHelpers.ParseQuery(begun.Headers.Location!.Query);
        Assert.Equal("S256", query["code_challenge_method"]);
        foreach (var name in new[] { "state", "nonce", "code_challenge" })
            Assert.NotEmpty(query[name].ToString());
        return (
            begun.Headers.Location,
            string.Join("; ", begun.Headers.GetValues("Set-Cookie").Select(c => c.Split(';')[0]))
        );
    }

    // The user logs in at the provider and allows it there.
    private static async Task<Uri> AllowAsync(IdentityServer provider, Uri request)
    {
        var oneTime = (await CommandRun.Of(["user", "reset", "patient1", .. provider.Folder])).Output.TrimEnd();
        using var chosen = await PostAsync(
            provider,
            "/account/password",
            "",
            [new("name", "patient1"), new("oneTime", oneTime), new("password", Password)]
        );
        var cookie = chosen.Headers.GetValues("Set-Cookie").First().Split(';')[0];
        var fields = QueryHelpers
            .ParseQuery(request.Query)
            .Select(p => KeyValuePair.Create(p.Key, p.Value.ToString()))
            .Append(new("decision", "allow"))
            .Append(new("purpose_of_use", "PATRQT"))
            .ToList();
        using var allowed = await PostAsync(provider, "/connect/authorize", cookie, fields);
        Assert.True(allowed.Headers.Location is not null, await allowed.Content.ReadAsStringAsync());
        return allowed.Headers.Location!;
    }

    private static async Task<HttpResponseMessage> PostAsync(
        IdentityServer server,
        string path,
        string cookie,
        IEnumerable<KeyValuePair<string, string>> fields
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.TryAddWithoutValidation("Origin", server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority));
        if (cookie.Length > 0)
            request.Headers.Add("Cookie", cookie);
        request.Content = new FormUrlEncodedContent(fields);
        return await server.Http.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> GetAsync(IdentityServer server, string path, string cookies)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (cookies.Length > 0)
            request.Headers.Add("Cookie", cookies);
        return await server.Http.SendAsync(request);
    }

    private static async Task<string?> WhoAsync(IdentityServer server, HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues("Set-Cookie", out var cookies))
            return null;
        var id = cookies
            .Select(c => Regex.Match(c, "^medledger-session=(?<id>[^;]+)", RegexOptions.None, TimeSpan.FromSeconds(1)))
            .FirstOrDefault(m => m.Success);
        return id is null
            ? null
            : (await server.Identity.Sessions.FindAsync(id.Groups["id"].Value, default))?.User.Name;
    }
}
