using System.CommandLine;
using MedLedger.Api.Backups;
using MedLedger.Api.Persistence;

namespace MedLedger.Api.Cli;

/// <summary><c>keys backup|restore</c>: what is done with the keys themselves.</summary>
internal static class KeysCommand
{
    internal static Command Create() =>
        new("keys", "Back up, restore and rotate the keys.") { CreateBackup(), CreateRestore() };

    private static Command CreateBackup()
    {
        var file = new Argument<string>("FILE") { Description = "The file to write; it must not be there." };
        var passphrase = BackupPassphrase();
        var command = new Command("backup", "Back up all keys under a passphrase; keep it apart from the data.")
        {
            file,
            passphrase,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                var path = Path.GetFullPath(context.Arguments.GetValue(file)!);
                if (File.Exists(path))
                    throw CommandFailure.Usage($"The file {path} is there already.");
                using var folder = DataFolder.OpenForReading(context.Settings.DataFolder);
                using var custody = Store.OpenCustody(context, folder);
                var secret = Store.ReadPassphrase(context.Arguments.GetValue(passphrase));
                var files = await KeyBackup.WriteAsync(custody, path, secret, cancellation);
                return Done(
                    context,
                    path,
                    $"{files} key files in {path}. Destroy it when the next one is made, within 30 days: until then it "
                        + "has the keys of who is erased meanwhile."
                );
            }
        );
        return command;
    }

    private static Command CreateRestore()
    {
        var file = new Argument<string>("FILE") { Description = "What keys backup wrote." };
        var passphrase = BackupPassphrase();
        var command = new Command("restore", "Put the keys of a backup to --key-file, where none are.")
        {
            file,
            passphrase,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                var keyFile =
                    context.Settings.KeyFile
                    ?? throw CommandFailure.Usage("Say with --key-file where the keys are to lie.");
                var path = Path.GetFullPath(context.Arguments.GetValue(file)!);
                var secret = Store.ReadPassphrase(context.Arguments.GetValue(passphrase));
                await KeyBackup.RestoreAsync(path, keyFile, secret, cancellation);
                return Done(context, keyFile, $"The keys are at {keyFile}.");
            }
        );
        return command;
    }

    private static int Done(CommandContext context, string file, string said)
    {
        context.Terminal.Say(said);
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(new { ok = true, file });
        return ExitCode.Good;
    }

    private static Option<string> BackupPassphrase() =>
        new("--backup-passphrase-file")
        {
            Description = "File whose first line is the passphrase of the backup.",
            HelpName = "FILE",
            Required = true,
        };
}
