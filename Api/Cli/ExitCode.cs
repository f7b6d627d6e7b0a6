namespace MedLedger.Api.Cli;

/// <summary>What the process answers to its caller.</summary>
internal static class ExitCode
{
    /// <summary>The command did what it was asked.</summary>
    public const int Good = 0;

    /// <summary>Refused, false, or content that cannot be read.</summary>
    public const int Refused = 1;

    /// <summary>Wrong flags, or a file that is not there.</summary>
    public const int Usage = 2;

    /// <summary>The machine: Node.js, port, disk, lock.</summary>
    public const int Machine = 3;

    /// <summary>Ended by Ctrl-C.</summary>
    public const int Interrupted = 130;
}
