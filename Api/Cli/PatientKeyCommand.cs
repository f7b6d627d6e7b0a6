using System.CommandLine;
using System.Text;
using MedLedger.Api.Jobs;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Cli;

/// <summary><c>patient-key --patient ID --out FILE</c>: the patient's own secret as a file, to hand to the patient.</summary>
internal static class PatientKeyCommand
{
    internal static Command Create()
    {
        var patient = new Option<string>("--patient")
        {
            Description = "The patient's FHIR id, or Patient/id.",
            HelpName = "ID",
            Required = true,
        };
        var file = new Option<string>("--out")
        {
            Description = "The file to write; it must not be there.",
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command("patient-key", "Write the patient's own secret, for the patient to keep.")
        {
            patient,
            file,
        };
        command.Handle(
            (context, cancellation) =>
                RunAsync(
                    context,
                    PatientOption.ToReference(context.Arguments.GetValue(patient)!),
                    Path.GetFullPath(context.Arguments.GetValue(file)!),
                    cancellation
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        CommandContext context,
        string patient,
        string path,
        CancellationToken cancellation
    )
    {
        if (File.Exists(path))
            throw CommandFailure.Usage($"The file {path} is there already.");
        using var store = await Store.OpenAsync(context, "patient-key", cancellation);
        using var audit = new AuditTrail(store);
        var patientKey = store.Vault.PatientKey(patient);
        var text =
            PatientKeyFile.Write(store.Vault, patientKey) ?? throw CommandFailure.Refused("There is no such patient.");
        var told = new AuditEvent
        {
            Action = AuditAction.Exported,
            Decision = AuditDecision.Permitted,
            Basis = PermitBasis.Subject,
            PatientKey = patientKey,
            Agent = "operator",
            Patient = patient,
            Interaction = "patient-key",
        };
        await audit.AppendAsync([told], cancellation);
        DurableFile.Write(path, Encoding.ASCII.GetBytes(text));
        context.Terminal.Say(
            $"The patient's key is {path}: whoever has it finds every use of the patient's grants, and can consent for them."
        );
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(new { ok = true, file = path });
        return ExitCode.Good;
    }
}
