using System.Net;
using System.Text;
using MedLedger.Api.Http;

namespace MedLedger.Api.Tests.Identity;

/// <summary>What stands before every route: headers, CORS, limits of size and rate.</summary>
public sealed class ProtectionTests
{
    [Fact]
    public async Task Every_answer_has_security_headers_and_no_server_name()
    {
        await using var server = await IdentityServer.StartAsync();
        foreach (var path in new[] { "/whoami", "/account/login", "/.well-known/openid-configuration", "/nothing" })
        {
            using var answer = await server.GetAsync(path, null);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
            Assert.Contains(
                "frame-ancestors 'none'",
                Assert.Single(answer.Headers.GetValues("Content-Security-Policy")),
                StringComparison.Ordinal
            );
            Assert.True(answer.Headers.CacheControl!.NoStore, path);
            Assert.False(answer.Headers.Contains("Server"));
        }
    }

    [Fact]
    public async Task Pages_of_other_origins_read_nothing_unless_configured()
    {
        await using var closed = await IdentityServer.StartAsync();
        await using var open = await IdentityServer.StartAsync(
            new ServerSettings { Origins = ["https://app.example"] }
        );
        (string, string) own = ("Origin", "https://app.example");
        using (var answer = await closed.GetAsync("/whoami", null, own))
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        using (var answer = await open.GetAsync("/whoami", null, own))
            Assert.Equal("https://app.example", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        using (var answer = await open.GetAsync("/whoami", null, ("Origin", "https://evil.example")))
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused()
    {
        await using var server = await IdentityServer.StartAsync(new ServerSettings { MaxBody = 1000 });
        using var small = new StringContent("[1]", Encoding.UTF8, "application/json");
        using (var answer = await server.Http.PostAsync("/echo", small))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var large = new StringContent("[" + new string(' ', 2000) + "1]", Encoding.UTF8, "application/json");
        using (var answer = await server.Http.PostAsync("/echo", large))
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Theory]
    [InlineData("application/json; charset=utf-7")]
    [InlineData("application/json; charset=")]
    [InlineData("application/json; charset=\"no-such\"")]
    public async Task A_body_in_another_encoding_is_refused(string type)
    {
        await using var server = await IdentityServer.StartAsync();
        using var body = new ByteArrayContent("[1]"u8.ToArray());
        body.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await server.Http.PostAsync("/echo", body);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    [Fact]
    public async Task What_cannot_be_read_is_a_bad_request_and_no_failure()
    {
        await using var server = await IdentityServer.StartAsync();
        using (var body = new StringContent("{\"a\":", Encoding.UTF8, "application/json"))
        using (var answer = await server.Http.PostAsync("/bound", body))
        {
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("OperationOutcome", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        // More fields than a form may have, larger than a login may be, and a failure that names what it must not tell.
        foreach (
            var (fields, status) in new[]
            {
                (string.Join('&', Enumerable.Range(0, 5000).Select(i => $"a{i}=1")), HttpStatusCode.BadRequest),
                ("name=" + new string('a', 100_000), HttpStatusCode.RequestEntityTooLarge),
            }
        )
        {
            using var form = new StringContent(fields, Encoding.UTF8, "application/x-www-form-urlencoded");
            using var answer = await server.Http.PostAsync("/account/login", form);
            Assert.Equal(status, answer.StatusCode);
        }
        using var failed = await server.GetAsync("/fails", null);
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.DoesNotContain("secret", await failed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_caller_does_not_use_up_what_another_may_ask()
    {
        await using var server = await IdentityServer.StartAsync(new ServerSettings { Rate = 5 });
        var (one, other) = (
            await server.TokenAsync("clinician1", "TREAT"),
            await server.TokenAsync("clinician2", "TREAT")
        );
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 40; i++)
            answers.Add(await StatusAsync(server, one));
        Assert.Contains(HttpStatusCode.TooManyRequests, answers);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(server, other));
        // Another token of the same account has no allowance of its own.
        var again = await server.TokenAsync("clinician1", "HPAYMT");
        for (var i = 0; i < 40; i++)
            answers.Add(await StatusAsync(server, one));
        // Nine are within what an account may ask at once, ten.
        var together = await Task.WhenAll(Enumerable.Range(0, 9).Select(_ => StatusAsync(server, again)));
        Assert.Contains(HttpStatusCode.TooManyRequests, together);
    }

    [Fact]
    public async Task Logins_are_limited()
    {
        await using var server = await IdentityServer.StartAsync(new ServerSettings { LoginRate = 3 });
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 5; i++)
        {
            using var fields = new FormUrlEncodedContent([new("grant_type", "client_credentials")]);
            using var answer = await server.Http.PostAsync("/connect/token", fields);
            answers.Add(answer.StatusCode);
        }
        Assert.Equal(3, answers.Count(a => a == HttpStatusCode.BadRequest));
        Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1]);
    }

    private static async Task<HttpStatusCode> StatusAsync(IdentityServer server, string token)
    {
        using var answer = await server.GetAsync("/whoami", token);
        return answer.StatusCode;
    }
}
