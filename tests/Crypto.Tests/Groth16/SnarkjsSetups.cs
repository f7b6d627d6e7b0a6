using System.Text;
using System.Text.Json;
using MedLedger.Crypto.Groth16;
using MedLedger.Tests;

namespace MedLedger.Crypto.Tests.Groth16;

/// <summary>What each side made for one shape: the file names are those of the shape's folder.</summary>
internal sealed record SnarkjsSetup(
    ProvingKey Key,
    JsonElement TheirKey,
    string Contract,
    Proof? TheirProof,
    byte[] TheirInputs,
    Proof? OurProof,
    string TheirAnswer
);

/// <summary>
/// Powers of tau up to 2^8 and, for each shape, a key with a contribution, a proof, a Solidity verifier and an opinion on our
/// proof: all by snarkjs, in two processes.
/// </summary>
public sealed class SnarkjsSetups : IAsyncLifetime
{
    private const string Setup = """
        const fs = require("node:fs"), path = require("node:path");
        const [modules, ...shapes] = process.argv.slice(2);
        const snarkjs = require(path.join(modules, "snarkjs", "build", "main.cjs"));
        const template = fs.readFileSync(path.join(modules, "snarkjs", "templates", "verifier_groth16.sol.ejs"), "utf8");
        (async () => {
          const curve = await snarkjs.curves.getCurveFromName("bn128");
          await snarkjs.powersOfTau.newAccumulator(curve, 8, "0.ptau");
          await snarkjs.powersOfTau.contribute("0.ptau", "1.ptau", "test", "entropy of a test");
          await snarkjs.powersOfTau.preparePhase2("1.ptau", "2.ptau");
          for (const shape of shapes) {
            const at = (name) => path.join(shape, name);
            const write = (name, value) => fs.writeFileSync(at(name), JSON.stringify(value));
            await snarkjs.zKey.newZKey(at("circuit.r1cs"), "2.ptau", at("0.zkey"));
            await snarkjs.zKey.contribute(at("0.zkey"), at("key.zkey"), "test", "entropy of a test");
            write("vkey.json", await snarkjs.zKey.exportVerificationKey(at("key.zkey")));
            fs.writeFileSync(at("verifier.sol"), await snarkjs.zKey.exportSolidityVerifier(at("key.zkey"), { groth16: template }));
            const made = await snarkjs.groth16.prove(at("key.zkey"), at("witness.wtns"));
            write("their-proof.json", made.proof);
            write("their-public.json", made.publicSignals);
          }
          process.exit(0);
        })().catch((error) => { console.error(error); process.exit(1); });
        """;

    private const string Verify = """
        const fs = require("node:fs"), path = require("node:path");
        const [modules, ...shapes] = process.argv.slice(2);
        const snarkjs = require(path.join(modules, "snarkjs", "build", "main.cjs"));
        (async () => {
          const answers = [];
          for (const shape of shapes) {
            const read = (name) => JSON.parse(fs.readFileSync(path.join(shape, name), "utf8"));
            const [key, inputs, proof] = [read("vkey.json"), read("public.json"), read("proof.json")];
            const own = await snarkjs.groth16.verify(key, inputs, proof);
            const other = inputs.length > 0 && await snarkjs.groth16.verify(key, [...inputs.slice(1), inputs[0] + "1"], proof);
            answers.push(own && !other ? "accepts" : "rejects");
          }
          fs.writeSync(1, JSON.stringify(answers));
          process.exit(0);
        })().catch((error) => { console.error(error); process.exit(1); });
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("medledger-snarkjs-").FullName;
    private readonly Dictionary<string, SnarkjsSetup> _setups = [];

    internal IReadOnlyDictionary<string, SnarkjsSetup> All => _setups;

    public async Task InitializeAsync()
    {
        var shapes = CircuitShape.All.ToArray();
        for (var i = 0; i < shapes.Length; i++)
        {
            Directory.CreateDirectory(At(i, ""));
            var shape = shapes[i].Value();
            await File.WriteAllBytesAsync(At(i, "circuit.r1cs"), shape.ToR1cs());
            using var witness = shape.Witness;
            await using var file = File.Create(At(i, "witness.wtns"));
            witness.Write(file);
        }
        await NodeAsync("setup.cjs", Setup, shapes.Length);
        for (var i = 0; i < shapes.Length; i++)
            _setups[shapes[i].Key] = await ProveAsync(i, shapes[i].Value());
        var answers = JsonSerializer.Deserialize<string[]>(await NodeAsync("verify.cjs", Verify, shapes.Length))!;
        foreach (var ((name, _), answer) in shapes.Zip(answers))
            _setups[name] = _setups[name] with { TheirAnswer = answer };
    }

    public Task DisposeAsync()
    {
        foreach (var setup in _setups.Values)
            setup.Key.Dispose();
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    private string At(int shape, string name) => Path.Combine(_folder, $"shape-{shape}", name);

    /// <summary>Our proof, written for snarkjs, beside what snarkjs made.</summary>
    private async Task<SnarkjsSetup> ProveAsync(int i, CircuitShape shape)
    {
        var key = ProvingKey.Load(At(i, "key.zkey"));
        using var witness = shape.Witness;
        var proof = Prover.Prove(key, witness);
        Assert.NotNull(proof);
        await File.WriteAllBytesAsync(At(i, "proof.json"), SnarkJsonWriter.WriteProof(proof));
        var inputs = SnarkJsonWriter.WritePublicInputs(witness.PublicInputs(shape.PublicCount));
        await File.WriteAllBytesAsync(At(i, "public.json"), inputs);
        using var theirKey = JsonDocument.Parse(await File.ReadAllBytesAsync(At(i, "vkey.json")));
        return new(
            key,
            theirKey.RootElement.Clone(),
            await File.ReadAllTextAsync(At(i, "verifier.sol")),
            SnarkJson.TryReadProof(await File.ReadAllBytesAsync(At(i, "their-proof.json"))),
            await File.ReadAllBytesAsync(At(i, "their-public.json")),
            proof,
            ""
        );
    }

    private async Task<string> NodeAsync(string name, string script, int shapes)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(path, script);
        var arguments = Enumerable.Range(0, shapes).Select(i => $"shape-{i}").Prepend(await Toolchain.CircuitsAsync());
        var run = await Toolchain.NodeAsync(path, arguments, _folder);
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        return run.Output;
    }
}
