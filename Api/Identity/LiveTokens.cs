using System.Security.Claims;
using MedLedger.Api.Jobs;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace MedLedger.Api.Identity;

/// <summary>
/// A token lives as long as its session: revoking one (RFC 7009) ends the session, and with it every token of the grant, and
/// what introspection (RFC 7662) calls active is what this server would take.
/// </summary>
internal sealed class LiveTokens(IdentityStore identity, AuditTrail audit)
    : IOpenIddictServerHandler<OpenIddictServerEvents.HandleRevocationRequestContext>,
        IOpenIddictServerHandler<OpenIddictServerEvents.HandleIntrospectionRequestContext>
{
    /// <summary>Before OpenIddict forgets the token: an error of its own, about what it does not keep, changes nothing then.</summary>
    public static OpenIddictServerHandlerDescriptor Revocation { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<OpenIddictServerEvents.HandleRevocationRequestContext>()
            .UseScopedHandler<LiveTokens>()
            .SetOrder(OpenIddictServerHandlers.Revocation.RevokeToken.Descriptor.Order - 500)
            .Build();

    /// <summary>After the rest, which fills in what is told of a token.</summary>
    public static OpenIddictServerHandlerDescriptor Introspection { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<OpenIddictServerEvents.HandleIntrospectionRequestContext>()
            .UseScopedHandler<LiveTokens>()
            .SetOrder(int.MaxValue - 1000)
            .Build();

    /// <inheritdoc/>
    public async ValueTask HandleAsync(OpenIddictServerEvents.HandleRevocationRequestContext context)
    {
        if (SessionOf(context.GenericTokenPrincipal) is not { } id)
            return;
        if (await identity.Sessions.FindAsync(id, context.CancellationToken) is { } session)
        {
            var revoked = IdentityEvents.TokenRevoked(audit.Vault, session.User, context.Request?.ClientId ?? "");
            await audit.AppendAsync([revoked], context.CancellationToken);
        }
        await identity.Sessions.EndAsync(id, context.CancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask HandleAsync(OpenIddictServerEvents.HandleIntrospectionRequestContext context)
    {
        if (
            SessionOf(context.GenericTokenPrincipal) is not { } id
            || await identity.Sessions.FindAsync(id, context.CancellationToken) is null
        )
            context.Reject(Errors.InvalidToken, "The session of the token has ended.");
    }

    private static string? SessionOf(ClaimsPrincipal principal) => principal.GetClaim("sid");
}
