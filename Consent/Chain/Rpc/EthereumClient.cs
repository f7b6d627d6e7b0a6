using System.Numerics;
using System.Text.Json;
using MedLedger.Consent.Chain.Abi;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Rpc;

/// <summary>
/// The questions we ask an EVM node, typed. What it answers is not trusted to be well-formed: malformed answers are a
/// <see cref="JsonException"/>. Works with any node that speaks the execution API.
/// </summary>
public sealed class EthereumClient(JsonRpcClient rpc)
{
    private ulong? _chainId;

    /// <summary>The connection below.</summary>
    public JsonRpcClient Rpc => rpc;

    /// <summary>The chain's id (EIP-155), asked once.</summary>
    public async Task<ulong> ChainIdAsync(CancellationToken cancellation) =>
        _chainId ??= Quantity.UInt64(await rpc.CallAsync("eth_chainId", [], cancellation).ConfigureAwait(false));

    /// <summary>A block's header; null when the node does not have the block.</summary>
    public async Task<Block?> BlockAsync(BlockId id, CancellationToken cancellation)
    {
        var json = id is BlockId.Hash hash
            ? await rpc.CallAsync("eth_getBlockByHash", [hash.Value.ToString(), false], cancellation)
                .ConfigureAwait(false)
            : await rpc.CallAsync("eth_getBlockByNumber", [id.ToParameter(), false], cancellation)
                .ConfigureAwait(false);
        return json.ValueKind == JsonValueKind.Object ? Block.Read(json) : null;
    }

    /// <summary>The newest block's header.</summary>
    public async Task<Block> HeadAsync(CancellationToken cancellation) =>
        await BlockAsync(BlockId.Latest, cancellation).ConfigureAwait(false)
        ?? throw new ChainUnavailableException($"The node at {rpc.Endpoint} has no block.");

    /// <summary>How many transactions an account has made.</summary>
    public async Task<ulong> NonceAsync(EthereumAddress account, BlockId at, CancellationToken cancellation) =>
        Quantity.UInt64(
            await rpc.CallAsync("eth_getTransactionCount", [account.ToString(), at.ToParameter()], cancellation)
                .ConfigureAwait(false)
        );

    /// <summary>Wei of an account.</summary>
    public async Task<BigInteger> BalanceAsync(EthereumAddress account, CancellationToken cancellation) =>
        Quantity.Integer(
            await rpc.CallAsync("eth_getBalance", [account.ToString(), "latest"], cancellation).ConfigureAwait(false)
        );

    /// <summary>Runtime code of an account; empty when it is no contract.</summary>
    public async Task<byte[]> CodeAsync(EthereumAddress account, CancellationToken cancellation) =>
        Quantity.Data(
            await rpc.CallAsync("eth_getCode", [account.ToString(), "latest"], cancellation).ConfigureAwait(false)
        );

    /// <summary>Calls a contract without changing anything.</summary>
    /// <exception cref="CallRevertedException">The contract refused.</exception>
    public async Task<byte[]> CallAsync(CallRequest call, BlockId at, CancellationToken cancellation)
    {
        try
        {
            return Quantity.Data(
                await rpc.CallAsync("eth_call", [call.ToParameter(), at.ToParameter()], cancellation)
                    .ConfigureAwait(false)
            );
        }
        catch (JsonRpcException problem) when (TryReadRevert(problem, out var revert))
        {
            throw new CallRevertedException(revert);
        }
    }

    /// <summary>The least gas with which a transaction succeeds now.</summary>
    /// <exception cref="CallRevertedException">It would revert.</exception>
    public async Task<ulong> EstimateGasAsync(CallRequest call, CancellationToken cancellation)
    {
        try
        {
            return Quantity.UInt64(
                await rpc.CallAsync("eth_estimateGas", [call.ToParameter()], cancellation).ConfigureAwait(false)
            );
        }
        catch (JsonRpcException problem) when (TryReadRevert(problem, out var revert))
        {
            throw new CallRevertedException(revert);
        }
    }

