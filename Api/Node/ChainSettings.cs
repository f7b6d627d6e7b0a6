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
    /// <c>MEDLEDGER_CHAIN_DEADLINE</c>: seconds for which a question to an endpoint is tried again (default 60). After
    /// that the chain counts as out of reach, and what needs it is denied.
    /// </summary>
    public static TimeSpan Deadline(Settings settings)
    {
        if (settings.Value("chain-deadline") is not { } text)
            return TimeSpan.FromSeconds(60);
        return
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= 1 and <= 3600
            ? TimeSpan.FromSeconds(seconds)
            : throw CommandFailure.Usage("The setting chain-deadline is a number of seconds from 1 to 3600.");
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
