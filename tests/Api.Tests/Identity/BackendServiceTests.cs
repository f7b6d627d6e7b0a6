using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using MedLedger.Api.Identity;
using MedLedger.Api.Tests.Cli;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace MedLedger.Api.Tests.Identity;

/// <summary>Backend services with <c>private_key_jwt</c> (SMART App Launch 2.2; RFC 7523) over real HTTP.</summary>
public sealed class BackendServiceTests : IAsyncLifetime
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private IdentityServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await IdentityServer.StartAsync();
        var rsa = JsonWebKeyConverter.ConvertFromRSASecurityKey(
            new RsaSecurityKey(_rsa.ExportParameters(false)) { KeyId = "rsa" }
        );
        using var open = ECDsa.Create(_ec.ExportParameters(false));
        var ec = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(open) { KeyId = "ec" });
        var keys = new
        {
            keys = new object[]
            {
                new
                {
                    kty = rsa.Kty,
                    kid = rsa.Kid,
                    n = rsa.N,
                    e = rsa.E,
                },
                new
                {
                    kty = ec.Kty,
                    kid = ec.Kid,
                    crv = ec.Crv,
                    x = ec.X,
                    y = ec.Y,
                },
            },
        };
        var file = Path.Combine(_server.Folder[1], "..", "keys.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(keys));
        string[] line =
        [
            "client",
            "add",
            "feed",
            "--user",
            "ingest1",
            "--jwks",
            file,
            "--scope",
            "system/*.c",
            "--purpose",
            "TREAT",
        ];
        var added = await CommandRun.Of([.. line, .. _server.Folder]);
        Assert.True(added.ExitCode == 0, added.Error);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _rsa.Dispose();
        _ec.Dispose();
    }

    [Theory]
    [InlineData(SecurityAlgorithms.RsaSha384, "rsa", false)]
    [InlineData(SecurityAlgorithms.EcdsaSha384, "ec", true)]
    public async Task A_service_gets_a_token_for_its_account(string algorithm, string kid, bool namesItself)
    {
        var (status, json) = await AskAsync(Sign(_ => { }, algorithm, kid), namesItself);
        Assert.True(status == HttpStatusCode.OK, json.ToString());
        using var who = await _server.GetAsync("/whoami", json.GetProperty("access_token").GetString());
        var caller = await who.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(
            ("ingest1", "TREAT"),
            (caller.GetProperty("name").GetString(), caller.GetProperty("purpose").GetString())
        );
        Assert.False(caller.GetProperty("reads").GetBoolean());
        Assert.False(json.TryGetProperty("refresh_token", out _));
    }

    [Fact]
    public async Task An_assertion_works_once()
    {
        var assertion = Sign(_ => { });
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(assertion)).Status);
        var (status, json) = await AskAsync(assertion);
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal("invalid_client", json.GetProperty("error").GetString());
        var once = Sign(_ => { });
        var together = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => AskAsync(once)));
        Assert.Single(together, one => one.Status == HttpStatusCode.OK);
    }

    public static TheoryData<string> Faults { get; } =
    [
        "aud",
        "iss",
        "sub",
        "no jti",
        "no exp",
        "over",
        "too long",
        "early",
        "kid",
        "no kid",
        "RS256",
        "key",
        "secret",
        "none",
    ];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_wrong_assertion_gets_nothing(string fault)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        using var other = RSA.Create(2048);
        var assertion = fault switch
        {
            "aud" => Sign(c => c["aud"] = "https://other.example/token"),
            "iss" => Sign(c => c["iss"] = "nobody"),
            "sub" => Sign(c => c["sub"] = "nobody"),
            "no jti" => Sign(c => c.Remove("jti")),
            "no exp" => Sign(c => c.Remove("exp")),
            "over" => Sign(c => c["exp"] = now - 1),
            "too long" => Sign(c => c["exp"] = now + 3600),
            "early" => Sign(c => c["nbf"] = now + 600),
            "kid" => Sign(_ => { }, kid: "ec"),
            "no kid" => Sign(_ => { }, kid: null),
            "RS256" => Sign(_ => { }, SecurityAlgorithms.RsaSha256),
            "key" => Sign(_ => { }, key: other),
            "secret" => null,
            _ => "eyJhbGciOiJub25lIn0." + Sign(_ => { }).Split('.')[1] + ".",
        };
        var (status, json) = await AskAsync(assertion);
        Assert.NotEqual(HttpStatusCode.OK, status);
        Assert.False(json.TryGetProperty("access_token", out _));
    }

    [Theory]
    [InlineData("system/*.cruds", null)]
    [InlineData("user/*.c", null)]
    [InlineData("", null)]
    [InlineData("system/*.c", "HRESCH")]
    public async Task No_more_than_was_registered_is_given(string scope, string? purpose)
    {
        var (status, _) = await AskAsync(Sign(_ => { }), scope: scope, purpose: purpose);
        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    [Fact]
    public async Task A_token_that_is_given_back_is_over_at_once_and_introspection_says_so()
    {
        var access = await TokenAsync();
        var active = await IntrospectAsync(access);
        Assert.True(active.GetProperty("active").GetBoolean());
        Assert.Equal("feed", active.GetProperty("client_id").GetString());
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(access));

        Assert.Equal(HttpStatusCode.OK, (await PostAsync("/connect/revoke", ("token", access))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(access));
        Assert.False((await IntrospectAsync(access)).GetProperty("active").GetBoolean());
        var last = (await ReadLog.OfAsync(_server.Store)).Last(e => e.Details.Interaction == "revoke");
        Assert.Equal(("Device/ingest1", "by the client feed"), (last.Details.Agent, last.Details.Note));
    }

    [Fact]
    public async Task Introspection_calls_nothing_active_that_the_server_refuses()
    {
        var access = await TokenAsync();
        Assert.False((await IntrospectAsync(access[..^2] + "AA")).GetProperty("active").GetBoolean());
        Assert.False(
            (await IntrospectAsync(await _server.TokenAsync("clinician1", "TREAT"))).GetProperty("active").GetBoolean()
        );
        Assert.Equal(0, (await CommandRun.Of(["user", "disable", "ingest1", .. _server.Folder])).ExitCode);
        await Task.Delay(Sessions.Staleness);
        Assert.False((await IntrospectAsync(access)).GetProperty("active").GetBoolean());
        // Who cannot prove which client it is is told nothing.
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("token", access)]);
        using var anonymous = await _server.Http.PostAsync("/connect/introspect", form);
        Assert.NotEqual(HttpStatusCode.OK, anonymous.StatusCode);
    }

    [Fact]
    public async Task After_a_rotation_tokens_under_the_former_key_stay_valid_and_new_ones_have_the_new_one()
    {
        var (before, local) = (await TokenAsync(), await _server.TokenAsync("clinician1", "TREAT"));
        var rotated = await CommandRun.Of(["keys", "rotate-signing", "--json", .. _server.Folder]);
        Assert.Equal((0, ""), (rotated.ExitCode, rotated.ExitCode == 0 ? "" : rotated.Error));
        await Task.Delay(TimeSpan.FromSeconds(1.1)); // the server looks once a second
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(before));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(local));
        var after = await TokenAsync();
        var key = rotated.Json.GetProperty("key").GetString();
        Assert.Equal(key, new JsonWebToken(after).Kid);
        Assert.NotEqual(key, new JsonWebToken(before).Kid, StringComparer.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(after));
        var known = await _server.Http.GetFromJsonAsync<JsonElement>("/.well-known/jwks");
        Assert.Equal(2, known.GetProperty("keys").GetArrayLength());
        var log = await ReadLog.OfAsync(_server.Store);
        Assert.Contains(log, e => e.Details.Interaction == "rotate-signing");
    }

    [Fact]
    public async Task A_client_that_was_removed_gets_nothing_and_both_changes_are_logged()
    {
        Assert.Equal(0, (await CommandRun.Of(["client", "remove", "feed", .. _server.Folder])).ExitCode);
        Assert.NotEqual(HttpStatusCode.OK, (await AskAsync(Sign(_ => { }))).Status);
        Assert.Equal(1, (await CommandRun.Of(["client", "remove", "feed", .. _server.Folder])).ExitCode);
        Assert.Equal(
            ["client add the client feed", "client remove the client feed"],
            (await ReadLog.OfAsync(_server.Store))
                .Where(e => e.Details.Interaction!.StartsWith("client ", StringComparison.Ordinal))
                .Select(e => $"{e.Details.Interaction} {e.Details.Note}"),
            StringComparer.Ordinal
        );
    }

    private async Task<string> TokenAsync() =>
        (await AskAsync(Sign(_ => { }))).Json.GetProperty("access_token").GetString()!;

    private async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var answer = await _server.GetAsync("/whoami", token);
        return answer.StatusCode;
    }

    private async Task<JsonElement> IntrospectAsync(string token)
    {
        using var answer = await PostAsync("/connect/introspect", ("token", token));
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<HttpResponseMessage> PostAsync(string path, (string Name, string Value) field)
    {
        using var form = new FormUrlEncodedContent([
            KeyValuePair.Create(field.Name, field.Value),
            KeyValuePair.Create("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            KeyValuePair.Create("client_assertion", Sign(_ => { })),
        ]);
        return await _server.Http.PostAsync(path, form);
    }

    private string Sign(
        Action<Dictionary<string, object>> change,
        string algorithm = SecurityAlgorithms.RsaSha384,
        string? kid = "rsa",
        RSA? key = null
    )
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = "feed",
            ["sub"] = "feed",
            ["aud"] = _server.Identity.Tokens.Issuer + "connect/token",
            ["jti"] = Accounts.RandomId(),
            ["iat"] = now,
            ["exp"] = now + 60,
        };
        change(claims);
        SecurityKey signing =
            algorithm == SecurityAlgorithms.EcdsaSha384
                ? new ECDsaSecurityKey(_ec) { KeyId = kid }
                : new RsaSecurityKey(key ?? _rsa) { KeyId = kid };
        signing.CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false };
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            JsonSerializer.Serialize(claims),
            new SigningCredentials(signing, algorithm)
        );
    }

    private async Task<(HttpStatusCode Status, JsonElement Json)> AskAsync(
        string? assertion,
        bool namesItself = false,
        string scope = "system/*.c",
        string? purpose = null
    )
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "client_credentials",
            ["scope"] = scope,
        };
        if (assertion is not null)
        {
            fields["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            fields["client_assertion"] = assertion;
        }
        else
        {
            fields["client_secret"] = "secret";
        }
        if (namesItself || assertion is null)
            fields["client_id"] = "feed";
        if (purpose is not null)
            fields["purpose_of_use"] = purpose;
        using var content = new FormUrlEncodedContent(fields);
        using var answer = await _server.Http.PostAsync("/connect/token", content);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }
}
