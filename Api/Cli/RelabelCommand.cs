using System.CommandLine;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;

namespace MedLedger.Api.Cli;

/// <summary><c>relabel</c>: sensitivity labels by the rules and the model of this program; what was cut off goes on.</summary>
internal static class RelabelCommand
{
    internal static Command Create()
    {
        var again = new Option<bool>("--all")
        {
            Description = "From the first record on, also when these rules have labelled them already.",
        };
        var command = new Command(
            "relabel",
            "Label records by the newest rules; serve does it by itself, and what was cut off goes on."
        )
        {
            again,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                using var store = await Store.OpenAsync(context, "relabel", cancellation);
                using var audit = new AuditTrail(store);
                var job = new LabelJob(store, audit);
                var report = await context.Terminal.ProgressAsync(
                    "Relabel",
                    progress => job.RunAsync(context.Arguments.GetValue(again), progress, cancellation)
                );
                var isWhole = report.Failed == 0;
                context.Terminal.Say(
                    $"{report.Looked} records looked at, {report.Changed} have other labels now"
                        + (isWhole ? "." : $"; {report.Failed} versions do not open: run fsck.")
                );
                if (context.Settings.IsJson)
                    context.Terminal.WriteJson(
                        new
                        {
                            ok = isWhole,
                            records = report.Looked,
                            changed = report.Changed,
                            unreadable = report.Failed,
                        }
                    );
                return isWhole ? ExitCode.Good : ExitCode.Refused;
            }
        );
        return command;
    }
}
