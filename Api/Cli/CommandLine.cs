using System.CommandLine;

namespace MedLedger.Api.Cli;

/// <summary>The command line of <c>medledger</c>: every command and the exit codes they share.</summary>
internal static class CommandLine
{
    /// <summary>Parses and runs one command. Returns the exit code (see <see cref="ExitCode"/>).</summary>
    public static int Run(string[] args) => RunAsync(args, new Terminal()).GetAwaiter().GetResult();

    /// <summary>The same, on the streams of <paramref name="terminal"/>.</summary>
    public static async Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken cancellation = default)
    {
        var root = new RootCommand("Privacy-preserving medical records with zero-knowledge proofs.");
        SharedOptions.AddTo(root);
        root.Add(TextBatch.Flag);
        foreach (var command in Commands())
            root.Add(command);

        var result = root.Parse(args);
        // System.CommandLine answers 1 to wrong flags; here 1 means refused, and 2 means wrong flags.
        string[] errors =
            result.Action is System.CommandLine.Invocation.ParseErrorAction
                ? [.. result.Errors.Select(error => error.Message)]
            : result.Tokens.Any(token => token.Value.Length == 0)
                ? ["A name or value on the command line is empty: is a variable of the shell not set?"]
            : [];
        if (errors is [var first, ..])
        {
            foreach (var error in errors)
                terminal.Error.WriteLine(error);
            terminal.Error.WriteLine("Try: medledger --help");
            if (SharedOptions.IsJson(result))
                terminal.WriteJson(new { ok = false, error = first });
            return ExitCode.Usage;
        }

        if (result.GetResult(TextBatch.Flag) is { Implicit: false } && !Takes(result, TextBatch.Flag))
        {
            const string problem = "--batch is for analyze and deidentify.";
            terminal.Error.WriteLine(problem);
            if (SharedOptions.IsJson(result))
                terminal.WriteJson(new { ok = false, error = problem });
            return ExitCode.Usage;
        }

        return await result.InvokeAsync(new TerminalConfiguration(terminal), cancellation);
    }

    private static bool Takes(ParseResult result, Option option) =>
        result.CommandResult.Command.Options.Contains(option);

    /// <summary>One line for each command.</summary>
    private static IEnumerable<Command> Commands() =>
        [
            AnalyzeCommand.Create(),
            BackupCommand.Create(),
            CeremonyCommand.Create(),
            ClientCommand.Create(),
            ComplianceKeyCommand.Create(),
            ConsentCommand.Create(),
            DeidentifyCommand.Create(),
            DemoCommand.Create(),
            DeployCommand.Create(),
            DisclosuresCommand.Create(),
            DoctorCommand.Create(),
            EmergencyCommand.Create(),
            EraseCommand.Create(),
            ExplainCommand.Create(),
            ExportCommand.Create(),
            FsckCommand.Create(),
            ImportCommand.Create(),
            KeysCommand.Create(),
            PatientKeyCommand.Create(),
            PatientsCommand.Create(),
            ProofCommands.CreateProve(),
            ProofCommands.CreateVerifyProof(),
            ProofCommands.CreateWitness(),
            RelabelCommand.Create(),
            RestoreCommand.Create(),
            ServeCommand.Create(),
            SubjectAccessCommand.Create(),
            TokenCommand.Create(),
            UsesCommand.Create(),
            UserCommand.Create(),
            VerifyCommand.Create(),
        ];
}
