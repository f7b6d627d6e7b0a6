namespace MedLedger.Api.Cli;

/// <summary>
/// Ends a command with an exit code of <see cref="ExitCode"/> and one sentence for the person who typed it.
/// The sentence says what to do about it and carries no health data, key or token.
/// </summary>
internal sealed class CommandFailure(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The exit code of the process.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>Refused, false, or content that cannot be read (1).</summary>
    public static CommandFailure Refused(string message) => new(Cli.ExitCode.Refused, message);

    /// <summary>Wrong flags, or a file that is not there (2).</summary>
    public static CommandFailure Usage(string message) => new(Cli.ExitCode.Usage, message);

    /// <summary>The machine: Node.js, port, disk, lock (3).</summary>
    public static CommandFailure Machine(string message, Exception? inner = null) =>
        new(Cli.ExitCode.Machine, message, inner);
}
