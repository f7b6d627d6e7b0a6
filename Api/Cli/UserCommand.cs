using System.CommandLine;
using System.Text.RegularExpressions;
using MedLedger.Api.Identity;

namespace MedLedger.Api.Cli;

/// <summary><c>user add|list|disable|enable|reset</c>: the accounts of a data folder, also beside a running server.</summary>
internal static partial class UserCommand
{
    internal static Command Create()
    {
        var command = new Command("user", "The accounts: add, list, disable, enable, reset.")
        {
            Add(),
            List(),
            OnOne("disable", "Refuse a user from now on, and end their sessions.", Disable(isDisabled: true)),
            OnOne("enable", "Let a disabled user in again.", Disable(isDisabled: false)),
            OnOne("reset", "Print a new one-time password, and end the user's sessions.", ResetAsync),
        };
        return command;
    }

    private static Command Add()
    {
        var name = new Argument<string>("NAME") { Description = "a-z, 0-9, dot, hyphen, underscore." };
        var role = new Option<Role>("--role") { Description = "What the account may do at all.", Required = true };
        var reference = new Option<string?>("--reference")
        {
            Description = "The FHIR reference it acts as (default: by role, with the name as id).",
            HelpName = "TYPE/ID",
        };
        var acts = new Option<string[]>("--for")
        {
            Description = "Organizations and practitioner roles it acts for.",
            HelpName = "TYPE/ID",
        };
        var external = new Option<string?>("--external")
        {
            Description = "Its subject at the external OpenID provider; it then has no password here.",
            HelpName = "SUB",
        };
        var issuer = new Option<string?>("--external-issuer")
        {
            Description = "The provider's issuer (default: the setting oidc-issuer).",
            HelpName = "URL",
        };
        var command = new Command("add", "Make an account and print its one-time password.")
        {
            name,
            role,
            reference,
            acts,
            external,
            issuer,
        };
        command.Handle(
            (context, cancellation) =>
                AddAsync(
                    context,
                    new NewUser(
                        context.Arguments.GetValue(name)!,
                        context.Arguments.GetValue(role),
                        context.Arguments.GetValue(reference),
                        context.Arguments.GetValue(acts) ?? [],
                        External(
                            context.Arguments.GetValue(external),
                            context.Settings.Value(issuer, ExternalProvider.IssuerSetting)
                        )
                    ),
                    cancellation
                )
        );
        return command;
    }

    private static ExternalIdentity? External(string? subject, string? issuer) =>
        subject is null ? null
        : issuer is not null ? new ExternalIdentity(issuer.TrimEnd('/'), subject)
        : throw CommandFailure.Usage("--external needs --external-issuer, or the setting oidc-issuer.");

    private static Command List()
    {
        var command = new Command("list", "Name the accounts and their roles.");
        command.Handle(
            async (context, cancellation) =>
            {
                using var identity = IdentityCommand.OpenBeside(context);
                var all = await identity.Accounts.ListAsync(cancellation);
                if (context.Settings.IsJson)
                    context.Terminal.WriteJson(
                        new
                        {
                            ok = true,
                            users = all.Select(a => new
                            {
                                name = a.User.Name,
                                role = a.User.Role.ToString(),
                                reference = a.User.Reference,
                                disabled = a.IsDisabled,
                            }),
                        }
                    );
                else
                    foreach (var one in all)
                        context.Terminal.Output.WriteLine(
                            $"{one.User.Name}\t{one.User.Role}\t{one.User.Reference}{(one.IsDisabled ? "\tdisabled" : "")}"
                        );
                return ExitCode.Good;
            }
        );
        return command;
    }

