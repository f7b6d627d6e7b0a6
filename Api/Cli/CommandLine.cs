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
        // Only the commands that the line names are made: all of them take longer than a short note.
        var named = Commands.Where(c => args.Contains(c.Name, StringComparer.Ordinal)).ToArray();
        var result = Parse(named, args);
        if (result.CommandResult.Command is RootCommand && named.Length < Commands.Length)
            result = Parse(Commands, args);
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

    private static ParseResult Parse((string Name, Func<Command> Create)[] commands, string[] args)
    {
        var root = new RootCommand("Privacy-preserving medical records with zero-knowledge proofs.");
        SharedOptions.AddTo(root);
        root.Add(TextBatch.Flag);
        foreach (var (_, create) in commands)
            root.Add(create());
        return root.Parse(args);
    }

    /// <summary>One line for each command.</summary>
    internal static (string Name, Func<Command> Create)[] Commands { get; } =
    [
        ("analyze", AnalyzeCommand.Create),
        ("backup", BackupCommand.Create),
        ("ceremony", CeremonyCommand.Create),
        ("client", ClientCommand.Create),
        ("compliance-key", ComplianceKeyCommand.Create),
        ("consent", ConsentCommand.Create),
        ("deidentify", DeidentifyCommand.Create),
        ("demo", DemoCommand.Create),
        ("deploy", DeployCommand.Create),
        ("disclosures", DisclosuresCommand.Create),
        ("doctor", DoctorCommand.Create),
        ("emergency", EmergencyCommand.Create),
        ("erase", EraseCommand.Create),
        ("explain", ExplainCommand.Create),
        ("export", ExportCommand.Create),
        ("fsck", FsckCommand.Create),
        ("import", ImportCommand.Create),
        ("keys", KeysCommand.Create),
        ("patient-key", PatientKeyCommand.Create),
        ("patients", PatientsCommand.Create),
        ("prove", ProofCommands.CreateProve),
        ("verify-proof", ProofCommands.CreateVerifyProof),
        ("witness", ProofCommands.CreateWitness),
        ("relabel", RelabelCommand.Create),
        ("restore", RestoreCommand.Create),
        ("serve", ServeCommand.Create),
        ("subject-access", SubjectAccessCommand.Create),
        ("token", TokenCommand.Create),
        ("uses", UsesCommand.Create),
        ("user", UserCommand.Create),
        ("verify", VerifyCommand.Create),
    ];
}
