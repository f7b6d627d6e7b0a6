using System.CommandLine;
using MedLedger.Api.Integrity;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>fsck [--chain URL]</c>: opens every record and recomputes every hash; lists what is damaged, one a line. Writes
/// nothing, and works beside a running server.
/// </summary>
internal static class FsckCommand
{
    internal static Command Create()
    {
        var chain = ChainSettings.Option();
        chain.Description =
            "JSON-RPC endpoint whose anchors are compared (default: the one of a running server, if any).";
        var command = new Command("fsck", "Check that every record opens and every hash, leaf and index agrees.")
        {
            chain,
        };
        command.Handle(
            (context, cancellation) => RunAsync(context, ChainSettings.Endpoint(context.Settings, chain), cancellation)
        );
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, Uri? endpoint, CancellationToken cancellation)
    {
        using var store = Store.OpenBeside(context);
        // Before the snapshot: what is anchored is in it then.
        var anchors = await AnchorsAsync(context, store, endpoint, cancellation);
        var report = await CheckAsync(context, store, anchors, cancellation);
        return Show(context, report, anchors is not null);
    }

    /// <summary>Runs the check under a progress bar.</summary>
    public static Task<IntegrityReport> CheckAsync(
        CommandContext context,
        Store store,
        ChainAnchors? anchors,
        CancellationToken cancellation
    ) =>
        context.Terminal.ProgressAsync(
            "Check",
            progress => new IntegrityCheck(store).RunAsync(anchors, progress, cancellation)
        );

    private static int Show(CommandContext context, IntegrityReport report, bool isChainChecked)
    {
        var isSound = report.Findings.Count == 0;
        var lines = context.Settings.IsJson ? context.Terminal.Error : context.Terminal.Output;
        foreach (var finding in report.Findings)
            lines.WriteLine(finding);
        context.Terminal.Say(
            $"{report.Patients} compartments, {report.Records} record versions, {report.Entries} log entries; "
                + (isChainChecked ? "anchors compared; " : "no chain to compare with; ")
                + (isSound ? "all is well." : $"{report.Findings.Count} damaged.")
        );
        if (!isSound)
            context.Terminal.Say("Nothing was changed. Restore the newest backup (medledger restore).");
        if (context.Settings.IsJson)
        {
            context.Terminal.WriteJson(
                new
                {
                    ok = isSound,
                    compartments = report.Patients,
                    records = report.Records,
                    entries = report.Entries,
                    chain = isChainChecked ? "checked" : "notChecked",
                    damaged = report.Findings.Select(f => new
                    {
                        kind = f.Kind,
                        id = f.Id,
                        problem = f.Problem,
                    }),
                }
            );
        }
        return isSound ? ExitCode.Good : ExitCode.Refused;
    }

    private static async Task<ChainAnchors?> AnchorsAsync(
        CommandContext context,
        Store store,
        Uri? endpoint,
        CancellationToken cancellation
    )
    {
        var url = endpoint ?? LocalNode.EndpointOf(store.Folder.File("chain"));
        if (url is null)
            return null;
        using var rpc = new JsonRpcClient(url, context.Time);
        using var follower = await UsesCommand.FollowAsync(context, store.Folder, rpc, cancellation);
        var deployment = Deployment.TryParse(
            await File.ReadAllTextAsync(store.Folder.File(LedgerChain.DeploymentFile), cancellation)
        )!;
        var latest = await new AuditAnchor(new EthereumClient(rpc), deployment.AuditAnchor).LatestAsync(cancellation);
        return new ChainAnchors(
            (long)latest.Size,
            latest.Root.ToBytes(),
            follower.State.NewestRoot(RootKind.Record)?.ToBytes()
        );
    }
}
