using System.CommandLine;
using MedLedger.Api.Backups;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;

namespace MedLedger.Api.Cli;

/// <summary><c>keys backup|restore|rotate|rotate-signing|passphrase|reseal</c>: what is done with the keys themselves.</summary>
internal static class KeysCommand
{
    internal static Command Create() =>
        new("keys", "Back up, restore and rotate the keys.")
        {
            CreateBackup(),
            CreateRestore(),
            CreateRotate(),
            CreatePassphrase(),
            CreateReseal(),
            CreateRotateSigning(),
        };

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
                var secret = Store.ReadPassphrase(context.Arguments.GetValue(passphrase));
                await LogBesideAsync(context, store => CommandEvents.BackedUp(store, "keys backup"), cancellation);
                using var custody = Store.OpenCustody(context, folder);
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

    private static Command CreateRotate()
    {
        var passphrase = NewPassphrase(
            "File whose first line is the passphrase of the new key (default: the old one's)."
        );
        var command = new Command("rotate", "Make a new master key; run it again when it was cut off.") { passphrase };
        command.Handle(
            async (context, cancellation) =>
            {
                var (path, secret) = Files(context);
                var file = context.Arguments.GetValue(passphrase);
                var fresh = file is null ? secret : Store.ReadPassphrase(file);
                await LogAsync(context, cancellation);
                var (files, isResumed) = await context.Terminal.ProgressAsync(
                    "Rotate",
                    progress => Task.Run(() => KeyRotation.Rotate(path, secret, fresh, progress))
                );
                return Done(
                    context,
                    path,
                    isResumed
                        ? $"The rotation that was cut off is finished: {files} key files are under the new master key {path}."
                        : $"{files} key files are under the new master key {path}; the old one opens nothing. Back the "
                            + "keys up again, and destroy their former backups."
                );
            }
        );
        return command;
    }

    // First, as everything is.
    private static async Task LogAsync(CommandContext context, CancellationToken cancellation)
    {
        if (!Store.Exists(context))
            return;
        using var store = await Store.OpenAsync(context, "keys rotate", cancellation);
        using var audit = new AuditTrail(store);
        await audit.AppendAsync([CommandEvents.KeysChanged(store, "rotate", "a new master key")], cancellation);
    }

    private static async Task LogBesideAsync(
        CommandContext context,
        Func<Store, AuditEvent> what,
        CancellationToken cancellation
    )
    {
        if (!Store.Exists(context))
            return;
        using var store = Store.OpenBeside(context);
        await CommandEvents.LogAsync(store, what(store), cancellation);
    }

    private static Command CreatePassphrase()
    {
        var passphrase = NewPassphrase("File whose first line is the new passphrase; without it the key is in clear.");
        var command = new Command("passphrase", "Put the master key under another passphrase.") { passphrase };
        command.Handle(
            async (context, cancellation) =>
            {
                var (path, secret) = Files(context);
                var fresh = Store.ReadPassphrase(context.Arguments.GetValue(passphrase));
                await LogBesideAsync(
                    context,
                    store => CommandEvents.KeysChanged(store, "passphrase", "another passphrase of the master key"),
                    cancellation
                );
                KeyRotation.ChangePassphrase(path, secret, fresh);
                return Done(context, path, $"The passphrase of {path} is changed; the key is the same.");
            }
        );
        return command;
    }

    private static Command CreateReseal()
    {
        var command = new Command(
            "reseal",
            "Seal again what stands under segment keys from before a revocation; serve does it by itself."
        );
        command.Handle(
            async (context, cancellation) =>
            {
                using var store = await Store.OpenAsync(context, "keys reseal", cancellation);
                var resealing = new Resealing(store);
                var count = await context.Terminal.ProgressAsync(
                    "Reseal",
                    progress => resealing.RunAsync(progress, cancellation)
                );
                if (count > 0)
                {
                    using var audit = new AuditTrail(store);
                    var done = CommandEvents.KeysChanged(store, "reseal", $"{count} record versions");
                    await audit.AppendAsync([done], cancellation);
                }
                var isWhole = resealing.Failed == 0;
                context.Terminal.Say(
                    $"{count} record versions sealed again under the newest segment keys"
                        + (isWhole ? "; the former ones are gone." : $"; {resealing.Failed} do not open: run fsck.")
                );
                if (context.Settings.IsJson)
                    context.Terminal.WriteJson(
                        new
                        {
                            ok = isWhole,
                            resealed = count,
                            unreadable = resealing.Failed,
                        }
                    );
                return isWhole ? ExitCode.Good : ExitCode.Refused;
            }
        );
        return command;
    }

    private static Command CreateRotateSigning()
    {
        var command = new Command(
            "rotate-signing",
            "Make a new key that signs tokens, also beside a running server; tokens under the former one stay valid."
        );
        command.Handle(
            async (context, cancellation) =>
            {
                using var identity = IdentityCommand.OpenBeside(context);
                var changed = CommandEvents.KeysChanged(
                    identity.Store,
                    "rotate-signing",
                    "a new key that signs tokens"
                );
                await CommandEvents.LogAsync(identity.Store, changed, cancellation);
                var id = await identity.Keys.RotateAsync(cancellation);
                context.Terminal.Say(
                    $"Tokens are signed with the new key {id}; the former one verifies for "
                        + $"{SigningKeys.Overlap.TotalHours:0} hours more."
                );
                if (context.Settings.IsJson)
                    context.Terminal.WriteJson(new { ok = true, key = id });
                return ExitCode.Good;
            }
        );
        return command;
    }

    private static (string KeyFile, byte[] Passphrase) Files(CommandContext context)
    {
        using var folder = DataFolder.OpenForReading(context.Settings.DataFolder);
        return (Store.KeyFileOf(context, folder), Store.ReadPassphrase(context.Settings.PassphraseFile));
    }

    private static Option<string?> NewPassphrase(string description) =>
        new("--new-passphrase-file") { Description = description, HelpName = "FILE" };

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
