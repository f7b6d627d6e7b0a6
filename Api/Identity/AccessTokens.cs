using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Grants;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace MedLedger.Api.Identity;

/// <summary>What a valid token says. No part of it is about a patient.</summary>
/// <param name="Session">Id of the session it belongs to (<c>sid</c>).</param>
/// <param name="Scopes">SMART scopes.</param>
/// <param name="Purposes">Purposes of use it may be used for (IHE IUA <c>purpose_of_use</c>).</param>
/// <param name="Client">The client it was issued to.</param>
/// <param name="Expires">From then on it is over.</param>
internal sealed record TokenClaims(
    string Session,
    Scopes Scopes,
    IReadOnlyList<string> Purposes,
    string Client,
    DateTimeOffset Expires
);

/// <summary>
/// Access tokens: JWTs (RFC 9068) signed with ES256, for this deployment alone. Checked here and nowhere else: algorithm,
/// type, signature, issuer, audience, times, then the session.
/// </summary>
internal sealed class AccessTokens(Store store, SigningKeys keys)
{
    /// <summary>The longest life of any access token.</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromHours(8);

    /// <summary>Code system of purposes of use.</summary>
    public const string PurposeSystem = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

    /// <summary>The client that stands in tokens of the command line.</summary>
    public const string CommandLineClient = "command-line";

    private const int LongestToken = 8192;
    private const int CacheSize = 20_000;
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false };
    private readonly ConcurrentDictionary<string, TokenClaims> _valid = new(StringComparer.Ordinal);

    /// <summary>Whom every access token is for: this deployment, whatever address it is served at.</summary>
    public string Audience => LocalIssuer(store);

    /// <summary>The address of the authorization server, once it is known; tokens of the command line name the deployment instead.</summary>
    public string? Issuer { get; set; }

    /// <summary>The name of a deployment, as issuer of tokens made beside the server.</summary>
    public static string LocalIssuer(Store store) => "urn:medledger:" + store.Folder.Id;

    /// <summary>The <c>extensions</c> claim of IHE IUA with purposes of use.</summary>
    public static JsonElement Extensions(IEnumerable<string> purposes) =>
        JsonSerializer.SerializeToElement(
            new
            {
                ihe_iua = new
                {
                    purpose_of_use = purposes.Select(code => new { system = PurposeSystem, code }).ToArray(),
                },
            }
        );

    /// <summary>Makes a token of a session, for use beside the server.</summary>
    public async Task<string> IssueAsync(
        User user,
        string session,
        IReadOnlyList<string> purposes,
        string scope,
        TimeSpan lifetime,
        CancellationToken cancellation
    )
    {
        var now = store.Time.GetUtcNow();
        var signing = (await keys.LoadAsync(cancellation))[0];
        return Handler.CreateToken(
            new SecurityTokenDescriptor
            {
                TokenType = "at+jwt",
                Issuer = LocalIssuer(store),
                Audience = Audience,
                IssuedAt = now.UtcDateTime,
                NotBefore = now.UtcDateTime,
                Expires = (now + lifetime).UtcDateTime,
                SigningCredentials = new SigningCredentials(signing, SecurityAlgorithms.EcdsaSha256),
                Claims = new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    ["sub"] = user.Id,
                    ["sid"] = session,
                    ["jti"] = Accounts.RandomId(),
                    ["client_id"] = CommandLineClient,
                    ["scope"] = scope,
                    ["extensions"] = Extensions(purposes),
                },
            }
        );
    }

    /// <summary>Reads a token; null for anything that this deployment did not sign as an access token, or that is over.</summary>
    public async ValueTask<TokenClaims?> ReadAsync(string token, CancellationToken cancellation)
    {
        if (token.Length is 0 or > LongestToken)
            return null;
        var now = store.Time.GetUtcNow();
        // Signatures are checked once; keys that were taken out of use empty the list.
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        var current = await keys.LoadAsync(cancellation);
        if (!_valid.TryGetValue(key, out var claims))
        {
            claims = await ValidateAsync(token, current, now);
            if (claims is null)
                return null;
            if (_valid.Count >= CacheSize)
                _valid.Clear();
            _valid[key] = claims;
        }
        return claims.Expires > now ? claims : null;
    }

    /// <summary>Forgets which signatures were checked.</summary>
    public void Forget() => _valid.Clear();

    private async Task<TokenClaims?> ValidateAsync(
        string token,
        IReadOnlyList<ECDsaSecurityKey> current,
        DateTimeOffset now
    )
    {
        var result = await Handler.ValidateTokenAsync(
            token,
            new TokenValidationParameters
            {
                ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
                ValidTypes = ["at+jwt"],
                ValidIssuers = Issuer is null ? [LocalIssuer(store)] : [LocalIssuer(store), Issuer],
                ValidAudience = Audience,
                IssuerSigningKeys = current,
                TryAllIssuerSigningKeys = false,
                RequireSignedTokens = true,
                RequireExpirationTime = true,
                ValidateLifetime = false, // below, with the clock of this program
            }
        );
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt)
            return null;
        return Read(jwt) is { } claims && IsInTime(jwt, now) ? claims : null;
    }

    private static bool IsInTime(JsonWebToken jwt, DateTimeOffset now)
    {
        // A little tolerance for tokens made this second; none for the end.
        var tolerance = TimeSpan.FromSeconds(5);
        return jwt.ValidTo > now.UtcDateTime
            && jwt.IssuedAt <= (now + tolerance).UtcDateTime
            && jwt.ValidFrom <= (now + tolerance).UtcDateTime
            && jwt.ValidTo - jwt.IssuedAt <= LongestLifetime + tolerance;
    }

    private static TokenClaims? Read(JsonWebToken jwt)
    {
        if (
            !jwt.TryGetPayloadValue<string>("sid", out var session)
            || !jwt.TryGetPayloadValue<string>("scope", out var scope)
            || !jwt.TryGetPayloadValue<string>("client_id", out var client)
            || !jwt.TryGetPayloadValue<JsonElement>("extensions", out var extensions)
            || !Scopes.TryParse(scope, out var scopes)
            || ReadPurposes(extensions) is not { Count: > 0 } purposes
        )
            return null;
        return new TokenClaims(session, scopes, purposes, client, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero));
    }

    private static List<string>? ReadPurposes(JsonElement extensions)
    {
        if (
            extensions.ValueKind != JsonValueKind.Object
            || !extensions.TryGetProperty("ihe_iua", out var iua)
            || iua.ValueKind != JsonValueKind.Object
            || !iua.TryGetProperty("purpose_of_use", out var list)
            || list.ValueKind != JsonValueKind.Array
        )
            return null;
        var purposes = new List<string>();
        foreach (var one in list.EnumerateArray())
        {
            if (
                one.ValueKind != JsonValueKind.Object
                || !one.TryGetProperty("system", out var system)
                || !one.TryGetProperty("code", out var code)
                || system.GetString() != PurposeSystem
                || code.GetString() is not { } purpose
                || Vocabulary.PurposeBit(purpose) is null
            )
                return null;
            purposes.Add(purpose);
        }
        return purposes;
    }
}
