using System.CommandLine;
using MedLedger.Api.Http;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>emergency declare | list | review | end</c>: emergency access with what follows it, on a data folder that nobody
/// serves. Whoever runs it vouches for the persons that are named; the log has them.
/// </summary>
internal static class EmergencyCommand
{
    internal static Command Create() =>
        new("emergency", "Declare, list, review and end emergency access (break-glass).")
        {
            CreateDeclare(),
            CreateList(),
            CreateReview(),
            CreateEnd(),
        };

    private static Command CreateDeclare()
    {
        var patient = Required("--patient", "The patient's FHIR id, or Patient/id.", "ID");
        var by = Required("--by", "Who declares it: Practitioner/id.", "REFERENCE");
        var role = new Option<string?>("--role")
        {
            Description = "The emergency role they hold, when it is not theirs by name: PractitionerRole/id.",
            HelpName = "REFERENCE",
        };
        var reason = Required("--reason", "Why, in words, for the patient and the review.", "TEXT");
        var minutes = new Option<int?>("--minutes")
        {
            Description = "How long (default: as long as the place allows).",
        };
        var command = new Command("declare", "Declare an emergency: logged before anything opens, told to the patient.")
        {
            patient,
            by,
            role,
            reason,
            minutes,
            PlaceRules.EmergencyRoles,
        };
        command.Handle(
            (context, cancellation) =>
                WithAsync(
                    context,
                    "emergency declare",
                    async emergencies =>
                    {
                        string[] actors = context.Arguments.GetValue(role) is { } held
                            ? [context.Arguments.GetValue(by)!, held]
                            : [context.Arguments.GetValue(by)!];
                        var asked = new Declaration(
                            actors,
                            "BTG",
                            PatientOption.ToReference(context.Arguments.GetValue(patient)!),
                            context.Arguments.GetValue(reason),
                            context.Arguments.GetValue(minutes)
                        );
                        var answer = await emergencies.DeclareAsync(asked, cancellation);
                        return Report(context, answer, "Declared");
                    },
                    cancellation
                )
        );
        return command;
    }

    private static Command CreateList()
    {
        var patient = new Option<string?>("--patient")
        {
            Description = "One patient's only: FHIR id, or Patient/id.",
            HelpName = "ID",
        };
        var waiting = new Option<bool>("--waiting") { Description = "Only those that wait for review." };
        var command = new Command("list", "List emergencies with what was opened by them; those to review first.")
        {
            patient,
            waiting,
        };
        command.Handle(
            (context, cancellation) =>
                WithAsync(
                    context,
                    "emergency list",
                    async emergencies =>
                    {
                        var typed = context.Arguments.GetValue(patient);
                        var of = typed is null ? null : PatientOption.ToReference(typed);
                        var all = await emergencies.ListAsync(
                            of,
                            null,
                            context.Arguments.GetValue(waiting),
                            cancellation
                        );
                        Show(context, all);
                        return ExitCode.Good;
                    },
                    cancellation,
                    "emergencies"
                )
        );
        return command;
    }

    private static Command CreateReview()
    {
        var id = new Argument<string>("ID") { Description = "The emergency." };
        var by = Required("--by", "Who signs it off: Practitioner/id, not the declarer.", "REFERENCE");
        var outcome = Required("--outcome", "justified or unjustified.", "OUTCOME");
        outcome.AcceptOnlyFromAmong("justified", "unjustified");
        var note = Required("--note", "What was found, for the patient.", "TEXT");
        var command = new Command("review", "Sign an emergency off as compliance; an unjustified one ends at once.")
        {
            id,
            by,
            outcome,
            note,
        };
        command.Handle(
            (context, cancellation) =>
                WithAsync(
                    context,
                    "emergency review",
                    async emergencies =>
                        Report(
                            context,
                            await emergencies.ReviewAsync(
                                context.Arguments.GetValue(id)!,
                                context.Arguments.GetValue(by)!,
                                context.Arguments.GetValue(outcome) == "justified",
                                context.Arguments.GetValue(note),
                                cancellation
                            ),
                            "Reviewed"
                        ),
                    cancellation
                )
        );
        return command;
    }

    private static Command CreateEnd()
    {
        var id = new Argument<string>("ID") { Description = "The emergency." };
        var by = Required("--by", "Who declared it.", "REFERENCE");
        var command = new Command("end", "End an emergency that is over.") { id, by };
        command.Handle(
            (context, cancellation) =>
                WithAsync(
                    context,
                    "emergency end",
                    async emergencies =>
                        Report(
                            context,
                            await emergencies.EndAsync(
                                context.Arguments.GetValue(id)!,
                                context.Arguments.GetValue(by)!,
                                cancellation
                            ),
                            "Ended"
                        ),
                    cancellation
                )
        );
        return command;
    }

    private static async Task<int> WithAsync(
        CommandContext context,
        string name,
        Func<EmergencyStore, Task<int>> work,
        CancellationToken cancellation,
        string? listed = null
    )
    {
        using var store = await Store.OpenAsync(context, name, cancellation);
        using var audit = new AuditTrail(store);
        if (listed is not null)
            await audit.AppendAsync([CommandEvents.Listed(store, listed)], cancellation);
        var rules = PlaceRules.GateOf(context.Settings);
        var gate = new RecordGate(store.Vault, new AccessGate(rules), store.Time);
        return await work(new EmergencyStore(store, new PatientStates(store.Vault, gate), gate, rules, audit));
    }

    private static int Report(CommandContext context, EmergencyAnswer? answer, string done)
    {
        if (answer is null)
            throw CommandFailure.Refused("There is no such emergency.");
        if (answer.Id is null)
            throw CommandFailure.Refused($"Refused: {answer.Problem}.");
        context.Terminal.Say($"{done}: emergency {answer.Id}, log entry {answer.LogIndex}.");
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(
                new
                {
                    ok = true,
                    id = answer.Id,
                    log = answer.LogIndex,
                }
            );
        return ExitCode.Good;
    }

    private static void Show(CommandContext context, IReadOnlyList<ListedEmergency> all)
    {
        var lines = context.Settings.IsJson ? context.Terminal.Error : context.Terminal.Output;
        foreach (var one in all)
        {
            var (declared, emergency) = (one.Declared, one.Declared.Emergency);
            var state = declared.Review is { } review
                ? review.IsJustified
                    ? "justified"
                    : "UNJUSTIFIED"
                : "to review";
            lines.WriteLine(
                $"{one.Id}\t{Requests.Moment(emergency.From)}\t{declared.Patient}\t{emergency.Declarer}\t{one.Opened.Count} opened\t{state}"
            );
        }
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(new { ok = true, emergencies = all.Select(EmergencyApi.ToJson) });
    }

    private static Option<string> Required(string name, string description, string help) =>
        new(name)
        {
            Description = description,
            HelpName = help,
            Required = true,
        };
}
