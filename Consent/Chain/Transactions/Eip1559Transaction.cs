using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Transactions;

/// <summary>A transaction of type 2 (EIP-1559), before it is signed. Its access list is always empty.</summary>
public sealed record Eip1559Transaction
{
    private const byte TypeByte = 2;

    /// <summary>The chain it is valid on.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>Number of transactions that the sender made before.</summary>
    public required ulong Nonce { get; init; }

    /// <summary>Most wei a gas for whoever makes the block.</summary>
    public required BigInteger MaxPriorityFeePerGas { get; init; }

    /// <summary>Most wei a gas in all.</summary>
    public required BigInteger MaxFeePerGas { get; init; }

    /// <summary>Most gas.</summary>
    public required ulong GasLimit { get; init; }

    /// <summary>The callee; null creates a contract.</summary>
    public required EthereumAddress? To { get; init; }

    /// <summary>Wei to send.</summary>
    public BigInteger Value { get; init; }

    /// <summary>Call data, or creation code with constructor arguments.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The hash that is signed: <c>keccak256(0x02 || rlp([chainId, nonce, ..., accessList]))</c>.</summary>
    public byte[] SigningHash() => Keccak256.Hash([TypeByte, .. Rlp.Encode(Rlp.List(Fields()))]);

    /// <summary>Signs and encodes: <c>0x02 || rlp([..., y_parity, r, s])</c>.</summary>
    public SignedTransaction Sign(Secp256k1PrivateKey key)
    {
        var signature = key.Sign(SigningHash());
        byte[] raw =
        [
            TypeByte,
            .. Rlp.Encode(
                Rlp.List([
                    .. Fields(),
                    Rlp.Integer(signature.YParity),
                    Rlp.Integer(new BigInteger(signature.R, isUnsigned: true, isBigEndian: true)),
                    Rlp.Integer(new BigInteger(signature.S, isUnsigned: true, isBigEndian: true)),
                ])
            ),
        ];
        return new SignedTransaction(this, key.Address, raw);
    }

    private RlpItem[] Fields() =>
        [
            Rlp.Integer(ChainId),
            Rlp.Integer(Nonce),
            Rlp.Integer(MaxPriorityFeePerGas),
            Rlp.Integer(MaxFeePerGas),
            Rlp.Integer(GasLimit),
            Rlp.Bytes(To is { } to ? to.ToBytes() : []),
            Rlp.Integer(Value),
            Rlp.Bytes(Data.Span),
            Rlp.List([]),
        ];

    internal static bool TryRead(
        ReadOnlyMemory<byte> raw,
        [NotNullWhen(true)] out Eip1559Transaction? transaction,
        [NotNullWhen(true)] out EcdsaSignature? signature
    )
    {
        transaction = null;
        signature = null;
        if (raw.Length < 2 || raw.Span[0] != TypeByte || !Rlp.TryDecode(raw[1..], out var item))
            return false;
        if (item is not RlpItem.List { Items: { Count: 12 } items } || items[8] is not RlpItem.List { Items.Count: 0 })
            return false;
        var integers = new BigInteger[12];
        foreach (var i in (int[])[0, 1, 2, 3, 4, 6, 9, 10, 11])
        {
            if ((items[i] as RlpItem.Bytes)?.ToInteger() is not { } number || number.GetBitLength() > 256)
                return false;
            integers[i] = number;
        }
        if (
            items[5] is not RlpItem.Bytes { Value.Length: 0 or EthereumAddress.Size } to
            || items[7] is not RlpItem.Bytes data
            || integers[0] > ulong.MaxValue
            || integers[1] > ulong.MaxValue
            || integers[4] > ulong.MaxValue
            || integers[9] > 1
        )
            return false;
        transaction = new Eip1559Transaction
        {
            ChainId = (ulong)integers[0],
            Nonce = (ulong)integers[1],
            MaxPriorityFeePerGas = integers[2],
            MaxFeePerGas = integers[3],
            GasLimit = (ulong)integers[4],
            To = to.Value.IsEmpty ? null : new EthereumAddress(to.Value.Span),
            Value = integers[6],
            Data = data.Value,
        };
        return EcdsaSignature.TryCreate(
            Bytes32.FromBigInteger(integers[10]).ToBytes(),
            Bytes32.FromBigInteger(integers[11]).ToBytes(),
            (int)integers[9],
            out signature
        );
    }
}

/// <summary>A signed transaction with its encoding and hash.</summary>
public sealed record SignedTransaction
{
    internal SignedTransaction(Eip1559Transaction transaction, EthereumAddress sender, byte[] raw)
    {
        Transaction = transaction;
        Sender = sender;
        Raw = raw;
        Hash = new Bytes32(Keccak256.Hash(raw));
    }

    /// <summary>What was signed.</summary>
    public Eip1559Transaction Transaction { get; }

    /// <summary>The account that signed.</summary>
    public EthereumAddress Sender { get; }

    /// <summary>The EIP-2718 envelope that is sent.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>Keccak-256 of <see cref="Raw"/>.</summary>
    public Bytes32 Hash { get; }

    /// <summary>The address of the contract that the transaction creates: the end of <c>keccak256(rlp([sender, nonce]))</c>.</summary>
    public EthereumAddress CreatedContract => ContractAddress(Sender, Transaction.Nonce);

    /// <summary>The address of the contract that a sender creates with a nonce.</summary>
    public static EthereumAddress ContractAddress(EthereumAddress sender, ulong nonce) =>
        new(Keccak256.Hash(Rlp.Encode(Rlp.List(Rlp.Bytes(sender.ToBytes()), Rlp.Integer(nonce)))).AsSpan(12));

    /// <summary>Reads an envelope of type 2 without access list and recovers its sender. False for anything else.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> raw, [NotNullWhen(true)] out SignedTransaction? signed)
    {
        signed = null;
        if (
            !Eip1559Transaction.TryRead(raw, out var transaction, out var signature)
            || !signature.TryRecover(transaction.SigningHash(), out var sender)
        )
            return false;
        signed = new SignedTransaction(transaction, sender, raw.ToArray());
        return true;
    }
}
