using System.CommandLine;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Cli;

/// <summary><c>export --patient ID --out FILE</c>: all that is stored of a patient, as a collection Bundle.</summary>
internal static class ExportCommand
{
    internal static Command Create()
    {
        var patient = PatientOption.Create();
        var file = new Option<string>("--out")
        {
            Description = "The Bundle to write.",
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command("export", "Export all records of a patient as a FHIR Bundle.") { patient, file };
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
        string file,
        CancellationToken cancellation
    )
    {
        using var store = await Store.OpenAsync(context, "export", cancellation);
        var gate = new RecordGate(store.Vault, new AccessGate(PlaceRules.GateOf(context.Settings)), store.Time);
        using var audit = new AuditTrail(store);
        var report = await WriteAsync(
            file,
            output => new PatientExport(store, gate, audit).WriteAsync(patient, output, cancellation)
        );
        return Report(context, report, file);
    }

    /// <summary>Writes a file that is there whole, or not at all.</summary>
    internal static async Task<ExportReport> WriteAsync(string file, Func<Stream, Task<ExportReport?>> write)
    {
        var draft = file + ".part";
        try
        {
            ExportReport report;
            await using (var output = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None))
                report = await write(output) ?? throw CommandFailure.Refused("There is no such patient.");
            File.Move(draft, file, overwrite: true);
            return report;
        }
        finally
        {
            File.Delete(draft);
        }
    }

    /// <summary>Says what was written; refused when some of it could not be read.</summary>
    internal static int Report(CommandContext context, ExportReport report, string file)
    {
        var isWhole = report.Unreadable == 0;
        context.Terminal.Say(
            $"{report.Records} records in {file}; {report.Withheld} withheld for other patients, "
                + $"{report.Unreadable} not readable."
        );
        if (context.Settings.IsJson)
        {
            context.Terminal.WriteJson(
                new
                {
                    ok = isWhole,
                    records = report.Records,
                    withheld = report.Withheld,
                    unreadable = report.Unreadable,
                    file,
                }
            );
        }
        return isWhole ? ExitCode.Good : ExitCode.Refused;
    }
}
