using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace MedLedger.Api.Tests.Identity;

/// <summary>An OpenID provider with one fault, or none: its answers are right but for that.</summary>
internal sealed class CheatingProvider : IAsyncDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Dictionary<string, (string Nonce, string Challenge)> _codes = new(StringComparer.Ordinal);
    private readonly string _fault;
    private readonly WebApplication _app;

    private CheatingProvider(string fault)
    {
        _fault = fault;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/.well-known/openid-configuration", () => Results.Json(Metadata()));
        _app.MapGet("/jwks", () => Results.Json(new { keys = new[] { PublicKey() } }));
        _app.MapPost("/token", (Delegate)TokenAsync);
    }

    public string Issuer => _app.Urls.First();

    public static async Task<CheatingProvider> StartAsync(string fault)
    {
        var provider = new CheatingProvider(fault);
        await provider._app.StartAsync();
        return provider;
    }

    /// <summary>Where the browser is sent back to, for a request; <paramref name="other"/> is one of another login.</summary>
    public string Answer(Uri request, Uri other)
    {
        var (mine, theirs) = (QueryHelpers.ParseQuery(request.Query), QueryHelpers.ParseQuery(other.Query));
        foreach (var (code, query) in new[] { ("mine", mine), ("theirs", theirs) })
            _codes[code] = (query["nonce"].ToString(), query["code_challenge"].ToString());
        var answer = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["state"] = _fault == "state" ? theirs["state"] + "x" : mine["state"].ToString(),
            ["code"] = _fault == "code of another login" ? "theirs" : "mine",
        };
        if (_fault == "error")
        {
            answer.Remove("code");
            answer["error"] = "access_denied";
        }
        return QueryHelpers.AddQueryString("/account/external/callback", answer);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
        _other.Dispose();
    }

    private object Metadata() =>
        new
        {
            issuer = _fault == "issuer of the metadata" ? "https://other.example" : Issuer,
            authorization_endpoint = Issuer + "/authorize",
            token_endpoint = Issuer + "/token",
            jwks_uri = Issuer + "/jwks",
        };

    private object PublicKey()
    {
        var point = _key.ExportParameters(false).Q;
        return new
        {
            kty = "EC",
            crv = "P-256",
            kid = "k",
            x = Base64Url.EncodeToString(point.X),
            y = Base64Url.EncodeToString(point.Y),
        };
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        if (!_codes.TryGetValue(form["code"].ToString(), out var login))
            return Results.BadRequest(new { error = "invalid_grant" });
        var challenge = SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()));
        if (Base64Url.EncodeToString(challenge) != login.Challenge)
            return Results.BadRequest(new { error = "invalid_grant" });
        return Results.Json(
            new
            {
                access_token = "none",
                token_type = "Bearer",
                id_token = IdentityToken(login.Nonce),
            }
        );
    }

    private string IdentityToken(string nonce)
    {
        var now = DateTimeOffset.UtcNow;
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = _fault is "iss" or "issuer of the metadata" ? "https://other.example" : Issuer,
            ["aud"] = _fault == "aud" ? "another" : "relying",
            ["sub"] = _fault == "another subject" ? "s-9" : "s-1",
            ["nonce"] = _fault == "nonce" ? "x" + nonce : nonce,
            ["iat"] = now.AddMinutes(-20).ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(_fault == "over" ? -10 : 5).ToUnixTimeSeconds(),
        };
        if (_fault == "no nonce")
            claims.Remove("nonce");
        var handler = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false };
        var json = System.Text.Json.JsonSerializer.Serialize(claims);
        if (_fault == "none")
            return handler.CreateToken(json);
        var key = new ECDsaSecurityKey(_fault == "another key" ? _other : _key) { KeyId = "k" };
        key.CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false };
        return handler.CreateToken(json, new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256));
    }
}
