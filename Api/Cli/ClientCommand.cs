using System.CommandLine;
using System.Text.Json;
using MedLedger.Api.Identity;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Grants;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace MedLedger.Api.Cli;

/// <summary><c>client add|remove</c>: apps and backend services that may ask for tokens.</summary>
internal static class ClientCommand
{
    internal static Command Create() =>
        new("client", "The apps and backend services: add, remove.") { Add(), Remove() };

    private static Command Add()
    {
        var id = new Argument<string>("ID") { Description = "The client_id." };
        var redirect = new Option<string[]>("--redirect")
        {
            Description = "Where an app gets its code.",
            HelpName = "URI",
        };
        var jwks = new Option<string?>("--jwks")
        {
            Description = "Its public keys (JSON Web Key Set).",
            HelpName = "FILE",
        };
        var user = new Option<string?>("--user") { Description = "The account that a backend service acts as." };
        var scope = new Option<string>("--scope") { Description = "The widest scopes it may have.", Required = true };
        var purpose = new Option<string[]>("--purpose")
        {
            Description = "Purposes of use it may have.",
            Required = true,
        };
        var command = new Command("add", "Register a client.") { id, redirect, jwks, user, scope, purpose };
        command.Handle(
            async (context, cancellation) =>
            {
                var arguments = context.Arguments;
                using var identity = IdentityCommand.OpenBeside(context);
                var keys = ReadKeys(arguments.GetValue(jwks));
                var redirects = arguments.GetValue(redirect) ?? [];
                var name = arguments.GetValue(user);
                if ((name is null) == (redirects.Length == 0) || (name is not null && keys is null))
                    throw CommandFailure.Usage("An app has --redirect; a backend service has --user and --jwks.");
                var account = name is null
                    ? null
                    : await identity.Accounts.FindAsync(name, cancellation)
                        ?? throw CommandFailure.Refused($"There is no user {name}.");
                var limits = new ClientLimits(
                    arguments.GetValue(scope)!,
                    arguments.GetValue(purpose)!,
                    account?.User.Id
                );
                if (!Identity.Scopes.TryParse(limits.Scopes, out _))
                    throw CommandFailure.Refused("A scope is not understood.");
                if (limits.Purposes.Any(p => Vocabulary.PurposeBit(p) is null))
                    throw CommandFailure.Refused("A purpose of use is not known.");
                await using var services = Services(identity);
                await using var scoped = services.CreateAsyncScope();
                var clients = scoped.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
                var clientId = arguments.GetValue(id)!;
                if (await clients.FindByClientIdAsync(clientId, cancellation) is not null)
                    throw CommandFailure.Refused($"There is a client {clientId} already.");
                var description = Describe(clientId, redirects, keys, limits);
                await LogAsync(identity, clientId, "client add", cancellation);
                await clients.CreateAsync(description, cancellation);
                if (context.Settings.IsJson)
                    context.Terminal.WriteJson(new { ok = true, client = clientId });
                return ExitCode.Good;
            }
        );
        return command;
    }

    private static Command Remove()
    {
        var id = new Argument<string>("ID") { Description = "The client_id." };
        var command = new Command("remove", "Refuse a client from now on.") { id };
        command.Handle(
            async (context, cancellation) =>
            {
                using var identity = IdentityCommand.OpenBeside(context);
                await using var services = Services(identity);
                await using var scoped = services.CreateAsyncScope();
                var clients = scoped.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
                var clientId = context.Arguments.GetValue(id)!;
                var client =
                    await clients.FindByClientIdAsync(clientId, cancellation)
                    ?? throw CommandFailure.Refused("There is no such client.");
                await LogAsync(identity, clientId, "client remove", cancellation);
                await clients.DeleteAsync(client, cancellation);
                if (context.Settings.IsJson)
                    context.Terminal.WriteJson(new { ok = true, client = clientId });
                return ExitCode.Good;
            }
        );
        return command;
    }

    // First, as everything is.
    private static Task LogAsync(
        IdentityStore identity,
        string client,
        string interaction,
        CancellationToken cancellation
    ) =>
        CommandEvents.LogAsync(
            identity.Store,
            IdentityEvents.ClientChanged(identity.Store.Vault, client, interaction),
            cancellation
        );

    private static OpenIddictApplicationDescriptor Describe(
        string id,
        string[] redirects,
        JsonWebKeySet? keys,
        ClientLimits limits
    )
    {
        var client = new OpenIddictApplicationDescriptor
        {
            ClientId = id,
            ClientType = keys is null ? ClientTypes.Public : ClientTypes.Confidential,
            ConsentType = ConsentTypes.Explicit,
            DisplayName = id,
            JsonWebKeySet = keys,
        };
        client.Properties[ClientLimits.Property] = JsonSerializer.SerializeToElement(limits);
        client.Permissions.UnionWith([Permissions.Endpoints.Token, Permissions.Endpoints.Revocation]);
        if (keys is not null)
            client.Permissions.Add(Permissions.Endpoints.Introspection);
        if (redirects.Length == 0)
        {
            client.Permissions.Add(Permissions.GrantTypes.ClientCredentials);
            return client;
        }
        foreach (var redirect in redirects)
        {
            client.RedirectUris.Add(
                Uri.TryCreate(redirect, UriKind.Absolute, out var uri)
                    ? uri
                    : throw CommandFailure.Usage($"{redirect} is no absolute URI.")
            );
        }
        client.Permissions.UnionWith([
            Permissions.Endpoints.Authorization,
            Permissions.Endpoints.EndSession,
            Permissions.GrantTypes.AuthorizationCode,
            Permissions.GrantTypes.RefreshToken,
            Permissions.ResponseTypes.Code,
        ]);
        client.Requirements.Add(Requirements.Features.ProofKeyForCodeExchange);
        return client;
    }

    private static ServiceProvider Services(IdentityStore identity)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddScoped(_ => identity.Store.CreateDbContext());
        services.AddOpenIddict().AddCore(core => core.UseEntityFrameworkCore().UseDbContext<LedgerContext>());
        return services.BuildServiceProvider();
    }

    private static JsonWebKeySet? ReadKeys(string? file)
    {
        if (file is null)
            return null;
        try
        {
            var keys = JsonWebKeySet.Create(File.ReadAllText(file));
            if (keys.Keys.Count > 0 && keys.Keys.All(k => !k.HasPrivateKey && k.Kty is "EC" or "RSA"))
                return keys;
        }
        catch (Exception failure) when (failure is ArgumentException or JsonException)
        {
            // Told below.
        }
        throw CommandFailure.Refused($"{file} is no JSON Web Key Set of public EC or RSA keys.");
    }
}
