using System.CommandLine;
using System.Globalization;
using MedLedger.Api.Cli;
using MedLedger.Api.Toolchain;

namespace MedLedger.Api.Node;

/// <summary>Which chain is used, as flags, environment and settings file say.</summary>
internal static class ChainSettings
{
    /// <summary>A command's <c>--chain URL</c>.</summary>
    public static Option<string?> Option() =>
        new("--chain") { Description = "JSON-RPC endpoint (default: the embedded chain).", HelpName = "URL" };

    /// <summary>The endpoint of <c>--chain</c>, <c>MEDLEDGER_CHAIN</c> or <c>chain</c>; null for the embedded chain.</summary>
    public static Uri? Endpoint(Settings settings, Option<string?> option) =>
        Parse(settings.Value(option, "chain"), "--chain");

    /// <summary>
    /// <c>MEDLEDGER_SECOND_CHAIN</c>: an endpoint of somebody else that must have the same blocks; null for none.
    /// </summary>
    public static Uri? Second(Settings settings) => Parse(settings.Value("second-chain"), "The setting second-chain");

    /// <summary><c>MEDLEDGER_CHAIN_NODE</c>: <c>anvil</c> or <c>ganache</c> as embedded node; null for the platform's.</summary>
    public static ChainNodeKind? Node(Settings settings) =>
        settings.Value("chain-node") switch
        {
            null => null,
            "anvil" when ChainNodeProgram.HasAnvil => ChainNodeKind.Anvil,
            "anvil" => throw CommandFailure.Usage(
                "There is no anvil for this platform; leave the setting chain-node out."
            ),
            "ganache" => ChainNodeKind.Ganache,
            _ => throw CommandFailure.Usage("The setting chain-node is anvil or ganache."),
        };

    /// <summary>
    /// <c>MEDLEDGER_CHAIN_DEADLINE</c>: how long a question to an endpoint is tried again (seconds, default 60). After
    /// that the endpoint counts as out of reach.
    /// </summary>
    public static TimeSpan Deadline(Settings settings) =>
        TimeSpan.FromSeconds(Number(settings, "chain-deadline", 60, 1, 3600, "seconds"));

    /// <summary>
    /// <c>MEDLEDGER_CHAIN_SILENCE</c>: how long after the head was last confirmed the gate still decides on it while no
    /// endpoint can be reached (seconds, default 60). After that what needs the chain is denied.
    /// </summary>
    public static TimeSpan Silence(Settings settings) =>
        TimeSpan.FromSeconds(Number(settings, "chain-silence", 60, 1, 3600, "seconds"));

    /// <summary>
    /// <c>MEDLEDGER_CLOCK_DIFFERENCE</c>: how far the head's time, a request's time and the clock may lie apart (seconds,
    /// default 120). Where they lie further apart, what needs the chain is denied.
    /// </summary>
    public static TimeSpan ClockDifference(Settings settings) =>
        TimeSpan.FromSeconds(Number(settings, "clock-difference", 120, 1, 3600, "seconds"));

    /// <summary>
    /// <c>MEDLEDGER_CHAIN_DEPTH</c>: blocks that count as done on another chain than the embedded one, the transaction's
    /// own included (default 1). No record is opened before its reservation is so deep.
    /// </summary>
    public static int Depth(Settings settings) => Number(settings, "chain-depth", 1, 1, 1024, "blocks");

    private static int Number(Settings settings, string name, int otherwise, int least, int most, string unit)
    {
        if (settings.Value(name) is not { } text)
            return otherwise;
        return
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most
            ? number
            : throw CommandFailure.Usage($"The setting {name} is a number of {unit} from {least} to {most}.");
    }

    private static Uri? Parse(string? text, string name)
    {
        if (text is null)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https"
            ? endpoint
            : throw CommandFailure.Usage($"{name} wants the http or https URL of a JSON-RPC endpoint.");
    }
}
