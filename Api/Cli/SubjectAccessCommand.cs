using System.CommandLine;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Cli;

/// <summary><c>subject-access --patient ID --out FILE</c>: all that article 15 of the GDPR gives a patient, in one file.</summary>
internal static class SubjectAccessCommand
{
    internal static Command Create()
    {
        var patient = PatientOption.Create();
        var file = new Option<string>("--out")
        {
            Description = "The JSON file to write.",
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command("subject-access", "Write what GDPR article 15 gives a patient, in one file.")
        {
            patient,
            file,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                var reference = PatientOption.ToReference(context.Arguments.GetValue(patient)!);
                var path = Path.GetFullPath(context.Arguments.GetValue(file)!);
                using var store = await Store.OpenAsync(context, "subject-access", cancellation);
                var gate = new RecordGate(store.Vault, new AccessGate(PlaceRules.GateOf(context.Settings)), store.Time);
                using var audit = new AuditTrail(store);
                var request = Requests.BySubject(reference, store.Time.GetUtcNow());
                var report = await ExportCommand.WriteAsync(
                    path,
                    output =>
                        new SubjectAccess(store, gate, audit).WriteAsync(
                            reference,
                            "operator",
                            request,
                            output,
                            cancellation
                        )
                );
                return ExportCommand.Report(context, report, path);
            }
        );
        return command;
    }
}
