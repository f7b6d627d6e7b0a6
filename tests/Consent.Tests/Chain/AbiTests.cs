using System.Numerics;
using System.Text.Json;
using CsCheck;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Abi;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Tests.Chain;

public sealed class AbiTests
{
    public static TheoryData<int> Vectors => new([.. Enumerable.Range(0, EthereumVectors.Read("abi").Count)]);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Encodes_and_decodes_as_the_other_implementation(int number)
    {
        var vector = EthereumVectors.Read("abi")[number];
        var types = vector
            .GetProperty("types")
            .EnumerateArray()
            .Select(type => AbiType.Parse(type.GetString()!))
            .ToList();
        var values = types.Zip(vector.GetProperty("values").EnumerateArray(), EthereumVectors.Value).ToArray();
        var encoded = EthereumVectors.Bytes(vector.GetProperty("encoded"));

        Assert.Equal(Convert.ToHexStringLower(encoded), Convert.ToHexStringLower(AbiEncoder.Encode(types, values)));
        Assert.True(AbiDecoder.TryDecode(types, encoded, out var decoded));
        Assert.Equal(encoded, AbiEncoder.Encode(types, decoded));
        Assert.Equal(values, decoded);
    }

    [Fact]
    public void Selectors_are_the_known_ones()
    {
        foreach (var pair in EthereumVectors.Read("selectors"))
        {
            var signature = pair[0].GetString()!;
            var open = signature.IndexOf('(', StringComparison.Ordinal);
            var inputs = ((AbiType.Tuple)AbiType.Parse(signature[open..])).Fields;
            var function = new AbiFunction(signature[..open], inputs, []);

            Assert.Equal(signature, function.Signature);
            Assert.Equal(
                pair[1].GetString(),
                "0x"
                    + Convert.ToHexStringLower(
                        Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(function.Signature)).AsSpan(0, 4)
                    )
            );
        }
    }

    [Theory]
    [InlineData("uint7")]
    [InlineData("uint264")]
    [InlineData("uint")]
    [InlineData("bytes33")]
    [InlineData("bytes0")]
    [InlineData("uint256[0]")]
    [InlineData("uint256[-1]")]
    [InlineData("uint256]")]
    [InlineData("(uint256")]
    [InlineData("")]
    [InlineData("function")]
    public void Refuses_what_is_no_type(string name) => Assert.Throws<FormatException>(() => AbiType.Parse(name));

    [Theory]
    [InlineData("uint8", 256)]
    [InlineData("uint8", -1)]
    [InlineData("int8", 128)]
    [InlineData("int8", -129)]
    public void Refuses_to_encode_an_integer_that_does_not_fit(string type, int value) =>
        Assert.Throws<ArgumentException>(() => AbiEncoder.Encode([AbiType.Parse(type)], [new BigInteger(value)]));

    [Theory]
    [InlineData("uint8", "0000000000000000000000000000000000000000000000000000000000000100")]
    [InlineData("int8", "0000000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("bool", "0000000000000000000000000000000000000000000000000000000000000002")]
    [InlineData("address", "0000000000000000000000010000000000000000000000000000000000000001")]
    [InlineData("bytes31", "0000000000000000000000000000000000000000000000000000000000000001")]
    public void Refuses_to_decode_a_word_with_stray_bits(string type, string word) =>
        Assert.False(AbiDecoder.TryDecode([AbiType.Parse(type)], Convert.FromHexString(word), out _));

    [Fact]
    public void Overlapping_offsets_cannot_blow_up_the_result()
    {
        // ten levels of arrays, each with many elements that all point to the same place
        var type = AbiType.Parse("uint8" + string.Concat(Enumerable.Repeat("[]", 10)));
        var words = new List<BigInteger> { 32 };
        for (var level = 0; level < 9; level++)
        {
            words.Add(64);
            words.AddRange(Enumerable.Repeat(new BigInteger(64 * 32), 64));
        }
        words.Add(0);
        var data = words.SelectMany(word => Bytes32.FromBigInteger(word).ToBytes()).ToArray();

        Assert.False(AbiDecoder.TryDecode([type], data, out _));
    }

    [Fact]
    public void Any_bytes_decode_or_are_refused_without_an_exception()
    {
        var types = new[]
        {
            AbiType.Parse("(uint256[],string,bytes)[]"),
            AbiType.Parse("uint8[2][]"),
            AbiType.Parse("address"),
        };
        var honest = AbiEncoder.Encode(
            types,
            [
                new object[] { new object[] { new object[] { 1, 2, 3 }, "text", new byte[] { 1, 2 } } },
                new object[] { new object[] { 1, 2 } },
                EthereumAddress.Zero,
            ]
        );
        Gen.Select(Gen.Int[0, honest.Length - 1], Gen.Byte, Gen.Int[0, honest.Length])
            .Sample(
                (position, value, length) =>
                {
                    var mutated = honest.ToArray();
                    mutated[position] = value;
                    AbiDecoder.TryDecode(types, mutated.AsMemory(0, length), out _);
                },
                iter: 20_000
            );
    }

    [Fact]
    public void Reverts_are_read_by_their_selectors()
    {
        var errors = new[]
        {
            new AbiError("NullifierTaken", [new AbiParameter("nullifier", AbiType.Parse("uint256"), false)]),
        };
        string Read(string signature, params object[] arguments)
        {
            var open = signature.IndexOf('(', StringComparison.Ordinal);
            var inputs = ((AbiType.Tuple)AbiType.Parse(signature[open..])).Fields;
            return Revert.Decode(new AbiFunction(signature[..open], inputs, []).Encode(arguments), errors).ToString();
        }

        Assert.Equal("NullifierTaken(nullifier: 5)", Read("NullifierTaken(uint256)", 5));
        Assert.Equal("Error(reason: no)", Read("Error(string)", "no"));
        Assert.Equal("Panic(0x11)", Read("Panic(uint256)", 0x11));
        Assert.Equal("Empty()", Revert.Decode(default, errors).ToString());
        Assert.Equal("Unknown(0x0102..)", Revert.Decode(new byte[] { 1, 2 }, errors).ToString());
        Assert.StartsWith("Unknown(0x", Read("Other()"), StringComparison.Ordinal);
    }

    [Fact]
    public void Typed_data_has_the_known_digests()
    {
        foreach (var vector in EthereumVectors.Read("typed"))
        {
            var types = vector
                .GetProperty("types")
                .EnumerateObject()
                .ToDictionary(
                    type => type.Name,
                    type =>
                        (IReadOnlyList<Eip712Member>)
                            [
                                .. type
                                    .Value.EnumerateArray()
                                    .Select(member => new Eip712Member(member[0].GetString()!, member[1].GetString()!)),
                            ],
                    StringComparer.Ordinal
                );
            var primary = vector.GetProperty("primaryType").GetString()!;
            var json = vector.GetProperty("domain");
            var domain = new Eip712Domain(
                json.GetProperty("name").GetString(),
                json.TryGetProperty("version", out var version) ? version.GetString() : null,
                json.TryGetProperty("chainId", out var chain) ? EthereumVectors.Integer(chain) : null,
                json.TryGetProperty("verifyingContract", out var contract) ? EthereumVectors.Address(contract) : null,
                json.TryGetProperty("salt", out var salt) ? new Bytes32(EthereumVectors.Bytes(salt)) : null
            );
            var message = (IReadOnlyDictionary<string, object>)Message(primary, vector.GetProperty("message"), types);
            var signer = new Eip712(types);

            Assert.Equal(vector.GetProperty("encodeType").GetString(), signer.EncodeType(primary));
            Assert.Equal(EthereumVectors.Bytes(vector.GetProperty("domainSeparator")), Eip712.DomainSeparator(domain));
            Assert.Equal(vector.GetProperty("digest").GetString(), signer.Digest(domain, primary, message).ToString());
        }
    }

    private static object Message(
        string type,
        JsonElement json,
        Dictionary<string, IReadOnlyList<Eip712Member>> types
    ) =>
        type.EndsWith(']')
            ? json.EnumerateArray().Select(item => Message(type[..type.LastIndexOf('[')], item, types)).ToArray()
        : types.TryGetValue(type, out var members)
            ? members.ToDictionary(
                member => member.Name,
                member => Message(member.Type, json.GetProperty(member.Name), types),
                StringComparer.Ordinal
            )
        : EthereumVectors.Value(AbiType.Parse(type), json);
}
