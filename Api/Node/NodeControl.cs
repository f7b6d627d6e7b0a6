using System.Globalization;
using System.Numerics;
using System.Text.Json;
using MedLedger.Api.Toolchain;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Api.Node;

/// <summary>What only a development node can do: give money, choose times, make blocks on demand.</summary>
internal sealed class NodeControl(JsonRpcClient rpc, ChainNodeKind kind)
{
    /// <summary>Arguments of the program for a port.</summary>
    public static IEnumerable<string> Arguments(ChainNodeKind kind, int port, ulong chainId, ulong genesisTime)
    {
        var id = chainId.ToString(CultureInfo.InvariantCulture);
        var number = port.ToString(CultureInfo.InvariantCulture);
        return kind == ChainNodeKind.Anvil
            ?
            [
                .. (string[])["--host", "127.0.0.1", "--port", number, "--chain-id", id],
                .. (string[])["--timestamp", genesisTime.ToString(CultureInfo.InvariantCulture)],
                .. (string[])["--accounts", "1", "--balance", "0", "--order", "fifo", "--no-cors"],
                .. (string[])["--enable-tx-gas-limit", "--block-base-fee-per-gas", "0", "--prune-history", "1000"],
            ]
            :
            [
                .. (string[])["--server.host", "127.0.0.1", "--server.port", number, "--chain.chainId", id],
                .. (string[])["--chain.networkId", id, "--chain.hardfork", "shanghai", "--logging.quiet"],
                .. (string[])["--wallet.totalAccounts", "1", "--wallet.defaultBalance", "0"],
                .. (string[])
                    [
                        "--chain.time",
                        DateTimeOffset
                            .FromUnixTimeSeconds((long)genesisTime)
                            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                    ],
            ];
    }

    /// <summary>Gives an account enough for everything.</summary>
    public Task FundAsync(EthereumAddress account, CancellationToken cancellation) =>
        rpc.CallAsync(
            kind == ChainNodeKind.Anvil ? "anvil_setBalance" : "evm_setAccountBalance",
            [
                account.ToString(),
                "0x" + (BigInteger.One << 96).ToString("x", CultureInfo.InvariantCulture).TrimStart('0'),
            ],
            cancellation
        );

    /// <summary>Sets the node's clock, in Unix seconds; it runs on from there.</summary>
    public async Task SetTimeAsync(ulong time, CancellationToken cancellation)
    {
        if (kind == ChainNodeKind.Anvil)
            await rpc.CallAsync("anvil_setTime", [time], cancellation);
        else
            await rpc.CallAsync("evm_setTime", [$"0x{time * 1000:x}"], cancellation);
    }

    /// <summary>Makes a block now, with whatever waits.</summary>
    public Task<JsonElement> MineAsync(CancellationToken cancellation) => rpc.CallAsync("evm_mine", [], cancellation);

    /// <summary>Whether blocks are made as transactions come, or only by <see cref="MineAtAsync"/>.</summary>
    public async Task SetAutomaticAsync(bool automatic, CancellationToken cancellation)
    {
        if (kind == ChainNodeKind.Anvil)
            await rpc.CallAsync("evm_setAutomine", [automatic], cancellation);
        else
            await rpc.CallAsync(automatic ? "miner_start" : "miner_stop", [], cancellation);
    }

    /// <summary>Puts signed transactions into one block of a given time.</summary>
    public async Task MineAtAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> transactions,
        ulong time,
        CancellationToken cancellation
    )
    {
        foreach (var raw in transactions)
            await SendAsync(raw, cancellation);
        if (kind == ChainNodeKind.Anvil)
            await rpc.CallAsync("evm_mine", [new { timestamp = time, blocks = 1 }], cancellation);
        else
            await rpc.CallAsync("evm_mine", [time], cancellation);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> raw, CancellationToken cancellation) =>
        await rpc.CallAsync("eth_sendRawTransaction", [$"0x{Convert.ToHexStringLower(raw.Span)}"], cancellation);
}
