using System.CommandLine;
using MedLedger.Api.Backups;
using MedLedger.Api.Persistence;

namespace MedLedger.Api.Cli;

/// <summary><c>backup FILE</c>: the data folder as of one moment in one sealed file, also beside a running server.</summary>
internal static class BackupCommand
{
    internal static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The file to write; it must not be there." };
        var command = new Command("backup", "Back up the data, sealed, also while serve runs; the keys are not in it.")
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
        if (File.Exists(path))
            throw CommandFailure.Usage($"The file {path} is there already.");
        using var store = Store.OpenBeside(context);
        await CommandEvents.LogAsync(store, CommandEvents.BackedUp(store, "backup"), cancellation);
        await context.Terminal.ProgressAsync(
            "Backup",
            async progress =>
            {
                await DataBackup.WriteAsync(store, path, progress, cancellation);
                return true;
            }
        );
        var size = new FileInfo(path).Length;
        context.Terminal.Say(
            $"{path}: {size:N0} bytes, sealed under the keys of {store.Custody.KeyFilePath}, which are not in it: "
                + "back them up with medledger keys backup."
        );
        if (context.Settings.IsJson)
        {
            context.Terminal.WriteJson(
                new
                {
                    ok = true,
                    file = path,
                    bytes = size,
                }
            );
        }
        return ExitCode.Good;
    }
}
