using System.CommandLine;
using MedLedger.Api.Http;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Grants;

namespace MedLedger.Api.Cli;

/// <summary><c>token</c>: a bearer token of a sample user, for local use beside a running <c>serve</c>.</summary>
internal static class TokenCommand
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    internal static Command Create()
    {
        var user = new Option<string>("--user") { Description = "One of the sample users.", Required = true };
        var purpose = new Option<string>("--purpose")
        {
            Description = "Purpose of use, a v3-ActReason code.",
            Required = true,
        };
        var command = new Command("token", "Print a bearer token of a sample user.") { user, purpose };
        command.Handle(
            (context, _) =>
                Task.FromResult(Run(context, context.Arguments.GetValue(user)!, context.Arguments.GetValue(purpose)!))
        );
        return command;
    }

    private static int Run(CommandContext context, string name, string purpose)
    {
        var user =
            SampleUser.Find(name)
            ?? throw CommandFailure.Refused(
                $"There is no user {name}: {string.Join(", ", SampleUser.All.Select(u => u.Name))}."
            );
        if (Vocabulary.PurposeBit(purpose) is null)
            throw CommandFailure.Refused($"{purpose} is not a purpose of use.");
        using var folder = DataFolder.OpenForReading(context.Settings.DataFolder);
        using var custody = Store.OpenCustody(context, folder);
        var token = Caller.Issue(custody, user, purpose, context.Time.GetUtcNow() + Lifetime);
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(new { ok = true, token });
        else
            context.Terminal.Output.WriteLine(token);
        return ExitCode.Good;
    }
}
