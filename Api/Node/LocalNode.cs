using MedLedger.Api.Toolchain;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Api.Node;

/// <summary>How the local chain is run.</summary>
internal sealed record LocalNodeOptions
{
    /// <summary>Folder for process id and scratch files; the chain itself lives in the journal.</summary>
    public required string Folder { get; init; }

    /// <summary>Its chain id.</summary>
    public ulong ChainId { get; init; } = EmbeddedChain.Id;

    /// <summary>A block is made when the newest one is this old, so that the head's time tells something.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The program; the platform's when null.</summary>
    public ChainNodeKind? Kind { get; init; }

    /// <summary>Time of the first block: before any that can be in a journal.</summary>
    public ulong GenesisTime { get; init; } = 1_735_689_600; // 2025-01-01
}

/// <summary>
/// The embedded chain: a node on the loopback interface, started and ended by us, rebuilt from the journal at every
/// start and whenever it dies. Questions asked meanwhile wait until it is whole again.
/// </summary>
internal sealed class LocalNode : IAsyncDisposable
{
    private const string EndpointFile = "node.url";
    private readonly LocalNodeOptions _options;
    private readonly ITransactionJournal _journal;
    private readonly TimeProvider _clock;
    private readonly Action<string>? _progress;
    private readonly ChainNodeProgram _program;
    private readonly NodeGate _gate;
    private readonly JsonRpcClient _rpc;
    private readonly HashSet<EthereumAddress> _funded = [];
    private readonly CancellationTokenSource _stopping = new();
    private NodeProcess? _process;
    private bool _whole;
    private Task _watch = Task.CompletedTask;

    private LocalNode(
        LocalNodeOptions options,
        ChainNodeProgram program,
        ITransactionJournal journal,
        TimeProvider clock,
        Action<string>? progress
    )
    {
        (_options, _program, _journal, _clock, _progress) = (options, program, journal, clock, progress);
        _gate = new NodeGate();
        _rpc = new JsonRpcClient(new Uri("http://127.0.0.1/"), clock, null, _gate);
        Client = new EthereumClient(_rpc);
    }

    /// <summary>Settings for senders on this chain.</summary>
    public static SenderOptions SenderOptions { get; } = new() { FeeFloor = 10_000_000_000 };

    /// <summary>Asks the chain, whichever process serves it; waits while it is being rebuilt.</summary>
    public EthereumClient Client { get; }

    /// <summary>Where the node listens now, for other programs. Changes when the node is restarted.</summary>
    public Uri Endpoint => _process?.Endpoint ?? throw new InvalidOperationException("The node is not running.");

    /// <summary>The node's process, for tests that kill it.</summary>
    internal int ProcessId => _process?.Id ?? 0;

    /// <summary>How often the node was started again after it died.</summary>
    public int Restarts { get; private set; }

    /// <summary>Transactions that the last start replayed.</summary>
    public int Replayed { get; private set; }

    /// <summary>Where the node of a running program listens, for programs beside it; null when none runs.</summary>
    public static Uri? EndpointOf(string folder)
    {
        var file = Path.Combine(folder, EndpointFile);
        return
            NodeProcess.IsRunning(folder)
            && File.Exists(file)
            && Uri.TryCreate(File.ReadAllText(file), UriKind.Absolute, out var endpoint)
            ? endpoint
            : null;
    }

