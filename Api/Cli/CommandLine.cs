using System.CommandLine;

namespace MedLedger.Api.Cli;

/// <summary>The command line of <c>medledger</c>: every command and the exit codes they share.</summary>
internal static class CommandLine
{
    /// <summary>Parses and runs one command. Returns the exit code (see <see cref="ExitCode"/>).</summary>
    public static int Run(string[] args)
    {
        var root = new RootCommand("Privacy-preserving medical records with zero-knowledge proofs.");
        root.Subcommands.Add(DoctorCommand.Create());
        return root.Parse(args).Invoke();
    }
}
