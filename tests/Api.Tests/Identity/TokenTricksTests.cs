using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Api.Cli;
using MedLedger.Api.Http;
using MedLedger.Api.Identity;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Identity;

/// <summary>What is done to tokens in the wild (RFC 8725), each refused over real HTTP.</summary>
[Trait("threat", "outsider on the network")]
public sealed class TokenTricksTests : IAsyncLifetime
{
    private IdentityServer _server = null!;
    private string _token = "";

    public async Task InitializeAsync()
    {
        _server = await IdentityServer.StartAsync();
        _token = await _server.TokenAsync("clinician1", "TREAT");
    }

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_token_of_this_deployment_is_taken()
    {
        using var answer = await _server.GetAsync("/whoami", _token);
        var who = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(
            ("clinician1", "TREAT"),
            (who.GetProperty("name").GetString(), who.GetProperty("purpose").GetString())
        );
        Assert.True(who.GetProperty("reads").GetBoolean());
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("nOnE")]
    public async Task An_unsigned_token_is_refused(string algorithm)
    {
        var forged = Encode(Header(h => h["alg"] = algorithm)) + "." + _token.Split('.')[1] + ".";
        await RefusedAsync(forged);
        await RefusedAsync(forged + _token.Split('.')[2]);
    }

    [Fact]
    public async Task The_public_key_is_no_hmac_secret()
    {
        var key = (await _server.Identity.Keys.LoadAsync(default))[0].ECDsa;
        foreach (
            var secret in new[]
            {
                key.ExportSubjectPublicKeyInfo(),
                Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem()),
            }
        )
        {
            var text = Encode(Header(h => h["alg"] = "HS256")) + "." + _token.Split('.')[1];
            var mac = HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(text));
            await RefusedAsync(text + "." + Base64Url.EncodeToString(mac));
        }
    }

    [Fact]
    public async Task Keys_that_a_token_brings_along_are_ignored()
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = own.ExportParameters(false).Q;
        var jwk = new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["x"] = Base64Url.EncodeToString(point.X!),
            ["y"] = Base64Url.EncodeToString(point.Y!),
        };
        await RefusedAsync(Sign(own, h => h["jwk"] = jwk.DeepClone(), _ => { }));
        await RefusedAsync(Sign(own, h => h["jku"] = "http://127.0.0.1:9/keys", _ => { }));
        await RefusedAsync(Sign(own, h => h["kid"] = "../../etc/passwd", _ => { }));
        await RefusedAsync(Sign(own, _ => { }, _ => { }));
    }

    [Fact]
    public async Task Wrong_issuer_audience_type_and_times_are_refused()
    {
        var key = (await _server.Identity.Keys.LoadAsync(default))[0].ECDsa;
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        // With nothing changed, this way of signing is taken: the rest is refused for what it changes.
        using (var good = await _server.GetAsync("/whoami", Sign(key, _ => { }, _ => { })))
            Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        await RefusedAsync(Sign(key, _ => { }, c => c["iss"] = "urn:medledger:" + new string('0', 32)));
        await RefusedAsync(Sign(key, _ => { }, c => c["aud"] = "https://other.example/fhir"));
        await RefusedAsync(Sign(key, _ => { }, c => c.Remove("aud")));
        await RefusedAsync(Sign(key, h => h["typ"] = "JWT", _ => { }));
        await RefusedAsync(Sign(key, h => h.Remove("typ"), _ => { }));
        await RefusedAsync(Sign(key, _ => { }, c => c["exp"] = now - 1));
        await RefusedAsync(Sign(key, _ => { }, c => c.Remove("exp")));
        await RefusedAsync(Sign(key, _ => { }, c => c["exp"] = now + 10L * 365 * 86400));
        await RefusedAsync(Sign(key, _ => { }, c => c["nbf"] = now + 600));
        await RefusedAsync(Sign(key, _ => { }, c => c["iat"] = now + 600));
        await RefusedAsync(Sign(key, _ => { }, c => c["sid"] = Accounts.RandomId()));
        await RefusedAsync(Sign(key, _ => { }, c => c.Remove("extensions")));
        await RefusedAsync(Sign(key, _ => { }, c => c["scope"] = "everything"));
    }

    [Fact]
    public async Task A_changed_or_cut_token_is_refused()
    {
        var parts = _token.Split('.');
        var claims = Encoding
            .UTF8.GetString(Base64Url.DecodeFromChars(parts[1]))
            .Replace("TREAT", "ETREAT", StringComparison.Ordinal);
        await RefusedAsync(parts[0] + "." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims)) + "." + parts[2]);
        await RefusedAsync(_token[..^1]);
        await RefusedAsync(_token + "A");
        await RefusedAsync(parts[0] + "." + parts[1]);
        await RefusedAsync("");
        await RefusedAsync(new string('a', 100_000 / 8));
        await RefusedAsync(_token + ", Bearer " + _token);
        using var query = await _server.GetAsync("/whoami?access_token=" + _token, null);
        Assert.Equal(HttpStatusCode.Unauthorized, query.StatusCode);
    }

    [Fact]
    public async Task The_header_narrows_the_purpose_and_never_widens_or_replaces_it()
    {
        var several = await _server.TokenAsync("clinician1", "TREAT", "HPAYMT");
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(several));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(several, (Authentication.PurposeHeader, "HPAYMT")));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(several, (Authentication.PurposeHeader, "HRESCH")));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(_token, (Authentication.PurposeHeader, "ETREAT")));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(_token, (Authentication.PurposeHeader, "")));
        // Two values in one header, as clients join them, are not one purpose of the token.
        Assert.Equal(
            HttpStatusCode.Forbidden,
            await StatusAsync(several, (Authentication.PurposeHeader, "TREAT, HPAYMT"))
        );
    }

    [Fact]
    public async Task Disabling_a_user_beside_the_server_ends_their_tokens()
    {
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(_token));
        Assert.Equal(
            ExitCode.Good,
            (await CommandRun.Of(["user", "disable", "clinician1", .. _server.Folder])).ExitCode
        );
        await Task.Delay(Sessions.Staleness + TimeSpan.FromMilliseconds(100));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(_token));
        await CommandRun.Of(["user", "enable", "clinician1", .. _server.Folder]);
        await Task.Delay(Sessions.Staleness + TimeSpan.FromMilliseconds(100));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(_token)); // the session stays ended
    }

    [Fact]
    public async Task After_a_rotation_old_tokens_hold_and_new_ones_have_the_new_key()
    {
        await _server.Identity.Keys.RotateAsync(default);
        var renewed = await _server.TokenAsync("clinician1", "TREAT");
        Assert.NotEqual(_token.Split('.')[0], renewed.Split('.')[0], StringComparer.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(_token));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(renewed));
    }

    private async Task<HttpStatusCode> StatusAsync(string token, params (string, string)[] headers)
    {
        using var answer = await _server.GetAsync("/whoami", token, headers);
        return answer.StatusCode;
    }

    private async Task RefusedAsync(string token)
    {
        using var answer = await _server.GetAsync("/whoami", token);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("\"login\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private JsonObject Header(Action<JsonObject> change) => Changed(_token.Split('.')[0], change);

    private string Sign(ECDsa key, Action<JsonObject> header, Action<JsonObject> claims)
    {
        var text = Encode(Header(header)) + "." + Encode(Changed(_token.Split('.')[1], claims));
        return text
            + "."
            + Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256));
    }

    private static JsonObject Changed(string part, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject();
        change(json);
        return json;
    }

    private static string Encode(JsonObject json) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