    private static Command OnOne(
        string verb,
        string description,
        Func<IdentityStore, Account, CommandContext, CancellationToken, Task> body
    )
    {
        var name = new Argument<string>("NAME") { Description = "The name of an account." };
        var command = new Command(verb, description) { name };
        command.Handle(
            async (context, cancellation) =>
            {
                using var identity = IdentityCommand.OpenBeside(context);
                var account =
                    await identity.Accounts.FindAsync(context.Arguments.GetValue(name)!, cancellation)
                    ?? throw CommandFailure.Refused("There is no such user.");
                await body(identity, account, context, cancellation);
                return ExitCode.Good;
            }
        );
        return command;
    }

    private static async Task AddAsync(
        IdentityStore identity,
        CommandContext context,
        NewUser user,
        string reference,
        CancellationToken cancellation
    )
    {
        var account =
            await identity.Accounts.AddAsync(user.Name, user.Role, reference, user.For, user.External, cancellation)
            ?? throw CommandFailure.Refused($"There is a user {user.Name}, or one with that subject outside, already.");
        await LogAsync(identity, account, "add", cancellation);
        var password = user.External is null ? await identity.Accounts.ResetAsync(account.User.Id, cancellation) : null;
        Tell(context, user.Name, password);
    }

    private static async Task<int> AddAsync(CommandContext context, NewUser user, CancellationToken cancellation)
    {
        if (!Accounts.IsName(user.Name))
            throw CommandFailure.Usage("A name is 1 to 64 of a-z, 0-9, dot, hyphen, underscore.");
        var reference = user.Reference ?? TypeOf(user.Role) + "/" + user.Name;
        if (
            !IsReference(reference)
            || !user.For.All(IsReference)
            || !reference.StartsWith(TypeOf(user.Role) + "/", StringComparison.Ordinal)
        )
            throw CommandFailure.Usage($"References are Type/id; a {user.Role} acts as {TypeOf(user.Role)}/id.");
        using var identity = await IdentityCommand.OpenAsync(context, "user", cancellation);
        await AddAsync(identity, context, user, reference, cancellation);
        return ExitCode.Good;
    }

    private static Func<IdentityStore, Account, CommandContext, CancellationToken, Task> Disable(bool isDisabled) =>
        async (identity, account, context, cancellation) =>
        {
            await LogAsync(identity, account, isDisabled ? "disable" : "enable", cancellation);
            await identity.Accounts.DisableAsync(account.User.Id, isDisabled, cancellation);
            Tell(context, account.User.Name, password: null);
        };

    private static async Task ResetAsync(
        IdentityStore identity,
        Account account,
        CommandContext context,
        CancellationToken cancellation
    )
    {
        await LogAsync(identity, account, "reset", cancellation);
        Tell(context, account.User.Name, await identity.Accounts.ResetAsync(account.User.Id, cancellation));
    }

    private static Task LogAsync(
        IdentityStore identity,
        Account account,
        string interaction,
        CancellationToken cancellation
    ) =>
        CommandEvents.LogAsync(
            identity.Store,
            IdentityEvents.AccountChanged(identity.Store.Vault, account.User, interaction),
            cancellation
        );

    /// <summary>Says what was done; a one-time password is the last line of standard output.</summary>
    private static void Tell(CommandContext context, string name, string? password)
    {
        if (context.Settings.IsJson)
        {
            context.Terminal.WriteJson(
                new
                {
                    ok = true,
                    user = name,
                    oneTimePassword = password,
                }
            );
            return;
        }
        if (password is null)
            return;
        context.Terminal.Say($"One-time password of {name}, good for {Accounts.OneTimeLifetime.TotalHours:0} hours:");
        context.Terminal.Output.WriteLine(password);
    }

    private static string TypeOf(Role role) =>
        role switch
        {
            Role.Patient => "Patient",
            Role.RelatedPerson => "RelatedPerson",
            Role.Ingest => "Device",
            _ => "Practitioner",
        };

    private static bool IsReference(string text) => Reference().IsMatch(text);

    [GeneratedRegex(@"\A[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64}\z", RegexOptions.None, 1000)]
    private static partial Regex Reference();

    private sealed record NewUser(string Name, Role Role, string? Reference, string[] For, ExternalIdentity? External);
}
