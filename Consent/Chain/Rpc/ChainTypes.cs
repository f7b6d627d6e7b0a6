using System.Numerics;
using System.Text.Json;
using MedLedger.Consent.Chain.Abi;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Rpc;

/// <summary>The header of a block, as far as we use it.</summary>
public sealed record Block(ulong Number, Bytes32 Hash, Bytes32 ParentHash, ulong Time, BigInteger? BaseFee)
{
    internal static Block Read(JsonElement json) =>
        new(
            Quantity.UInt64(json.GetProperty("number")),
            Quantity.Hash(json.GetProperty("hash")),
            Quantity.Hash(json.GetProperty("parentHash")),
            Quantity.UInt64(json.GetProperty("timestamp")),
            json.TryGetProperty("baseFeePerGas", out var fee) && fee.ValueKind == JsonValueKind.String
                ? Quantity.Integer(fee)
                : null
        );
}

/// <summary>A log that a contract wrote, and where it stands.</summary>
public sealed record ChainLog(
    EthereumAddress Address,
    IReadOnlyList<Bytes32> Topics,
    ReadOnlyMemory<byte> Data,
    ulong Block,
    Bytes32 BlockHash,
    Bytes32 Transaction,
    int Index
)
{
    internal static ChainLog Read(JsonElement json) =>
        new(
            Quantity.Address(json.GetProperty("address")),
            [.. json.GetProperty("topics").EnumerateArray().Select(Quantity.Hash)],
            Quantity.Data(json.GetProperty("data")),
            Quantity.UInt64(json.GetProperty("blockNumber")),
            Quantity.Hash(json.GetProperty("blockHash")),
            Quantity.Hash(json.GetProperty("transactionHash")),
            (int)Quantity.UInt64(json.GetProperty("logIndex"))
        );
}

/// <summary>What a transaction in a block did.</summary>
public sealed record TransactionReceipt(
    Bytes32 Hash,
    bool Succeeded,
    ulong Block,
    Bytes32 BlockHash,
    int Index,
    ulong GasUsed,
    EthereumAddress? Contract,
    IReadOnlyList<ChainLog> Logs
)
{
    internal static TransactionReceipt Read(JsonElement json) =>
        new(
            Quantity.Hash(json.GetProperty("transactionHash")),
            Quantity.UInt64(json.GetProperty("status")) == 1,
            Quantity.UInt64(json.GetProperty("blockNumber")),
            Quantity.Hash(json.GetProperty("blockHash")),
            (int)Quantity.UInt64(json.GetProperty("transactionIndex")),
            Quantity.UInt64(json.GetProperty("gasUsed")),
            json.TryGetProperty("contractAddress", out var created) && created.ValueKind == JsonValueKind.String
                ? Quantity.Address(created)
                : null,
            [.. json.GetProperty("logs").EnumerateArray().Select(ChainLog.Read)]
        );
}

/// <summary>A call that does not change the chain, or one whose gas is to be estimated.</summary>
public sealed record CallRequest(EthereumAddress? To, ReadOnlyMemory<byte> Data)
{
    /// <summary>The account that the callee sees; needed where it checks roles.</summary>
    public EthereumAddress? From { get; init; }

    /// <summary>Most gas; the node's default when null.</summary>
    public ulong? Gas { get; init; }

    /// <summary>Wei.</summary>
    public BigInteger Value { get; init; }

    internal Dictionary<string, object> ToParameter()
    {
        var parameter = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            // every node reads it under this name; hardhat's refuses a call that has it as "input" too
            ["data"] = Quantity.Write(Data.Span),
        };
        if (To is { } to)
            parameter["to"] = to.ToString();
        if (From is { } from)
            parameter["from"] = from.ToString();
        if (Gas is { } gas)
            parameter["gas"] = Quantity.Write(gas);
        if (!Value.IsZero)
            parameter["value"] = Quantity.Write(Value);
        return parameter;
    }
}

/// <summary>A call reverted: the contract refused it.</summary>
public sealed class CallRevertedException(Revert revert) : Exception($"The contract refused: {revert}")
{
    /// <summary>The reason.</summary>
    public Revert Revert { get; } = revert;
}
