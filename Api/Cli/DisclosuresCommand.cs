using System.CommandLine;
using System.Text.Json;
using MedLedger.Api.Jobs;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Cli;

/// <summary><c>disclosures list|record</c>: the accounting that a patient asks for, and disclosures by another way.</summary>
internal static class DisclosuresCommand
{
    internal static Command Create() =>
        new("disclosures", "Account for what left to whom; record what left by another way.") { List(), Record() };

    private static Command List()
    {
        var patient = PatientOption.Create();
        var from = new Option<DateTimeOffset?>("--from") { Description = "The first moment (default: six years ago)." };
        var until = new Option<DateTimeOffset?>("--until") { Description = "Until when (default: now)." };
        var output = new Option<string?>("--out")
        {
            Description = "Write it as JSON to a file instead of the screen.",
            HelpName = "FILE",
        };
        var command = new Command("list", "Every disclosure of a patient's data to others.")
        {
            patient,
            from,
            until,
            output,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                var reference = PatientOption.ToReference(context.Arguments.GetValue(patient)!);
                var now = context.Time.GetUtcNow();
                var first = context.Arguments.GetValue(from) ?? now.AddYears(-Disclosures.Years);
                var last = context.Arguments.GetValue(until) ?? now;
                using var store = Store.OpenBeside(context);
                using var audit = new AuditTrail(store);
                await audit.AppendAsync([Listed(store, reference)], cancellation);
                var all = new List<AccountedDisclosure>();
                var disclosures = new Disclosures(store, audit);
                await foreach (var one in disclosures.AccountAsync(reference, first, last, cancellation))
                    all.Add(one);
                Show(
                    context,
                    DisclosureJson.Of(reference, first, last, now, all),
                    all,
                    context.Arguments.GetValue(output)
                );
                return ExitCode.Good;
            }
        );
        return command;
    }

    private static Command Record()
    {
        var patient = PatientOption.Create();
        var source = Text("--by", "Who disclosed: a reference or a name.");
        var recipient = Text("--to", "Who received it, with the address where it is known.");
        var what = Text("--what", "What kind of data it was.");
        var purpose = Text("--purpose", "Purpose of use (v3-ActReason).");
        var when = new Option<DateTimeOffset>("--when") { Description = "When it was disclosed.", Required = true };
        var command = new Command("record", "Record a disclosure that this program did not do itself.")
        {
            patient,
            source,
            recipient,
            what,
            purpose,
            when,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                var arguments = context.Arguments;
                if (Vocabulary.PurposeBit(arguments.GetValue(purpose)) is null)
                    throw CommandFailure.Usage("--purpose is a code of v3-ActReason.");
                if (arguments.GetValue(when) > context.Time.GetUtcNow())
                    throw CommandFailure.Usage("--when lies in the future.");
                using var store = Store.OpenBeside(context);
                using var audit = new AuditTrail(store);
                var told = new ToldDisclosure(
                    arguments.GetValue(source)!,
                    arguments.GetValue(recipient)!,
                    arguments.GetValue(what)!,
                    arguments.GetValue(when)
                );
                var index =
                    await new Disclosures(store, audit).RecordAsync(
                        PatientOption.ToReference(arguments.GetValue(patient)!),
                        told,
                        arguments.GetValue(purpose)!,
                        "operator",
                        cancellation
                    ) ?? throw CommandFailure.Refused("There is no such patient.");
                context.Terminal.Say($"Recorded as entry {index} of the log; the patient sees it.");
                if (context.Settings.IsJson)
                    context.Terminal.WriteJson(new { ok = true, log = index });
                return ExitCode.Good;
            }
        );
        return command;
    }

    private static Option<string> Text(string name, string description) =>
        new(name) { Description = description, Required = true };

    private static AuditEvent Listed(Store store, string patient) =>
        CommandEvents.Listed(store, "AuditEvent") with
        {
            PatientKey = store.Vault.SealReference(store.Vault.PatientKey(patient), patient) is null
                ? store.Vault.OrganizationKey
                : store.Vault.PatientKey(patient),
            Patient = patient,
            Interaction = "disclosures",
        };

    private static void Show(CommandContext context, object accounting, List<AccountedDisclosure> all, string? file)
    {
        if (file is not null)
        {
            var path = Path.GetFullPath(file);
            DurableFile.Write(
                path,
                JsonSerializer.SerializeToUtf8Bytes(accounting, JsonSerializerOptions.Web),
                replace: true
            );
            context.Terminal.Say($"{all.Count} disclosures in {path}.");
        }
        else
        {
            foreach (var one in all)
            {
                var line =
                    $"{one.When.UtcDateTime:yyyy-MM-dd HH:mm}\t{one.Recipient}\t{one.What}\t{one.Purpose}\t{one.Source}"
                    + $"{(one.IsExempt ? "\texempt" : "")}{(one.IsEmergency ? "\temergency" : "")}";
                (context.Settings.IsJson ? context.Terminal.Error : context.Terminal.Output).WriteLine(line);
            }
        }
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(new { ok = true, accounting });
    }
}
