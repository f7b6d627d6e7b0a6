using System.CommandLine;
using System.Diagnostics;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;

namespace MedLedger.Api.Cli;

/// <summary><c>import PATH...</c>: FHIR R4 Bundles and NDJSON, sealed on arrival.</summary>
internal static class ImportCommand
{
    internal static Command Create()
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "FHIR R4 JSON Bundles (collection, transaction, searchset), NDJSON, or folders of them.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("import", "Import FHIR R4 records; each is sealed before it is stored.") { paths };
        command.Handle((context, cancellation) => RunAsync(context, context.Arguments.GetValue(paths)!, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, string[] paths, CancellationToken cancellation)
    {
        var files =
            ImportSource.Expand(paths, out var missing)
            ?? throw CommandFailure.Usage($"There is no file or folder {missing}.");
        using var store = await Store.OpenAsync(context, "import", cancellation);
        using var audit = new AuditTrail(store);
        await new LabelJob(store, audit).BeginAsync(cancellation);
        var importer = new Importer(store, audit, SensitivityRules.BuiltIn);
        var report = await context.Terminal.ProgressAsync(
            "Import",
            progress => importer.ImportAsync(files, progress, cancellation)
        );

        foreach (var rejection in report.Rejections)
            context.Terminal.Say($"rejected: {rejection.File}, {rejection.Position}: {rejection.Reason}");
        context.Terminal.Say(
            $"{report.Records} records from {report.Files} files: {report.Created} created, {report.Updated} updated, "
                + $"{report.Unchanged} unchanged; {report.Rejected} rejected."
        );
        var isGood = report.Rejected == 0;
        if (context.Settings.IsJson)
        {
            using var self = Process.GetCurrentProcess();
            context.Terminal.WriteJson(
                new
                {
                    ok = isGood,
                    files = report.Files,
                    records = report.Records,
                    created = report.Created,
                    updated = report.Updated,
                    unchanged = report.Unchanged,
                    rejected = report.Rejected,
                    peakBytes = self.PeakWorkingSet64,
                    rejections = report.Rejections.Select(r => new
                    {
                        file = r.File,
                        position = r.Position,
                        reason = r.Reason,
                    }),
                }
            );
        }
        return isGood ? ExitCode.Good : ExitCode.Refused;
    }
}