    /// <summary>Installs the node when it is missing, starts it, and rebuilds the chain.</summary>
    /// <exception cref="MachineException">It cannot be installed or started, or the chain cannot be rebuilt.</exception>
    public static async Task<LocalNode> StartAsync(
        LocalNodeOptions options,
        ITransactionJournal journal,
        TimeProvider clock,
        Action<string>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var kind = options.Kind ?? ChainNodeProgram.Platform;
        var program = await ChainNodeProgram.EnsureAsync(kind, progress, cancellation);
        Directory.CreateDirectory(options.Folder);
        NodeProcess.EndLeftover(options.Folder);
        var node = new LocalNode(options, program, journal, clock, progress);
        try
        {
            await node.BuildAsync(cancellation);
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
        node._watch = node.WatchAsync();
        return node;
    }

    /// <summary>Gives an account money, also after every restart.</summary>
    public async Task FundAsync(EthereumAddress account, CancellationToken cancellation)
    {
        lock (_funded)
            if (!_funded.Add(account))
                return;
        await new NodeControl(_rpc, _program.Kind).FundAsync(account, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watch;
        _process?.Dispose();
        File.Delete(Path.Combine(_options.Folder, EndpointFile));
        _rpc.Dispose();
        _stopping.Dispose();
        var scratch = Path.Combine(_options.Folder, "scratch");
        if (Directory.Exists(scratch))
            Directory.Delete(scratch, recursive: true);
    }

    private async Task BuildAsync(CancellationToken cancellation)
    {
        _process?.Dispose();
        File.Delete(Path.Combine(_options.Folder, EndpointFile));
        _process = NodeProcess.Start(
            _program,
            port => NodeControl.Arguments(_program.Kind, port, _options.ChainId, _options.GenesisTime),
            _options.Folder
        );
        // a connection of its own: others wait at the gate until the chain is whole
        using var rpc = new JsonRpcClient(_process.Endpoint, _clock);
        var client = new EthereumClient(rpc);
        await WaitUntilReadyAsync(client, _process, cancellation);

        var control = new NodeControl(rpc, _program.Kind);
        HashSet<EthereumAddress> funded;
        lock (_funded)
            funded = [.. _funded];
        var replay = new JournalReplay(_journal, client, control, funded);
        Replayed = await replay.RunAsync(_options.ChainId, cancellation);
        lock (_funded)
            _funded.UnionWith(funded);

        // after a replay the node's clock goes on from the last block; expired grants would hold
        await BringToNowAsync(client, control, cancellation);
        await replay.SendOpenAsync(_options.ChainId, cancellation);
        _gate.Open(_process.Endpoint);
        _whole = true;
        // only now: before, others would read half a chain
        await File.WriteAllTextAsync(Path.Combine(_options.Folder, EndpointFile), $"{_process.Endpoint}", cancellation);
        if (Replayed > 0)
            _progress?.Invoke($"Local chain rebuilt from {Replayed} transactions.");
    }

    private async Task WaitUntilReadyAsync(EthereumClient client, NodeProcess process, CancellationToken cancellation)
    {
        var answer = client.ChainIdAsync(cancellation);
        if (await Task.WhenAny(answer, process.Ended) == process.Ended)
            throw new MachineException("The local chain node ended at once.", $"It said: {process.Said.Trim()}");
        try
        {
            if (await answer != _options.ChainId)
                throw new MachineException(
                    "Another program answers on the local node's port.",
                    "Run the command again."
                );
        }
        catch (ChainUnavailableException problem)
        {
            throw new MachineException("The local chain node does not answer.", "Run the command again.", problem);
        }
    }

    private async Task BringToNowAsync(EthereumClient client, NodeControl control, CancellationToken cancellation)
    {
        var now = (ulong)_clock.GetUtcNow().ToUnixTimeSeconds();
        var head = await client.HeadAsync(cancellation);
        await control.SetTimeAsync(Math.Max(now, head.Time), cancellation);
        await control.MineAsync(cancellation);
    }

    /// <summary>Makes blocks when nothing else does, and starts the node again when it dies.</summary>
    private async Task WatchAsync()
    {
        var stop = _stopping.Token;
        var pause = TimeSpan.FromMilliseconds(200);
        while (!stop.IsCancellationRequested)
            try
            {
                var beat = Task.Delay(_options.Heartbeat / 3, _clock, stop);
                if (_whole && await Task.WhenAny(beat, _process!.Ended) == beat)
                {
                    await beat;
                    await BeatAsync(stop);
                    continue;
                }
                if (_whole)
                {
                    _gate.Close();
                    _whole = false;
                    Restarts++;
                    _progress?.Invoke("The local chain node ended; it is started again and rebuilt.");
                }
                await BuildAsync(stop);
                pause = TimeSpan.FromMilliseconds(200);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
                when (problem is MachineException or ChainUnavailableException or JsonRpcException or IOException)
            {
                // stays closed: whoever asks is refused at its deadline, and the gate of consent denies
                _progress?.Invoke(problem.Message);
                await Task.Delay(pause, _clock, CancellationToken.None);
                pause = pause < TimeSpan.FromSeconds(30) ? pause * 2 : pause;
            }
    }

    private async Task BeatAsync(CancellationToken cancellation)
    {
        var head = await Client.HeadAsync(cancellation);
        var now = (ulong)_clock.GetUtcNow().ToUnixTimeSeconds();
        if (now < head.Time + (ulong)_options.Heartbeat.TotalSeconds)
            return;
        await new NodeControl(_rpc, _program.Kind).MineAsync(cancellation);
    }
}
