using System.Numerics;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Transactions;

/// <summary>What is to be done on the chain; nonce and fees are the sender's matter.</summary>
public sealed record TransactionRequest
{
    /// <summary>The callee; null creates a contract.</summary>
    public required EthereumAddress? To { get; init; }

    /// <summary>Call data or creation code.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Wei to send.</summary>
    public BigInteger Value { get; init; }

    /// <summary>Gas limit; estimated with a margin when null.</summary>
    public ulong? Gas { get; init; }

    /// <summary>A short word for journal and messages, without any content of records.</summary>
    public required string Purpose { get; init; }
}

/// <summary>A transaction in a block that is deep enough.</summary>
/// <param name="Receipt">What it did.</param>
/// <param name="Block">The block it is in.</param>
public sealed record MinedTransaction(TransactionReceipt Receipt, Block Block);

/// <summary>A transaction is in a block, but its call reverted; its nonce is used.</summary>
public sealed class TransactionRevertedException(string purpose, Bytes32 hash, Abi.Revert revert)
    : Exception($"The chain refused '{purpose}': {revert}")
{
    /// <summary>Hash of the transaction.</summary>
    public Bytes32 Hash { get; } = hash;

    /// <summary>The reason, when it could be found out.</summary>
    public Abi.Revert Revert { get; } = revert;
}

/// <summary>A transaction is in no block of the wanted depth within the deadline. It stays in the journal and is sent again at the next start.</summary>
public sealed class TransactionNotMinedException(string purpose, Bytes32 hash)
    : Exception($"'{purpose}' ({hash}) is in no block of the wanted depth yet.")
{
    /// <summary>Hash of the transaction as last sent.</summary>
    public Bytes32 Hash { get; } = hash;
}

/// <summary>Another transaction of the same account used the nonce: somebody else signs with this key.</summary>
public sealed class TransactionReplacedException(string purpose, Bytes32 hash)
    : Exception($"'{purpose}' ({hash}) can never be in a block: its nonce was used by another transaction.")
{
    /// <summary>Hash of the transaction that was lost.</summary>
    public Bytes32 Hash { get; } = hash;
}
