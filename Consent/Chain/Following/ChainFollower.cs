using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Rpc;

namespace MedLedger.Consent.Chain.Following;

/// <summary>How the chain is followed.</summary>
public sealed record FollowerOptions
{
    /// <summary>How often the head is asked for.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Blocks that can be taken back; a deeper reorganisation reads everything again.</summary>
    public int ReorganisationWindow { get; init; } = 128;

    /// <summary>How far a second endpoint may be behind the first.</summary>
    public int SecondEndpointLag { get; init; } = 8;
}

/// <summary>Two endpoints disagree about the chain: one of them lies or follows another branch.</summary>
public sealed class ChainDisagreementException(ulong block)
    : Exception($"Two chain endpoints have different blocks {block}.");

/// <summary>
/// Keeps a <see cref="ChainState"/> at the head: reads blocks by hash, checks that each continues the one before, takes
/// back what a reorganisation replaced. Old blocks are read in ranges. With a second endpoint both must have the same
/// blocks; while they do not, the state stands still and grows old, and whoever decides on it denies.
/// </summary>
public sealed class ChainFollower : IDisposable
{
    private readonly EthereumClient _client;
    private readonly EthereumClient? _second;
    private readonly Deployment _deployment;
    private readonly ChainEventReader _reader;
    private readonly LogReader _logs;
    private readonly TimeProvider _clock;
    private readonly FollowerOptions _options;
    private readonly SemaphoreSlim _following = new(1);
    private volatile ChainState _state = new();
    private (long At, ChainUnavailableException Problem)? _silent; // guarded by _following

    /// <summary>Prepares to follow a deployment's contracts.</summary>
    /// <param name="client">The endpoint that is read.</param>
    /// <param name="deployment">The contracts.</param>
    /// <param name="clock">For the age of the state.</param>
    /// <param name="options">How.</param>
    /// <param name="second">An endpoint of somebody else that must agree; null for none.</param>
    public ChainFollower(
        EthereumClient client,
        Deployment deployment,
        TimeProvider clock,
        FollowerOptions? options = null,
        EthereumClient? second = null
    )
    {
        (_client, _second, _deployment, _clock) = (client, second, deployment, clock);
        _options = options ?? new FollowerOptions();
        _reader = new ChainEventReader(deployment);
        _logs = new LogReader(client);
    }

    /// <summary>The state as last read. A deep reorganisation or a rebuilt chain replaces the object.</summary>
    public ChainState State => _state;

    /// <summary>Called after blocks were taken back, with the lowest number that changed: what stood there may have to be sent again.</summary>
    public Func<ulong, CancellationToken, Task>? OnRollback { get; set; }

