using System.Text.Json;
using MedLedger.Crypto.Groth16;
using MedLedger.Tests;
using MedLedger.Tests.Groth16;

namespace MedLedger.Crypto.Tests.Groth16;

/// <summary>Both directions against snarkjs itself: it verifies our proofs, we verify its proofs, keys are written alike.</summary>
public sealed class SnarkjsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("medledger-snarkjs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(5, 0, false)]
    [InlineData(61, 3, false)]
    [InlineData(700, 20, true)]
    public async Task Each_side_accepts_the_others_proofs(int constraints, int publicInputs, bool small)
    {
        var circuit = new SmallCircuit(constraints, publicInputs, small);
        KnownTauSetup.Write(circuit.WriteAndLoad(At("circuit.r1cs")), At("key.zkey"));
        using var key = ProvingKey.Load(At("key.zkey"));
        using var witness = circuit.Witness;
        using (var file = File.Create(At("witness.wtns")))
            witness.Write(file);

        await SnarkjsAsync("zkey", "export", "verificationkey", "key.zkey", "vkey.json");
        var written = SnarkJsonWriter.WriteVerifyingKey(key.VerifyingKey);
        using (var ours = JsonDocument.Parse(written))
        using (var theirs = JsonDocument.Parse(await File.ReadAllBytesAsync(At("vkey.json"))))
            Assert.True(JsonElement.DeepEquals(ours.RootElement, theirs.RootElement));

        var proof = Prover.Prove(key, witness)!;
        await File.WriteAllBytesAsync(At("proof.json"), SnarkJsonWriter.WriteProof(proof));
        var inputs = witness.PublicInputs(publicInputs);
        await File.WriteAllBytesAsync(At("public.json"), SnarkJsonWriter.WritePublicInputs(inputs));
        await SnarkjsAsync("groth16", "verify", "vkey.json", "public.json", "proof.json");

        await SnarkjsAsync("groth16", "prove", "key.zkey", "witness.wtns", "their-proof.json", "their-public.json");
        var theirProof = SnarkJson.TryReadProof(await File.ReadAllBytesAsync(At("their-proof.json")));
        var theirInputs = SnarkJson.TryReadPublicInputs(await File.ReadAllBytesAsync(At("their-public.json")));
        Assert.Equal(inputs, theirInputs);
        Assert.True(Verifier.Verify(new PreparedVerifyingKey(key.VerifyingKey), theirProof!, theirInputs));
    }

    private string At(string name) => Path.Combine(_folder, name);

    private async Task SnarkjsAsync(params string[] arguments)
    {
        var modules = await Toolchain.CircuitsAsync();
        var script = Path.Combine(modules, "snarkjs", "build", "cli.cjs");
        var result = await Toolchain.NodeAsync(script, arguments, _folder);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }
}
