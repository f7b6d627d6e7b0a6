using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace MedLedger.Api.Identity;

/// <summary>
/// Client assertions, <c>private_key_jwt</c> (RFC 7523, section 3; SMART App Launch 2.2, client-confidential-asymmetric):
/// RS384 or ES384 by a registered key, for this server's token endpoint, at most five minutes long, each used once.
/// </summary>
internal sealed class ClientAssertions(IdentityStore identity, IOpenIddictApplicationManager clients)
    : IOpenIddictServerHandler<OpenIddictServerEvents.ValidateTokenContext>
{
    /// <summary>The longest life of an assertion.</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromMinutes(5);

    /// <summary>The algorithms that are taken (SMART App Launch 2.2).</summary>
    public static readonly IReadOnlyList<string> Algorithms =
    [
        SecurityAlgorithms.RsaSha384,
        SecurityAlgorithms.EcdsaSha384,
    ];

    private const int LongestAssertion = 8192;
    private const int LongestId = 256;
    private const int SmallestRsaKey = 2048;
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false };

    /// <summary>Before the tokens of this server are looked at.</summary>
    public static OpenIddictServerHandlerDescriptor Descriptor { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<OpenIddictServerEvents.ValidateTokenContext>()
            .UseScopedHandler<ClientAssertions>()
            .SetOrder(OpenIddictServerHandlers.Protection.ResolveTokenValidationParameters.Descriptor.Order + 500)
            .Build();

    /// <inheritdoc/>
    public async ValueTask HandleAsync(OpenIddictServerEvents.ValidateTokenContext context)
    {
        if (
            context.ValidTokenTypes.Count != 1
            || context.ValidTokenTypes.Single() is not { } type
            || !type.EndsWith("client_assertion", StringComparison.Ordinal)
        )
            return;
        var request = context.Transaction.Request;
        var (client, expires) = await ReadAsync(context.Token, context.CancellationToken);
        if (client is null || request is null || (request.ClientId ?? client) != client)
        {
            context.Reject(Errors.InvalidClient, "The client assertion is not valid.");
            return;
        }
        // SMART's backend services send no client_id beside the assertion.
        request.ClientId = client;
        var claims = new ClaimsIdentity(ClientGrants.AuthenticationType);
        claims.AddClaim(new Claim(Claims.Issuer, client));
        claims.AddClaim(new Claim(Claims.Subject, client));
        claims.AddClaim(new Claim(Claims.Audience, identity.Tokens.Issuer!));
        claims.AddClaim(
            new Claim(
                Claims.ExpiresAt,
                expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
                ClaimValueTypes.Integer64
            )
        );
        context.Principal = new ClaimsPrincipal(claims).SetTokenType(type);
    }

    // Which of the rules was broken is nobody's business.
    private async Task<(string? Client, DateTimeOffset Expires)> ReadAsync(string? text, CancellationToken cancellation)
    {
        if (text is not { Length: > 0 and <= LongestAssertion } || !Handler.CanReadToken(text))
            return default;
        JsonWebToken claimed;
        try
        {
            claimed = Handler.ReadJsonWebToken(text);
        }
        catch (ArgumentException)
        {
            return default;
        }
        var now = identity.Store.Time.GetUtcNow();
        if (
            claimed.Issuer is not { Length: > 0 } client
            || claimed.Subject != client
            || claimed.Id is not { Length: > 0 and <= LongestId } id
            || claimed.Kid is not { Length: > 0 } kid
            || !IsInTime(claimed, now)
            || await clients.FindByClientIdAsync(client, cancellation) is not { } application
            || await clients.GetJsonWebKeySetAsync(application, cancellation) is not { } keys
        )
            return default;
        var issuer = identity.Tokens.Issuer!;
        var result = await Handler.ValidateTokenAsync(
            text,
            new TokenValidationParameters
            {
                ValidAlgorithms = Algorithms,
                ValidIssuer = client,
                ValidAudiences = [issuer + "connect/token", issuer, issuer.TrimEnd('/')],
                IssuerSigningKeys = keys.GetSigningKeys().Where(k => k.KeyId == kid && k.KeySize >= SmallestOf(k)),
                TryAllIssuerSigningKeys = false,
                RequireSignedTokens = true,
                ValidateLifetime = false, // above, with the clock of this program
            }
        );
        var expires = new DateTimeOffset(claimed.ValidTo, TimeSpan.Zero);
        return result.IsValid && await IsFirstAsync(client, id, expires, cancellation) ? (client, expires) : default;
    }

    private static int SmallestOf(SecurityKey key) =>
        key is RsaSecurityKey or JsonWebKey { Kty: "RSA" } ? SmallestRsaKey : 0;

    private static bool IsInTime(JsonWebToken jwt, DateTimeOffset now) =>
        jwt.ValidTo > now.UtcDateTime
        && jwt.ValidTo <= (now + LongestLifetime + Tolerance).UtcDateTime
        && jwt.ValidFrom <= (now + Tolerance).UtcDateTime
        && jwt.IssuedAt <= (now + Tolerance).UtcDateTime;

    // The unique key decides, not a look before: of two at once, one is the first.
    private async Task<bool> IsFirstAsync(
        string client,
        string id,
        DateTimeOffset expires,
        CancellationToken cancellation
    )
    {
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(client + "\0" + id)));
        var now = identity.Store.Time.GetUtcNow().ToUnixTimeSeconds();
        await using var context = identity.Store.CreateDbContext();
        var used = context.Set<UsedAssertionRow>();
        await used.Where(a => a.Expires < now).ExecuteDeleteAsync(cancellation);
        if (await used.AnyAsync(a => a.Key == key, cancellation))
            return false;
        context.Add(new UsedAssertionRow { Key = key, Expires = expires.ToUnixTimeSeconds() + 1 });
        try
        {
            await context.SaveChangesAsync(cancellation);
            return true;
        }
        catch (DbUpdateException)
        {
            return false;
        }
    }
}
