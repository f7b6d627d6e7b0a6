namespace MedLedger.Api.Toolchain;

/// <summary>
/// Something that the machine lacks (Node.js, network, port, disk), with what its owner can do about it. The command
/// line prints both and ends with <c>ExitCode.Machine</c>. The texts carry no secret and no health data.
/// </summary>
internal sealed class MachineException(string problem, string fix, Exception? cause = null)
    : Exception($"{problem} {fix}", cause)
{
    /// <summary>What is wrong, one sentence.</summary>
    public string Problem { get; } = problem;

    /// <summary>What to do about it, one sentence.</summary>
    public string Fix { get; } = fix;
}
