using System.Diagnostics;
using MedLedger.Api.Cli;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Api.Node;

/// <summary>
/// The chain that a data folder uses, with its contracts and the accounts of its roles: the embedded node, or any EVM
/// endpoint. Where the contracts are stands in <c>chain.json</c> in the data folder.
/// </summary>
internal sealed class LedgerChain : IAsyncDisposable
{
    /// <summary>The file that keeps the addresses.</summary>
    public const string DeploymentFile = "chain.json";

    /// <summary>How old the head may be that a plain read is decided on, beside the time that the chain itself takes.</summary>
    public static readonly TimeSpan Recent = TimeSpan.FromMilliseconds(50);

    private readonly LocalNode? _node;
    private readonly List<IDisposable> _owned = [];
    private readonly TimeProvider _time;
    private readonly TimeSpan _silence;
    private int _reorganisations;
    private volatile Seen? _recent;

    private LedgerChain(Connection connection, Deployment deployment, Store store)
    {
        var client = connection.Client;
        Client = client;
        _node = connection.Node;
        _time = store.Time;
        _silence = ChainSettings.Silence(store.Settings);
        Deployment = deployment;
        Consents = new ConsentRegistry(client, deployment.ConsentRegistry);
        Enrolments = new EnrolmentRegistry(client, deployment.EnrolmentRegistry);
        Records = new RecordAnchor(client, deployment.RecordAnchor);
        Models = new ModelRegistry(client, deployment.ModelRegistry);
        Audit = new AuditAnchor(client, deployment.AuditAnchor);
        Ledger = new AnalysisLedger(client, deployment.AnalysisLedger);
        Follower = new ChainFollower(client, deployment, store.Time, null, connection.Second);
        Follower.OnRollback = RestoreAsync;
        _owned.Add(Follower);
    }

    public EthereumClient Client { get; }

    public Deployment Deployment { get; }

    public ConsentRegistry Consents { get; }

    public EnrolmentRegistry Enrolments { get; }

    public RecordAnchor Records { get; }

    public ModelRegistry Models { get; }

    public AuditAnchor Audit { get; }

    public AnalysisLedger Ledger { get; }

    /// <summary>The contracts' state at the head.</summary>
    public ChainFollower Follower { get; }

    /// <summary>How often blocks were taken back; what stood in them may have to be looked at again.</summary>
    public int Reorganisations => _reorganisations;

    /// <summary>True for the embedded node: evidence says so.</summary>
    public bool IsLocal => _node is not null;

    /// <summary>Inserts grants, sends revocations, reserves and publishes.</summary>
    public required TransactionSender Relayer { get; init; }

    /// <summary>Deploys, anchors records and log, approves models.</summary>
    public required TransactionSender Operator { get; init; }

    /// <summary>Posts roots of enrolments.</summary>
    public required TransactionSender Authority { get; init; }

