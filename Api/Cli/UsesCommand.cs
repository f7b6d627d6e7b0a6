using System.CommandLine;
using MedLedger.Api.Keys;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Receipts;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>uses --patient ID [--chain URL]</c>: every use of the patient's grants that the chain has, found with the patient's
/// own secrets, and whether the operator's log tells the same. Works beside a running server.
/// </summary>
internal static class UsesCommand
{
    internal static Command Create()
    {
        var patient = new Option<string>("--patient")
        {
            Description = "The patient's FHIR id, or Patient/id.",
            HelpName = "ID",
            Required = true,
        };
        var chain = ChainSettings.Option();
        var command = new Command("uses", "List every use of a patient's grants on the chain.") { patient, chain };
        command.Handle(
            (context, cancellation) =>
                RunAsync(
                    context,
                    PatientOption.ToReference(context.Arguments.GetValue(patient)!),
                    ChainSettings.Endpoint(context.Settings, chain),
                    cancellation
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        CommandContext context,
        string patient,
        Uri? endpoint,
        CancellationToken cancellation
    )
    {
        var path = context.Settings.DataFolder;
        if (!File.Exists(Path.Combine(path, "format.json")))
            throw CommandFailure.Usage($"There is no MedLedger data folder at {path}.");
        // the embedded chain of the server that runs beside, when one does
        var url = endpoint ?? LocalNode.EndpointOf(Path.Combine(path, "chain"));
        if (url is null)
        {
            // nobody serves the embedded chain: it is started here
            using var store = await Store.OpenAsync(context, "uses", cancellation);
            await using var chain = await LedgerChain.OpenAsync(store, null, context.Terminal.Say, cancellation);
            await chain.Follower.RefreshAsync(cancellation);
            return await ShowAsync(context, store.Folder, store.Vault, patient, chain.Follower.State, cancellation);
        }
        using var folder = DataFolder.OpenForReading(path);
        using FileKeyCustody custody = Store.OpenCustody(context, folder);
        using var vault = new RecordVault(custody, folder.Id, context.Time);
        using var rpc = new JsonRpcClient(url, context.Time);
        using var follower = await FollowAsync(context, folder, rpc, cancellation);
        return await ShowAsync(context, folder, vault, patient, follower.State, cancellation);
    }

    /// <summary>The contracts of a data folder, read from an endpoint up to its head.</summary>
    internal static async Task<ChainFollower> FollowAsync(
        CommandContext context,
        DataFolder folder,
        JsonRpcClient rpc,
        CancellationToken cancellation
    )
    {
        var deployment =
            await LedgerChain.KnownAsync(folder, cancellation)
            ?? throw CommandFailure.Usage(
                $"No contracts are known for this data folder ({folder.File(LedgerChain.DeploymentFile)})."
            );
        var client = new EthereumClient(rpc);
        ChainFollower? follower = null;
        try
        {
            if (await client.ChainIdAsync(cancellation) != deployment.ChainId)
                throw CommandFailure.Refused($"{rpc.Endpoint} serves another chain than this data folder's.");
            follower = new ChainFollower(client, deployment, context.Time);
            await follower.RefreshAsync(cancellation);
            return follower;
        }
        catch (Exception failure)
        {
            follower?.Dispose();
            if (failure is ChainUnavailableException or JsonRpcException)
                throw CommandFailure.Machine($"The chain at {rpc.Endpoint} does not answer.", failure);
            if (failure is ChainHistoryException)
                throw CommandFailure.Refused($"{rpc.Endpoint} does not have the contracts with all their logs.");
            throw;
        }
    }

    private static async Task<int> ShowAsync(
        CommandContext context,
        DataFolder folder,
        RecordVault vault,
        string patient,
        ChainState chain,
        CancellationToken cancellation
    )
    {
        await using var database = new LedgerContext(LedgerContext.For(folder.Database));
        var uses =
            await PatientUses.FindAsync(database, vault, patient, chain, cancellation)
            ?? throw CommandFailure.Refused("There is no such patient.");
        var agrees = PatientUses.Agrees(uses);
        var lines = context.Settings.IsJson ? context.Terminal.Error : context.Terminal.Output;
        foreach (var use in uses)
        {
            var time = PatientUses.Moment(use.OnChain?.ReservedAt) ?? "not on the chain";
            lines.WriteLine($"{time}\tgrant {use.GrantId}\tuse {use.Slot}\t{use.Status}\t{Words(use.InLog)}");
        }
        context.Terminal.Say(
            agrees
                ? $"{uses.Count} uses; the operator's log tells the same."
                : "The operator's log hides uses that are on the chain."
        );
        if (context.Settings.IsJson)
        {
            context.Terminal.WriteJson(
                new
                {
                    ok = agrees,
                    block = chain.Head?.Number,
                    agrees,
                    uses = uses.Select(PatientUses.ToJson),
                }
            );
        }
        return agrees ? ExitCode.Good : ExitCode.Refused;
    }

    private static string Words(UseInLog one) =>
        one switch
        {
            UseInLog.Logged => "in the log",
            UseInLog.Hidden => "NOT IN THE LOG",
            UseInLog.OnlyLogged => "permitted, not reserved",
            _ => "",
        };
}
