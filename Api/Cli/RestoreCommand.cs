using System.CommandLine;
using MedLedger.Api.Backups;
using MedLedger.Api.Integrity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>restore FILE --data DIR</c>: puts a backup into an empty folder, erases again who was erased since, and checks all of
/// it before the folder has its name.
/// </summary>
internal static class RestoreCommand
{
    internal static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "What backup wrote." };
        var command = new Command("restore", "Restore a backup into an empty data folder and check all of it.")
        {
            file,
        };
        command.Handle(
            (context, cancellation) =>
                RunAsync(context, Path.GetFullPath(context.Arguments.GetValue(file)!), cancellation)
        );
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, string path, CancellationToken cancellation)
    {
        var target = context.Settings.DataFolder.TrimEnd(Path.DirectorySeparatorChar);
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
            throw CommandFailure.Usage($"{target} is not empty; restore into a folder that is not there.");
        var (deployment, keys) = DataBackup.Read(path);
        var draft = target + ".restoring";
        if (Directory.Exists(draft))
            Directory.Delete(draft, recursive: true);
        await ExtractAsync(context, path, draft, deployment, keys, cancellation);

        var (erased, report) = await CheckAsync(context, draft, cancellation);
        if (report.Findings.Count == 0)
        {
            if (Directory.Exists(target))
                Directory.Delete(target);
            DurableFile.Rename(draft, target);
        }
        return Show(context, report, erased, report.Findings.Count == 0 ? target : draft);
    }

    private static async Task ExtractAsync(
        CommandContext context,
        string path,
        string draft,
        string deployment,
        string keys,
        CancellationToken cancellation
    )
    {
        using var custody = Store.OpenCustody(context, deployment);
        if (custody.Fingerprint != keys)
            throw CommandFailure.Refused(
                $"The master key {custody.KeyFilePath} is not the one of this backup: its keys are {keys}."
            );
        using var key = custody.OpenBackupKey();
        try
        {
            await context.Terminal.ProgressAsync(
                "Restore",
                async progress =>
                {
                    await BackupArchive.ExtractAsync(path, key, draft, progress, cancellation);
                    return true;
                }
            );
        }
        catch
        {
            if (Directory.Exists(draft))
                Directory.Delete(draft, recursive: true);
            throw;
        }
    }

    private static async Task<(int Erased, IntegrityReport Report)> CheckAsync(
        CommandContext context,
        string draft,
        CancellationToken cancellation
    )
    {
        using var store = await Store.OpenAsync(context, draft, "restore", cancellation);
        using var audit = new AuditTrail(store);
        await audit.AppendAsync([CommandEvents.Restored(store)], cancellation);
        var erased = await new Erasure(store, audit).ReplayAsync(cancellation);
        return (erased, await FsckCommand.CheckAsync(context, store, anchors: null, cancellation));
    }

    private static int Show(CommandContext context, IntegrityReport report, int erased, string folder)
    {
        var isSound = report.Findings.Count == 0;
        foreach (var finding in report.Findings)
            context.Terminal.Say(finding.ToString());
        if (erased > 0)
            context.Terminal.Say($"{erased} patients were erased after this backup, and are erased again.");
        context.Terminal.Say(
            isSound
                ? $"Restored into {folder}: {report.Records} record versions, {report.Entries} log entries; all is well."
                : $"{report.Findings.Count} things are damaged; what there is lies in {folder}, and nothing else changed."
        );
        if (context.Settings.IsJson)
        {
            context.Terminal.WriteJson(
                new
                {
                    ok = isSound,
                    folder,
                    records = report.Records,
                    entries = report.Entries,
                    erasedAgain = erased,
                    damaged = report.Findings.Select(f => new
                    {
                        kind = f.Kind,
                        id = f.Id,
                        problem = f.Problem,
                    }),
                }
            );
        }
        return isSound ? ExitCode.Good : ExitCode.Refused;
    }
}