    /// <summary>
    /// Connects to the chain of the folder. The embedded one is started, rebuilt from the journal, and gets its contracts
    /// at the first start; on another endpoint they must have been deployed (<c>deploy</c>).
    /// </summary>
    /// <param name="store">Data folder and keys.</param>
    /// <param name="endpoint">JSON-RPC endpoint; null for the embedded chain.</param>
    /// <param name="progress">Told what takes long.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<LedgerChain> OpenAsync(
        Store store,
        Uri? endpoint,
        Action<string>? progress,
        CancellationToken cancellation
    )
    {
        if (endpoint is not null)
            return await ConnectAsync(
                store,
                await Connection.ToAsync(
                    endpoint,
                    ChainSettings.Second(store.Settings),
                    ChainSettings.Deadline(store.Settings),
                    store.Time,
                    cancellation
                ),
                progress,
                cancellation
            );
        var options = new LocalNodeOptions
        {
            Folder = store.Folder.File("chain"),
            Kind = ChainSettings.Node(store.Settings),
        };
        var node = await LocalNode.StartAsync(options, store.Journal, store.Time, progress, cancellation);
        return await ConnectAsync(store, new Connection(node), progress, cancellation);
    }

    /// <summary>Sends, waits for the block, and reads the contracts' state at it.</summary>
    public async Task<MinedTransaction> SendAsync(
        TransactionSender sender,
        TransactionRequest request,
        CancellationToken cancellation
    )
    {
        var mined = await sender.SendAsync(request, cancellation);
        await Follower.AtLeastAsync(mined.Block.Number, cancellation);
        return mined;
    }

    /// <summary>
    /// The head, as the gate takes it. While no endpoint can be reached it is the one that was last confirmed, as long as
    /// the configured silence lasts; null after that, and at once while endpoints or logs contradict each other.
    /// </summary>
    public async Task<ChainView?> ViewAsync(CancellationToken cancellation)
    {
        try
        {
            await Follower.RefreshAsync(cancellation);
        }
        catch (ChainUnavailableException)
        {
            if (Follower.State.Head is not { } last || _time.GetUtcNow() - last.ReadAt > _silence)
                return null;
        }
        catch (Exception failure)
            when (failure
                    is ChainDisagreementException
                        or ChainHistoryException
                        or JsonRpcException
                        or System.Text.Json.JsonException
            )
        {
            return null;
        }
        return Follower.State.Head is { } head ? new ChainView(head.Number, head.Time, head.ReadAt) : null;
    }

    /// <summary>
    /// The same for plain reads, of which there may be thousands a second: the head as it was asked for at most
    /// <see cref="Recent"/> ago. What was signed or sent here meanwhile counts all the same.
    /// </summary>
    public async Task<ChainView?> RecentViewAsync(CancellationToken cancellation)
    {
        if (_recent is { } known && Stopwatch.GetElapsedTime(known.At) < Recent)
            return known.View;
        var asked = Stopwatch.GetTimestamp();
        var view = await ViewAsync(cancellation);
        _recent = view is null ? null : new Seen(view, asked);
        return view;
    }

    private sealed record Seen(ChainView View, long At);

    /// <summary>The head, for work that waits rather than being refused while the chain is out of reach.</summary>
    /// <exception cref="ChainUnavailableException">No endpoint answers.</exception>
    /// <exception cref="ChainHistoryException">The chain is not the one that the contracts are on: it was reset.</exception>
    public async Task<ChainView> RequireViewAsync(CancellationToken cancellation)
    {
        await Follower.RefreshAsync(cancellation);
        var head = Follower.State.Head!;
        return new ChainView(head.Number, head.Time, head.ReadAt);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
            owned.Dispose();
        if (_node is not null)
            await _node.DisposeAsync();
    }

    private async Task RestoreAsync(ulong fromBlock, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _reorganisations);
        await Operator.RestoreAsync(fromBlock, cancellation);
        await Authority.RestoreAsync(fromBlock, cancellation);
        await Relayer.RestoreAsync(fromBlock, cancellation);
    }

    private static async Task<LedgerChain> ConnectAsync(
        Store store,
        Connection connection,
        Action<string>? progress,
        CancellationToken cancellation
    )
    {
        var (client, node) = (connection.Client, connection.Node);
        var owned = new List<IDisposable>(connection.Owned);
        try
        {
            async Task<TransactionSender> Sender(string role)
            {
                using var secret = store.Custody.OpenOperatorKey("chain-" + role);
                var key = Secp256k1PrivateKey.FromSecret(secret);
                owned.Add(key);
                if (node is not null)
                    await node.FundAsync(key.Address, cancellation);
                var sender = new TransactionSender(
                    client,
                    key,
                    store.Journal,
                    store.Time,
                    node is not null ? LocalNode.SenderOptions : new() { Depth = ChainSettings.Depth(store.Settings) }
                );
                owned.Insert(0, sender);
                return sender;
            }

            var relayer = await Sender("relayer");
            var operate = await Sender("operator");
            var authority = await Sender("authority");
            var deployment = await DeploymentAsync(
                store.Folder,
                client,
                isLocal: node is not null,
                (relayer, operate, authority),
                progress,
                cancellation
            );
            foreach (var sender in (TransactionSender[])[relayer, operate, authority])
                await sender.ResumeAsync(cancellation);
            if (node is null)
                await RoleFunds.RequireAsync(
                    client,
                    [("relayer", relayer.Address), ("operator", operate.Address), ("authority", authority.Address)],
                    cancellation
                );
            var chain = new LedgerChain(connection, deployment, store)
            {
                Relayer = relayer,
                Operator = operate,
                Authority = authority,
            };
            chain._owned.AddRange(owned);
            return chain;
        }
        catch
        {
            foreach (var one in owned)
                one.Dispose();
            if (node is not null)
                await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>The contracts of a data folder; null when it never used a chain.</summary>
    /// <exception cref="CommandFailure">The file that names them is damaged.</exception>
    public static async Task<Deployment?> KnownAsync(DataFolder folder, CancellationToken cancellation)
    {
        var file = folder.File(DeploymentFile);
        return !File.Exists(file)
            ? null
            : Deployment.TryParse(await File.ReadAllTextAsync(file, cancellation))
                ?? throw CommandFailure.Refused($"{file} is damaged; restore it from the backup.");
    }

    private static async Task<Deployment> DeploymentAsync(
        DataFolder folder,
        EthereumClient client,
        bool isLocal,
        (TransactionSender Relayer, TransactionSender Operator, TransactionSender Authority) accounts,
        Action<string>? progress,
        CancellationToken cancellation
    )
    {
        var file = folder.File(DeploymentFile);
        var chainId = await client.ChainIdAsync(cancellation);
        if (await KnownAsync(folder, cancellation) is { } known)
        {
            if (known.ChainId != chainId)
            {
                throw CommandFailure.Machine(
                    $"This data folder belongs to chain {known.ChainId}, but the endpoint serves chain {chainId}."
                );
            }
            if (await known.FindMissingAsync(client, cancellation) is { } missing)
                throw CommandFailure.Machine(
                    $"The contract {missing} is not on the chain at its address in {file}: was the chain reset?"
                );
            return known;
        }
        if (!isLocal)
            throw CommandFailure.Usage($"No contracts are known for this data folder: run deploy first ({file}).");

        var roles = new DeploymentRoles
        {
            Relayer = accounts.Relayer.Address,
            Publisher = accounts.Relayer.Address,
            Authority = accounts.Authority.Address,
            Operator = accounts.Operator.Address,
            Officers = [accounts.Operator.Address],
            Warden = accounts.Operator.Address,
            Guardian = accounts.Operator.Address,
        };
        var deployment = await Deployment.DeployAsync(
            client,
            accounts.Operator,
            new DeploymentOptions { Roles = roles },
            progress,
            cancellation
        );
        DurableFile.Write(file, System.Text.Encoding.UTF8.GetBytes(deployment.ToJson()), replace: true);
        return deployment;
    }
}
