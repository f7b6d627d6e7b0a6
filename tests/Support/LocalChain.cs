using System.Diagnostics;
using System.Text.Json;
using MedLedger.Api.Node;
using MedLedger.Api.Toolchain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Tests;

/// <summary>The embedded chain as the program runs it, in a folder of its own, with a journal that tests can look at.</summary>
public sealed class LocalChain : IAsyncDisposable
{
    private readonly LocalNode _node;
    private readonly string _folder;
    private readonly List<IDisposable> _owned = [];

    private LocalChain(LocalNode node, string folder, MemoryJournal journal)
    {
        _node = node;
        _folder = folder;
        Journal = journal;
        Deployer = NewSender();
    }

    public EthereumClient Client => _node.Client;
    public MemoryJournal Journal { get; }
    public int Restarts => _node.Restarts;
    public int Replayed => _node.Replayed;

    /// <summary>Where the node listens now; changes when it is restarted.</summary>
    public Uri Endpoint => _node.Endpoint;

    /// <summary>A funded account that has sent nothing yet.</summary>
    public TransactionSender Deployer { get; }

    /// <summary>Starts a chain; one that goes on from a journal when one is given.</summary>
    public static async Task<LocalChain> StartAsync(
        MemoryJournal? journal = null,
        bool ganache = false,
        TimeSpan? heartbeat = null,
        ulong chainId = EmbeddedChain.Id
    )
    {
        var folder = Directory.CreateTempSubdirectory("medledger-chain-").FullName;
        var options = new LocalNodeOptions
        {
            Folder = folder,
            ChainId = chainId,
            Kind = ganache ? ChainNodeKind.Ganache : null,
            Heartbeat = heartbeat ?? TimeSpan.FromMinutes(5),
        };
        journal ??= new MemoryJournal();
        return new LocalChain(await LocalNode.StartAsync(options, journal, TimeProvider.System), folder, journal);
    }

    /// <summary>Deploys all contracts, every role with <see cref="Deployer"/> unless others are named.</summary>
    public Task<Deployment> DeployAsync(DeploymentRoles? roles = null) =>
        Deployment.DeployAsync(
            Client,
            Deployer,
            new DeploymentOptions { Roles = roles ?? DeploymentRoles.All(Deployer.Address) },
            null,
            default
        );

    /// <summary>A sender with money; of a new key unless one is given.</summary>
    public TransactionSender NewSender(Secp256k1PrivateKey? key = null, SenderOptions? options = null)
    {
        key ??= Secp256k1PrivateKey.Generate();
        _node.FundAsync(key.Address, default).GetAwaiter().GetResult();
        var sender = new TransactionSender(
            Client,
            key,
            Journal,
            TimeProvider.System,
            options ?? LocalNode.SenderOptions
        );
        _owned.Add(sender);
        return sender;
    }

    /// <summary>Calls any method of the node, its own ones (<c>anvil_*</c>, <c>evm_*</c>) too.</summary>
    public Task<JsonElement> CallAsync(string method, params object?[] parameters) =>
        Client.Rpc.CallAsync(method, parameters, default);

    /// <summary>Kills the node as the kernel would: it loses all its state.</summary>
    public void Kill()
    {
        using var process = Process.GetProcessById(_node.ProcessId);
        process.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
            owned.Dispose();
        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