    /// <summary>The priority fee that the node suggests; one gwei when it has no opinion.</summary>
    public async Task<BigInteger> PriorityFeeAsync(CancellationToken cancellation)
    {
        try
        {
            return Quantity.Integer(
                await rpc.CallAsync("eth_maxPriorityFeePerGas", [], cancellation).ConfigureAwait(false)
            );
        }
        catch (JsonRpcException)
        {
            return 1_000_000_000;
        }
    }

    /// <summary>Sends a signed transaction. Errors are worded differently by every node: look at the state afterwards.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> raw, CancellationToken cancellation) =>
        await rpc.CallAsync("eth_sendRawTransaction", [Quantity.Write(raw.Span)], cancellation).ConfigureAwait(false);

    /// <summary>The receipt of a transaction; null while it is in no block.</summary>
    public async Task<TransactionReceipt?> ReceiptAsync(Bytes32 hash, CancellationToken cancellation)
    {
        var json = await rpc.CallAsync("eth_getTransactionReceipt", [hash.ToString()], cancellation)
            .ConfigureAwait(false);
        return json.ValueKind == JsonValueKind.Object ? TransactionReceipt.Read(json) : null;
    }

    /// <summary>Whether the node knows a transaction, in a block or waiting.</summary>
    public async Task<bool> KnowsAsync(Bytes32 hash, CancellationToken cancellation)
    {
        var json = await rpc.CallAsync("eth_getTransactionByHash", [hash.ToString()], cancellation)
            .ConfigureAwait(false);
        return json.ValueKind == JsonValueKind.Object;
    }

    /// <summary>The call data of a transaction in a block; null when there is none of this hash.</summary>
    public async Task<byte[]?> InputAsync(Bytes32 hash, CancellationToken cancellation)
    {
        var json = await rpc.CallAsync("eth_getTransactionByHash", [hash.ToString()], cancellation)
            .ConfigureAwait(false);
        return json.ValueKind == JsonValueKind.Object ? Quantity.Data(json.GetProperty("input")) : null;
    }

    /// <summary>The logs of some contracts in a range of blocks, both ends included; see <see cref="LogReader"/>.</summary>
    public Task<IReadOnlyList<ChainLog>> LogsAsync(
        IReadOnlyList<EthereumAddress> addresses,
        ulong from,
        ulong to,
        CancellationToken cancellation
    ) =>
        LogsAsync(
            new
            {
                address = addresses.Select(address => address.ToString()),
                fromBlock = Quantity.Write(from),
                toBlock = Quantity.Write(to),
            },
            cancellation
        );

    /// <summary>The logs of some contracts in one block, named by its hash (EIP-234).</summary>
    public Task<IReadOnlyList<ChainLog>> LogsAsync(
        IReadOnlyList<EthereumAddress> addresses,
        Bytes32 block,
        CancellationToken cancellation
    ) =>
        LogsAsync(
            new { address = addresses.Select(address => address.ToString()), blockHash = block.ToString() },
            cancellation
        );

    private async Task<IReadOnlyList<ChainLog>> LogsAsync(object filter, CancellationToken cancellation)
    {
        var json = await rpc.CallAsync("eth_getLogs", [filter], cancellation).ConfigureAwait(false);
        return json.ValueKind == JsonValueKind.Array
            ? [.. json.EnumerateArray().Select(ChainLog.Read)]
            : throw new JsonException("A node sent no list of logs.");
    }

    // geth, anvil: data is the hex string; ganache, hardhat: an object with the string under "data" or "result"
    private static bool TryReadRevert(JsonRpcException problem, out Revert revert)
    {
        revert = new Revert("Empty", null, default);
        var text = problem.ErrorData switch
        {
            { ValueKind: JsonValueKind.String } data => data.GetString(),
            { ValueKind: JsonValueKind.Object } data => Member(data, "data") ?? Member(data, "result"),
            _ => null,
        };
        if (text is not null && text.StartsWith("0x", StringComparison.Ordinal) && text.Length % 2 == 0)
        {
            revert = Revert.Decode(Convert.FromHexString(text.AsSpan(2)), ContractArtifact.AllErrors);
            return true;
        }
        return problem.NodeMessage.Contains("revert", StringComparison.OrdinalIgnoreCase);
    }

    private static string? Member(JsonElement data, string name) =>
        data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
