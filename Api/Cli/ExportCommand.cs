using System.CommandLine;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Cli;

/// <summary><c>export --patient ID --out FILE</c>: all that is stored of a patient, as a collection Bundle.</summary>
internal static class ExportCommand
{
    internal static Command Create() =>
        Create(
            "export",
            "Export all records of a patient as a FHIR Bundle.",
            "The Bundle to write.",
            (store, gate, audit) => new PatientExport(store, gate, audit).WriteAsync
        );

    /// <summary>A command that writes what is stored of one patient into one file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="output">What the file is.</param>
    /// <param name="writer">Makes what writes it: for whom, where to.</param>
    internal static Command Create(
        string name,
        string description,
        string output,
        Func<Store, RecordGate, AuditTrail, Func<string, Stream, CancellationToken, Task<ExportReport?>>> writer
    )
    {
        var patient = PatientOption.Create();
        var file = new Option<string>("--out")
        {
            Description = output,
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command(name, description) { patient, file };
        command.Handle(
            async (context, cancellation) =>
            {
                var reference = PatientOption.ToReference(context.Arguments.GetValue(patient)!);
                var path = Path.GetFullPath(context.Arguments.GetValue(file)!);
                using var store = await Store.OpenAsync(context, name, cancellation);
                var gate = new RecordGate(store.Vault, new AccessGate(PlaceRules.GateOf(context.Settings)), store.Time);
                using var audit = new AuditTrail(store);
                var write = writer(store, gate, audit);
                var report = await WriteAsync(path, stream => write(reference, stream, cancellation));
                return Report(context, report, path);
            }
        );
        return command;
    }

    /// <summary>Writes a file that is there whole, or not at all.</summary>
    private static async Task<ExportReport> WriteAsync(string file, Func<Stream, Task<ExportReport?>> write)
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
    private static int Report(CommandContext context, ExportReport report, string file)
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
