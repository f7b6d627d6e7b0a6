using MedLedger.Api.Jobs;
using OpenIddict.Abstractions;
using OpenIddict.Server;

namespace MedLedger.Api.Identity;

/// <summary>Logs each refusal of the token endpoint, whatever found the request wrong, before it is answered.</summary>
internal sealed class RefusedTokens(AuditTrail audit, IOpenIddictApplicationManager clients)
    : IOpenIddictServerHandler<OpenIddictServerEvents.ApplyTokenResponseContext>
{
    /// <summary>Before anything of the response is written.</summary>
    public static OpenIddictServerHandlerDescriptor Descriptor { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<OpenIddictServerEvents.ApplyTokenResponseContext>()
            .UseScopedHandler<RefusedTokens>()
            .SetOrder(int.MinValue + 1000)
            .Build();

    /// <inheritdoc/>
    public async ValueTask HandleAsync(OpenIddictServerEvents.ApplyTokenResponseContext context)
    {
        if (string.IsNullOrEmpty(context.Error))
            return;
        var id = context.Request?.ClientId;
        var isKnown =
            !string.IsNullOrEmpty(id) && await clients.FindByClientIdAsync(id, context.CancellationToken) is not null;
        var refused = IdentityEvents.TokenRefused(audit.Vault, isKnown ? id : null);
        await audit.AppendAsync([refused], context.CancellationToken);
    }
}
