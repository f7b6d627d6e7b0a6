using System.Text.Json;
using CsCheck;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Tests.Chain;

public sealed class TransactionEncodingTests
{
    public static TheoryData<int> Transactions =>
        new([.. Enumerable.Range(0, EthereumVectors.Read("transactions").Count)]);

    [Theory]
    [MemberData(nameof(Transactions))]
    public void Signs_and_reads_as_the_other_implementation(int number)
    {
        var vector = EthereumVectors.Read("transactions")[number];
        Assert.True(Secp256k1PrivateKey.TryCreate(EthereumVectors.Bytes(vector.GetProperty("key")), out var key));
        var transaction = new Eip1559Transaction
        {
            ChainId = vector.GetProperty("chainId").GetUInt64(),
            Nonce = vector.GetProperty("nonce").GetUInt64(),
            MaxPriorityFeePerGas = EthereumVectors.Integer(vector.GetProperty("maxPriorityFeePerGas")),
            MaxFeePerGas = EthereumVectors.Integer(vector.GetProperty("maxFeePerGas")),
            GasLimit = vector.GetProperty("gasLimit").GetUInt64(),
            To = vector.GetProperty("to") is { ValueKind: JsonValueKind.String } to
                ? EthereumVectors.Address(to)
                : null,
            Value = EthereumVectors.Integer(vector.GetProperty("value")),
            Data = EthereumVectors.Bytes(vector.GetProperty("data")),
        };

        var signed = transaction.Sign(key);

        Assert.Equal(vector.GetProperty("raw").GetString(), "0x" + Convert.ToHexStringLower(signed.Raw.Span));
        Assert.Equal(vector.GetProperty("hash").GetString(), signed.Hash.ToString());
        Assert.Equal(vector.GetProperty("sender").GetString(), signed.Sender.ToString());
        Assert.Equal(vector.GetProperty("created").GetString(), signed.CreatedContract.ToString());
        Assert.True(SignedTransaction.TryParse(signed.Raw, out var read));
        Assert.Equal(signed.Hash, read.Hash);
        Assert.Equal(signed.Sender, read.Sender);
        Assert.Equal(signed.Raw, read.Transaction.Sign(key).Raw.ToArray());
    }

    [Fact]
    public void Any_changed_byte_is_refused_or_names_another_hash()
    {
        var vector = EthereumVectors.Read("transactions")[6];
        var raw = EthereumVectors.Bytes(vector.GetProperty("raw"));
        Assert.True(SignedTransaction.TryParse(raw, out var original));
        Gen.Select(Gen.Int[0, raw.Length - 1], Gen.Byte[1, 255])
            .Sample(
                (position, flip) =>
                {
                    var mutated = raw.ToArray();
                    mutated[position] ^= flip;
                    if (SignedTransaction.TryParse(mutated, out var read))
                        Assert.NotEqual(original.Hash, read.Hash);
                },
                iter: 2_000
            );
    }

    [Fact]
    public void Rlp_is_that_of_the_other_implementation()
    {
        foreach (var vector in EthereumVectors.Read("rlp"))
        {
            var encoded = EthereumVectors.Bytes(vector.GetProperty("encoded"));
            Assert.Equal(encoded, Rlp.Encode(Item(vector.GetProperty("item"))));
            Assert.True(Rlp.TryDecode(encoded, out var item));
            Assert.Equal(encoded, Rlp.Encode(item));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("8100")] // a byte below 0x80 is its own encoding
    [InlineData("817f")]
    [InlineData("b801ff")] // long form for a short string
    [InlineData("b90038")] // length with a leading zero
    [InlineData("83aabb")] // too short
    [InlineData("c3aabb")]
    [InlineData("0000")] // something behind the item
    [InlineData("bfffffffffffffffff")]
    [InlineData("c281")]
    public void Rlp_that_is_not_canonical_is_refused(string hex) =>
        Assert.False(Rlp.TryDecode(Convert.FromHexString(hex), out _));

    [Fact]
    public void Deep_lists_are_refused_and_do_not_exhaust_the_stack()
    {
        RlpItem item = Rlp.List();
        for (var depth = 0; depth < 100; depth++)
            item = Rlp.List(item);
        Assert.False(Rlp.TryDecode(Rlp.Encode(item), out _));
    }

    private static RlpItem Item(JsonElement json) =>
        json.ValueKind == JsonValueKind.Array
            ? Rlp.List([.. json.EnumerateArray().Select(Item)])
            : Rlp.Bytes(EthereumVectors.Bytes(json));
}
