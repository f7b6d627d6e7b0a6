using System.CommandLine;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Consent.Grants;

namespace MedLedger.Api.Cli;

/// <summary><c>token</c>: a bearer token of a user, for local use beside a running <c>serve</c>. Who has the keys may do this.</summary>
internal static class TokenCommand
{
    internal static Command Create()
    {
        var user = new Option<string>("--user") { Description = "The name of an account.", Required = true };
        var purpose = new Option<string[]>("--purpose")
        {
            Description = "Purpose of use, a v3-ActReason code; several when a header is to choose among them.",
            Required = true,
        };
        var scope = new Option<string?>("--scope")
        {
            Description = "SMART scopes, in quotes (default: all that the role may have).",
            HelpName = "SCOPES",
        };
        var patient = new Option<string?>("--patient")
        {
            Description = "The patient in context, for scopes of the patient level (a patient's own is themselves).",
            HelpName = "Patient/ID",
        };
        var command = new Command("token", "Print a bearer token of a user.") { user, purpose, scope, patient };
        command.Handle(
            (context, cancellation) =>
                RunAsync(
                    context,
                    context.Arguments.GetValue(user)!,
                    context.Arguments.GetValue(purpose)!,
                    context.Arguments.GetValue(scope),
                    context.Arguments.GetValue(patient),
                    cancellation
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        CommandContext context,
        string name,
        string[] purposes,
        string? scope,
        string? patient,
        CancellationToken cancellation
    )
    {
        foreach (var purpose in purposes)
        {
            if (Vocabulary.PurposeBit(purpose) is null)
                throw CommandFailure.Refused($"{purpose} is not a purpose of use.");
        }
        using var identity = IdentityCommand.OpenBeside(context);
        var account =
            await identity.Accounts.FindAsync(name, cancellation)
            ?? throw CommandFailure.Refused($"There is no user {name}. Make one: medledger user add.");
        if (account.IsDisabled)
            throw CommandFailure.Refused($"The user {name} is disabled.");
        var widest = Scopes.OfRole(account.User.Role);
        if (scope is not null && !IsWithin(scope, widest))
            throw CommandFailure.Refused($"{name} may have no more than: {widest}.");
        if (patient is not null && (patient.Split('/') is not ["Patient", var id] || !LiteralReference.IsId(id)))
            throw CommandFailure.Usage("--patient is Patient/id.");
        if (account.User.Role == Role.Patient && (patient ?? account.User.Reference) != account.User.Reference)
            throw CommandFailure.Refused($"{name} is another patient.");
        if (Scopes.TryParse(scope ?? widest, out var given) && given.NeedPatient)
            patient ??= account.User.Role == Role.Patient ? account.User.Reference : null;
        if (given.NeedPatient && patient is null)
            throw CommandFailure.Usage("Scopes of the patient level need --patient.");

        var requested = IdentityEvents.TokenIssued(identity.Store.Vault, account.User, AccessTokens.CommandLineClient);
        await CommandEvents.LogAsync(identity.Store, requested, cancellation);
        var session = await identity.Sessions.BeginAsync(
            account,
            new SessionContent
            {
                Client = AccessTokens.CommandLineClient,
                Patient = patient,
                Methods = ["user"],
            },
            AccessTokens.LongestLifetime,
            cancellation
        );
        var token = await identity.Tokens.IssueAsync(
            account.User,
            session,
            purposes,
            scope ?? widest,
            AccessTokens.LongestLifetime,
            cancellation
        );
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(new { ok = true, token });
        else
            context.Terminal.Output.WriteLine(token);
        return ExitCode.Good;
    }

    private static bool IsWithin(string scope, string widest) =>
        Scopes.TryParse(widest, out var all)
        && scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(one => Scopes.IsWithin(one, all));
}
