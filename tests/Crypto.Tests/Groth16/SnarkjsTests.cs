using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Tests;

namespace MedLedger.Crypto.Tests.Groth16;

/// <summary>
/// snarkjs and we, on keys that snarkjs made for circuits of every shape: each accepts the other's proofs, keys are written
/// alike, and snarkjs's Solidity verifiers on a chain accept both sides' proofs.
/// </summary>
public sealed class SnarkjsTests(SnarkjsSetups setups) : IClassFixture<SnarkjsSetups>
{
    public static TheoryData<string> Shapes => [.. CircuitShape.All.Keys];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Each_side_accepts_the_others_proofs(string shape)
    {
        var setup = setups.All[shape];
        var written = SnarkJsonWriter.WriteVerifyingKey(setup.Key.VerifyingKey);
        using (var ours = JsonDocument.Parse(written))
            Assert.True(JsonElement.DeepEquals(ours.RootElement, setup.TheirKey));
        Assert.Equal("accepts", setup.TheirAnswer);

        using var witness = CircuitShape.All[shape]().Witness;
        var inputs = witness.PublicInputs(setup.Key.PublicCount);
        var prepared = new PreparedVerifyingKey(setup.Key.VerifyingKey);
        Assert.Equal(inputs, SnarkJson.TryReadPublicInputs(setup.TheirInputs));
        Assert.True(Verifier.Verify(prepared, setup.TheirProof!, inputs));
        Assert.NotEqual(setup.TheirProof, setup.OurProof);
        for (var i = 0; i < inputs.Length; i++)
        {
            var other = (Fr[])inputs.Clone();
            other[i] += Fr.One;
            Assert.False(Verifier.Verify(prepared, setup.TheirProof!, other));
        }
    }

    /// <summary>Solidity has no empty array, so that snarkjs's contract for a circuit without public signals does not compile.</summary>
    [Fact]
    public async Task Deployed_contracts_of_snarkjs_accept_both_proofs_and_no_others()
    {
        var withInputs = setups.All.Where(pair => pair.Value.Key.PublicCount > 0).ToArray();
        Assert.Equal(CircuitShape.All.Count - 1, withInputs.Length);
        var codes = await CompileAsync([.. withInputs.Select(pair => pair.Value.Contract)]);
        await using var chain = await LocalChain.StartAsync();
        foreach (var ((name, setup), code) in withInputs.Zip(codes))
        {
            var deployment = await chain.Deployer.SendAsync(
                new TransactionRequest
                {
                    To = null,
                    Data = code,
                    Purpose = "snarkjs's verifier",
                },
                default
            );
            var inputs = SnarkJson.TryReadPublicInputs(setup.TheirInputs)!;
            async Task<bool> AcceptsAsync(Proof proof, Fr[] signals)
            {
                var call = new CallRequest(deployment.Receipt.Contract, Calldata(proof, signals));
                return (await chain.Client.CallAsync(call, BlockId.Latest, default))[31] == 1;
            }
            Assert.True(await AcceptsAsync(setup.OurProof!, inputs), name);
            Assert.True(await AcceptsAsync(setup.TheirProof!, inputs), name);
            Assert.False(await AcceptsAsync(setup.OurProof!, [inputs[0] + Fr.One, .. inputs[1..]]), name);
            var mixed = Proof.TryCreate(setup.OurProof!.A, setup.OurProof.B, setup.TheirProof!.C)!;
            Assert.False(await AcceptsAsync(mixed, inputs), name);
        }
    }

    private static byte[] Calldata(Proof proof, Fr[] inputs)
    {
        var count = inputs.Length.ToString(CultureInfo.InvariantCulture);
        var signature = $"verifyProof(uint256[2],uint256[2][2],uint256[2],uint256[{count}])";
        var selector = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(signature))[..4];
        return [.. selector, .. proof.ToBytes(), .. inputs.SelectMany(input => input.ToBytes())];
    }

    /// <summary>Creation code of each contract.</summary>
    private static async Task<byte[][]> CompileAsync(string[] contracts)
    {
        await Toolchain.ContractsAsync();
        static string Name(int i) => $"{i.ToString(CultureInfo.InvariantCulture)}.sol";
        var sources = contracts.Select(
            (content, i) => KeyValuePair.Create(Name(i), (JsonNode?)new JsonObject { ["content"] = content })
        );
        var input = new JsonObject
        {
            ["language"] = "Solidity",
            ["sources"] = new JsonObject(sources),
            ["settings"] = JsonNode.Parse("""{"outputSelection":{"*":{"*":["evm.bytecode.object"]}}}"""),
        };
        var compiler = RepositoryRoot.File("contracts", "tools", "solc");
        var run = await Toolchain.NodeAsync(compiler, ["--standard-json"], input: input.ToJsonString());
        Assert.True(run.ExitCode == 0, run.Error);
        using var output = JsonDocument.Parse(run.Output);
        return
        [
            .. contracts.Select(
                (_, i) =>
                    Convert.FromHexString(
                        output
                            .RootElement.GetProperty("contracts")
                            .GetProperty(Name(i))
                            .GetProperty("Groth16Verifier")
                            .GetProperty("evm")
                            .GetProperty("bytecode")
                            .GetProperty("object")
                            .GetString()!
                    )
            ),
        ];
    }
}
