using MedLedger.Api.Cli;
using MedLedger.Consent.Chain.Rpc;

namespace MedLedger.Api.Node;

/// <summary>The way to a chain: the embedded node, or an endpoint and perhaps a second one that must agree with it.</summary>
internal sealed record Connection(EthereumClient Client, LocalNode? Node, EthereumClient? Second)
{
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(10);

    /// <summary>To the embedded node.</summary>
    public Connection(LocalNode node)
        : this(node.Client, node, null) { }

    /// <summary>What is disposed of with the chain; the embedded node sees to itself.</summary>
    public IReadOnlyList<IDisposable> Owned { get; private init; } = [];

    /// <summary>To other endpoints, which must answer, and serve one chain.</summary>
    /// <exception cref="CommandFailure">One does not answer, or they serve different chains (exit 3).</exception>
    public static async Task<Connection> ToAsync(
        Uri endpoint,
        Uri? second,
        TimeSpan deadline,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        var options = new JsonRpcOptions { Deadline = deadline };
        var chainId = await ProbeAsync(endpoint, time, cancellation);
        var rpc = new JsonRpcClient(endpoint, time, options);
        if (second is null)
            return new Connection(new EthereumClient(rpc), null, null) { Owned = [rpc] };
        if (await ProbeAsync(second, time, cancellation) != chainId)
        {
            rpc.Dispose();
            throw CommandFailure.Machine("The two chain endpoints serve different chains.");
        }
        var other = new JsonRpcClient(second, time, options);
        return new Connection(new EthereumClient(rpc), null, new EthereumClient(other)) { Owned = [rpc, other] };
    }

    // who starts a program waits less patiently than a program that runs
    private static async Task<ulong> ProbeAsync(Uri endpoint, TimeProvider time, CancellationToken cancellation)
    {
        using var rpc = new JsonRpcClient(endpoint, time, new JsonRpcOptions { Deadline = FirstAnswer });
        try
        {
            return await new EthereumClient(rpc).ChainIdAsync(cancellation);
        }
        catch (Exception failure)
            when (failure is ChainUnavailableException or JsonRpcException or System.Text.Json.JsonException)
        {
            throw CommandFailure.Machine(
                $"The chain endpoint {rpc.Endpoint} does not answer. Check its address and that the node runs.",
                failure
            );
        }
    }
}
