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
/// own secret, and whether the operator's log tells the same. Works beside a running server; with a patient's key file
/// it needs no data folder (<see cref="OwnUses"/>).
/// </summary>
internal static class UsesCommand
{
    internal static Command Create()
    {
        var patient = new Option<string?>("--patient")
        {
            Description = "The patient's FHIR id, or Patient/id: with the keys of the data folder.",
            HelpName = "ID",
        };
        var key = Named("--patient-key", "The patient's own key instead, without a data folder.");
        var trust = Named("--trust", "With --patient-key: chain, contracts and keys to trust (trust.json).");
        var log = new Option<string?>("--log")
        {
            Description =
                "With --patient-key: the operator's published log to hold against, its folder or its address.",
            HelpName = "DIR|URL",
        };
        var chain = ChainSettings.Option();
        var command = new Command("uses", "List every use of a patient's grants on the chain.")
        {
            patient,
            key,
            trust,
            log,
            chain,
        };
        command.Handle(
            (context, cancellation) =>
            {
                var (of, own) = (context.Arguments.GetValue(patient), context.Arguments.GetValue(key));
                var (trusted, published) = (context.Arguments.GetValue(trust), context.Arguments.GetValue(log));
                var endpoint = ChainSettings.Endpoint(context.Settings, chain);
                if ((of is null) == (own is null))
                    throw CommandFailure.Usage("Give either --patient or --patient-key.");
                if (own is null && (trusted ?? published) is not null)
                    throw CommandFailure.Usage("--trust and --log go with --patient-key.");
                if (own is null)
                    return RunAsync(context, PatientOption.ToReference(of!), endpoint, cancellation);
                if (trusted is null || endpoint is null)
                    throw CommandFailure.Usage("--patient-key wants --trust and --chain.");
                return RunOwnAsync(context, own, trusted, endpoint, published, cancellation);
            }
        );
        return command;
    }

    private static Option<string?> Named(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE" };

    private static async Task<int> RunOwnAsync(
        CommandContext context,
        string key,
        string trust,
        Uri endpoint,
        string? log,
        CancellationToken cancellation
    )
    {
        var (uses, chain) = await OwnUses.FindAsync(key, trust, endpoint, log, context.Time, cancellation);
        return Show(context, uses, chain, isCompared: log is not null);
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
    ) =>
        await FollowAsync(
            rpc,
            await LedgerChain.KnownAsync(folder, cancellation)
                ?? throw CommandFailure.Usage(
                    $"No contracts are known for this data folder ({folder.File(LedgerChain.DeploymentFile)})."
                ),
            context.Time,
            cancellation
        );

    /// <summary>Contracts, read from an endpoint up to its head.</summary>
    internal static async Task<ChainFollower> FollowAsync(
        JsonRpcClient rpc,
        Deployment deployment,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        var client = new EthereumClient(rpc);
        ChainFollower? follower = null;
        try
        {
            if (await client.ChainIdAsync(cancellation) != deployment.ChainId)
                throw CommandFailure.Refused($"{rpc.Endpoint} serves another chain than the contracts' one.");
            follower = new ChainFollower(client, deployment, time);
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
        return Show(context, uses, chain, isCompared: true);
    }

    private static int Show(CommandContext context, IReadOnlyList<GrantUse> uses, ChainState chain, bool isCompared)
    {
        var agrees = PatientUses.Agrees(uses);
        var lines = context.Settings.IsJson ? context.Terminal.Error : context.Terminal.Output;
        foreach (var use in uses)
        {
            var time = PatientUses.Moment(use.OnChain?.ReservedAt) ?? "not on the chain";
            lines.WriteLine($"{time}\tgrant {use.GrantId}\tuse {use.Slot}\t{use.Status}\t{Words(use.InLog)}");
        }
        context.Terminal.Say(
            !isCompared ? $"{uses.Count} uses; they were not held against the operator's log (--log)."
            : agrees ? $"{uses.Count} uses; the operator's log tells the same."
            : "The operator's log hides uses that are on the chain."
        );
        if (context.Settings.IsJson)
        {
            context.Terminal.WriteJson(
                new
                {
                    ok = agrees,
                    block = chain.Head?.Number,
                    agrees = isCompared ? agrees : (bool?)null,
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
