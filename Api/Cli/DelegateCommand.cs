using System.CommandLine;
using MedLedger.Api.Fhir;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Delegations;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>consent delegate</c>: records that a RelatedPerson acts for a patient, on what ground, for which acts, shown by
/// what. With <c>--as</c> they then add and revoke consents; log and patient see both names.
/// </summary>
internal static class DelegateCommand
{
    internal static Command Create()
    {
        var patient = Required("--patient", "The patient's FHIR id, or Patient/id.", "ID");
        var person = Required("--person", "Who acts: RelatedPerson/id, stored as this patient's.", "REFERENCE");
        var power = Required("--power", "parent, guardian or attorney.", "POWER");
        power.AcceptOnlyFromAmong("parent", "guardian", "attorney");
        var acts = new Option<string[]>("--acts")
        {
            Description = "What it reaches to: consent, revoke, read.",
            AllowMultipleArgumentsPerToken = true,
        };
        acts.AcceptOnlyFromAmong("consent", "revoke", "read");
        var from = new Option<DateTimeOffset?>("--from") { Description = "When it begins (default: now)." };
        var until = new Option<DateTimeOffset?>("--until") { Description = "When it ends (default: no end stated)." };
        var evidence = Required("--evidence", "The document that shows it, as a reference or a URI.", "REFERENCE");
        var command = new Command("delegate", "Record that a RelatedPerson acts for a patient.")
        {
            patient,
            person,
            power,
            acts,
            from,
            until,
            evidence,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                var arguments = context.Arguments;
                var delegation = new Delegation
                {
                    Delegate =
                        ReferenceOf(arguments.GetValue(person))
                        ?? throw CommandFailure.Usage("--person is a RelatedPerson."),
                    Patient = PatientOption.ToReference(arguments.GetValue(patient)!),
                    Power = Enum.Parse<Power>(arguments.GetValue(power)!, ignoreCase: true),
                    Acts =
                    [
                        .. (arguments.GetValue(acts) ?? [])
                            .Select(act => Enum.Parse<DelegatedAct>(act, ignoreCase: true))
                            .Distinct(),
                    ],
                    From = arguments.GetValue(from) ?? context.Time.GetUtcNow(),
                    Until = arguments.GetValue(until),
                    Evidence = arguments.GetValue(evidence)!,
                };
                using var store = await Store.OpenAsync(context, "consent delegate", cancellation);
                using var audit = new AuditTrail(store);
                var gate = new RecordGate(store.Vault, new AccessGate(PlaceRules.GateOf(context.Settings)), store.Time);
                var delegations = new DelegationStore(store, gate, audit);
                if (await delegations.RecordAsync(delegation, "operator", cancellation) is { } problem)
                    throw CommandFailure.Refused($"The delegation was not recorded: {problem}.");
                context.Terminal.Say($"{delegation.Delegate} acts for {delegation.Patient} as {delegation.Power}.");
                if (context.Settings.IsJson)
                    context.Terminal.WriteJson(
                        new
                        {
                            ok = true,
                            person = delegation.Delegate,
                            patient = delegation.Patient,
                            power = arguments.GetValue(power),
                        }
                    );
                return ExitCode.Good;
            }
        );
        return command;
    }

    /// <summary>The <c>--as RelatedPerson/id</c> of a command.</summary>
    internal static Option<string?> As() =>
        new("--as")
        {
            Description = "Act as this RelatedPerson for the patient (default: as the patient).",
            HelpName = "REFERENCE",
        };

    /// <summary><c>RelatedPerson/id</c> of what was typed; null when nothing was. Anything else is a usage error.</summary>
    internal static string? ReferenceOf(string? typed)
    {
        const string type = "RelatedPerson/";
        if (typed is null)
            return null;
        var id = typed.StartsWith(type, StringComparison.Ordinal) ? typed[type.Length..] : typed;
        return LiteralReference.IsId(id)
            ? type + id
            : throw CommandFailure.Usage("Who acts is given by the FHIR id of a RelatedPerson.");
    }

    private static Option<string> Required(string name, string description, string help) =>
        new(name)
        {
            Description = description,
            HelpName = help,
            Required = true,
        };
}
