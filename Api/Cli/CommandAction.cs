using System.CommandLine;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;

namespace MedLedger.Api.Cli;

/// <summary>What a running command has at hand.</summary>
/// <param name="Arguments">The parsed line, for the command's own options.</param>
/// <param name="Settings">The shared settings.</param>
/// <param name="Terminal">Where it writes.</param>
/// <param name="Time">The clock.</param>
internal sealed record CommandContext(ParseResult Arguments, Settings Settings, Terminal Terminal, TimeProvider Time);

/// <summary>
/// Runs the body of a command: Ctrl-C becomes 130, a <see cref="CommandFailure"/> its exit code, a full disk or a missing
/// permission 3; with <c>--json</c> a failure is a JSON object too: <c>{"ok":false,"error":"..."}</c>.
/// </summary>
internal static class CommandAction
{
    // SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_READONLY, SQLITE_BUSY: the machine, not the data.
    private static readonly int[] MachineErrors = [13, 14, 10, 8, 5];

    /// <summary>Sets the body of <paramref name="command"/>; it answers with an exit code.</summary>
    public static void Handle(this Command command, Func<CommandContext, CancellationToken, Task<int>> body) =>
        command.SetAction((arguments, cancel) => RunAsync(arguments, body, cancel));

    private static async Task<int> RunAsync(
        ParseResult arguments,
        Func<CommandContext, CancellationToken, Task<int>> body,
        CancellationToken cancel
    )
    {
        var configuration = arguments.InvocationConfiguration;
        var terminal = (configuration as TerminalConfiguration)?.Terminal ?? new Terminal();
        try
        {
            var context = new CommandContext(arguments, Settings.From(arguments), terminal, TimeProvider.System);
            return await body(context, cancel);
        }
        catch (Exception failure) when (Explain(failure, cancel) is { } known)
        {
            terminal.Error.WriteLine(known.Message);
            if (SharedOptions.IsJson(arguments))
                terminal.WriteJson(new { ok = false, error = known.Message });
            return known.ExitCode;
        }
    }

    private static CommandFailure? Explain(Exception failure, CancellationToken cancel) =>
        failure switch
        {
            CommandFailure known => known,
            ChainUnavailableException or ChainDisagreementException or ChainHistoryException => CommandFailure.Machine(
                $"{failure.Message} Run the command again when the chain is back.",
                failure
            ),
            TransactionNotMinedException => CommandFailure.Machine(
                $"{failure.Message} It is kept; run the command again when the chain goes on.",
                failure
            ),
            JsonRpcException node => CommandFailure.Machine($"The chain node refused {node.Message}.", failure),
            Toolchain.MachineException machine => CommandFailure.Machine(machine.Message, machine),
            OperationCanceledException when cancel.IsCancellationRequested => new CommandFailure(
                ExitCode.Interrupted,
                "Interrupted; run the command again to go on."
            ),
            FileNotFoundException or DirectoryNotFoundException => CommandFailure.Usage(failure.Message),
            InvalidDataException damaged => CommandFailure.Refused(damaged.Message),
            IOException or UnauthorizedAccessException => CommandFailure.Machine(failure.Message, failure),
            _ when MachineError(failure) is { } message => CommandFailure.Machine(message, failure),
            _ => null,
        };

    private static string? MachineError(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (
                cause is Microsoft.Data.Sqlite.SqliteException sqlite
                && Array.IndexOf(MachineErrors, sqlite.SqliteErrorCode) >= 0
            )
                return $"The database cannot be written: {sqlite.Message}";
            if (cause is IOException)
                return cause.Message;
        }
        return null;
    }
}

/// <summary>Carries the terminal of the process (or of a test) to the command that runs.</summary>
internal sealed class TerminalConfiguration : InvocationConfiguration
{
    public TerminalConfiguration(Terminal terminal)
    {
        Terminal = terminal;
        Output = terminal.Output;
        Error = terminal.Error;
        EnableDefaultExceptionHandler = false;
        ProcessTerminationTimeout = TimeSpan.FromSeconds(30);
    }

    /// <summary>Where the command writes.</summary>
    public Terminal Terminal { get; }
}