    /// <summary>Brings the state to the head.</summary>
    /// <exception cref="ChainUnavailableException">An endpoint does not answer.</exception>
    /// <exception cref="ChainDisagreementException">The endpoints differ.</exception>
    /// <exception cref="ChainHistoryException">The endpoint's logs are incomplete or contradictory.</exception>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        var asked = _clock.GetTimestamp();
        await _following.WaitAsync(cancellation).ConfigureAwait(false);
        ulong? changedFrom = null;
        try
        {
            // who waited while an endpoint did not answer is told so, instead of waiting for the same once more
            if (_silent is { } silent && silent.At >= asked)
                throw new ChainUnavailableException(silent.Problem.Message, silent.Problem);
            var head = await TargetAsync(cancellation).ConfigureAwait(false);
            for (var attempts = 0; _state.Head?.Hash != head.Hash; attempts++)
            {
                if (attempts == 20)
                    throw new ChainUnavailableException("The chain changes faster than it can be read.");
                var lowest = await RollBackAsync(head, cancellation).ConfigureAwait(false);
                changedFrom = Least(changedFrom, lowest);
                if (!await AdvanceAsync(head, cancellation).ConfigureAwait(false))
                    head = await TargetAsync(cancellation).ConfigureAwait(false);
            }
            _state.Confirm(_clock.GetUtcNow());
        }
        catch (ChainUnavailableException problem) when (problem.InnerException is not ChainUnavailableException)
        {
            _silent = (_clock.GetTimestamp(), problem);
            throw;
        }
        finally
        {
            _following.Release();
        }
        if (changedFrom is { } from && OnRollback is { } told)
            await told(from, cancellation).ConfigureAwait(false);
    }

    /// <summary>Brings the state to a block at least, for example that of a receipt.</summary>
    public async Task<ChainState> AtLeastAsync(ulong block, CancellationToken cancellation)
    {
        while (_state.Head is not { } head || head.Number < block)
        {
            await RefreshAsync(cancellation).ConfigureAwait(false);
            if (_state.Head!.Number < block)
                await Task.Delay(_options.Poll / 4, _clock, cancellation).ConfigureAwait(false);
        }
        return _state;
    }

    /// <summary>Follows until cancelled. Failures are reported and tried again; the state grows old meanwhile.</summary>
    public async Task RunAsync(Action<Exception>? report, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await RefreshAsync(cancellation).ConfigureAwait(false);
            }
            catch (Exception problem)
                when (problem
                        is ChainUnavailableException
                            or ChainDisagreementException
                            or ChainHistoryException
                            or JsonRpcException
                            or System.Text.Json.JsonException
                )
            {
                report?.Invoke(problem);
            }
            await Task.Delay(_options.Poll, _clock, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The block to go to: the head, on which the endpoints agree. Never one below it: a revocation counts at once.</summary>
    private async Task<Block> TargetAsync(CancellationToken cancellation)
    {
        if (await _client.ChainIdAsync(cancellation).ConfigureAwait(false) != _deployment.ChainId)
            throw new ChainHistoryException("The endpoint serves another chain than the contracts are on.");
        var head = await _client.HeadAsync(cancellation).ConfigureAwait(false);
        return _second is null ? head : await AgreedAsync(head, cancellation).ConfigureAwait(false);
    }

    private async Task<Block> AgreedAsync(Block head, CancellationToken cancellation)
    {
        var other = await _second!.HeadAsync(cancellation).ConfigureAwait(false);
        if (other.Number + (ulong)_options.SecondEndpointLag < head.Number)
            throw new ChainUnavailableException("The second chain endpoint is behind the first.");
        var common = Math.Min(other.Number, head.Number);
        var mine = common == head.Number ? head : await HeaderAsync(common, cancellation).ConfigureAwait(false);
        var theirs =
            common == other.Number
                ? other
                : await _second.BlockAsync(BlockId.At(common), cancellation).ConfigureAwait(false);
        return mine.Hash == theirs?.Hash ? mine : throw new ChainDisagreementException(common);
    }

    private async Task<Block> HeaderAsync(ulong number, CancellationToken cancellation) =>
        await _client.BlockAsync(BlockId.At(number), cancellation).ConfigureAwait(false)
        ?? throw new ChainUnavailableException($"The endpoint has no block {number}.");

    /// <summary>Takes back blocks that the node no longer has. Returns the lowest number that changed.</summary>
    private async Task<ulong?> RollBackAsync(Block target, CancellationToken cancellation)
    {
        ulong? lowest = null;
        foreach (var ours in _state.Recent.ToList())
        {
            var theirs =
                ours.Number == target.Number ? target
                : ours.Number > target.Number ? null
                : await _client.BlockAsync(BlockId.At(ours.Number), cancellation).ConfigureAwait(false);
            if (theirs?.Hash == ours.Hash)
                return lowest;
            _state.TakeBack();
            lowest = ours.Number;
        }
        // nothing in common: a rebuilt chain, or a reorganisation deeper than the window
        _state = new ChainState();
        return lowest is null ? null : 0;
    }

    /// <summary>Reads on to a block. False when the node changed its mind meanwhile.</summary>
    private async Task<bool> AdvanceAsync(Block target, CancellationToken cancellation)
    {
        if (_state.Head is { } head && head.Number + (ulong)_options.ReorganisationWindow >= target.Number)
            return await ReadBlocksAsync(_state, target, cancellation).ConfigureAwait(false);

        // into a fresh object: what fails half way leaves nothing wrong behind
        var fresh = new ChainState();
        if (
            !await ReadDeepAsync(fresh, target, cancellation).ConfigureAwait(false)
            || !await ReadBlocksAsync(fresh, target, cancellation).ConfigureAwait(false)
        )
            return false;
        await CompareAsync(fresh, target, cancellation).ConfigureAwait(false);
        _state = fresh;
        return true;
    }

    private async Task<bool> ReadBlocksAsync(ChainState state, Block target, CancellationToken cancellation)
    {
        while (state.Head is { } head && head.Number < target.Number)
        {
            var next =
                head.Number + 1 == target.Number
                    ? target
                    : await HeaderAsync(head.Number + 1, cancellation).ConfigureAwait(false);
            if (next.ParentHash != head.Hash)
                return false;
            var logs = await LogsOfAsync(next, cancellation).ConfigureAwait(false);
            if (logs is null)
                return false;
            state.ApplyBlock(HeadOf(next), [.. _reader.Read(logs)], _options.ReorganisationWindow);
        }
        return state.Head?.Hash == target.Hash;
    }

    private async Task<IReadOnlyList<ChainLog>?> LogsOfAsync(Block block, CancellationToken cancellation)
    {
        try
        {
            var logs = await _client.LogsAsync(_reader.Addresses, block.Hash, cancellation).ConfigureAwait(false);
            return [.. logs.OrderBy(log => log.Index)];
        }
        catch (JsonRpcException)
        {
            // gone by a reorganisation, or a real refusal: the header tells
            if (await _client.BlockAsync(BlockId.At(block.Hash), cancellation).ConfigureAwait(false) is null)
                return null;
            throw;
        }
    }

    /// <summary>Reads in ranges up to the window below the target.</summary>
    private async Task<bool> ReadDeepAsync(ChainState fresh, Block target, CancellationToken cancellation)
    {
        if (await _deployment.FindMissingAsync(_client, cancellation).ConfigureAwait(false) is { } missing)
            throw new ChainHistoryException($"The contract {missing} is not on the chain any more: was it reset?");
        fresh.ReservationPeriod = await new AnalysisLedger(_client, _deployment.AnalysisLedger)
            .ReservationPeriodAsync(cancellation)
            .ConfigureAwait(false);
        var first = _deployment.FirstBlock;
        if (first > target.Number)
            throw new ChainHistoryException(
                "The chain is shorter than when the contracts were deployed: was it reset?"
            );
        var window = (ulong)_options.ReorganisationWindow;
        var last = Math.Max(target.Number > window ? target.Number - window : 0, first);
        var border = await HeaderAsync(last, cancellation).ConfigureAwait(false);
        await foreach (var (logs, _) in _logs.ReadAsync(_reader.Addresses, first, last, cancellation))
            fresh.ApplyDeep(_reader.Read(logs));
        var again = await HeaderAsync(last, cancellation).ConfigureAwait(false);
        fresh.ApplyBlock(HeadOf(border), [], _options.ReorganisationWindow);
        return again.Hash == border.Hash;
    }

    /// <summary>A node that has pruned its logs answers with none: the contract's own count shows it.</summary>
    private async Task CompareAsync(ChainState state, Block at, CancellationToken cancellation)
    {
        var registry = new ConsentRegistry(_client, _deployment.ConsentRegistry);
        var size = await registry.SizeAsync(BlockId.At(at.Number), cancellation).ConfigureAwait(false);
        if (size == state.GrantCount)
            return;
        var now = await HeaderAsync(at.Number, cancellation).ConfigureAwait(false);
        if (now.Hash == at.Hash)
            throw new ChainHistoryException(
                "The endpoint does not have all logs (a pruned node?): grants are missing."
            );
    }

    private ChainHead HeadOf(Block block) =>
        new(block.Number, block.Hash, DateTimeOffset.FromUnixTimeSeconds((long)block.Time), _clock.GetUtcNow());

    private static ulong? Least(ulong? a, ulong? b) =>
        a is null ? b
        : b is null ? a
        : Math.Min(a.Value, b.Value);

    /// <inheritdoc/>
    public void Dispose() => _following.Dispose();
}
