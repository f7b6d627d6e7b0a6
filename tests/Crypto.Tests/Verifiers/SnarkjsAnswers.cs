using System.Text.Json;
using MedLedger.Tests;

namespace MedLedger.Crypto.Tests.Verifiers;

/// <summary>What snarkjs's verifier says to every attempt: one process for all of them.</summary>
public sealed class SnarkjsAnswers : IAsyncLifetime
{
    private const string Script = """
        const fs = require("node:fs");
        const snarkjs = require(process.argv[2]);
        (async () => {
          const answers = [];
          for (const [key, inputs, proof] of JSON.parse(fs.readFileSync(0, "utf8"))) {
            try {
              const valid = await snarkjs.groth16.verify(JSON.parse(key), JSON.parse(inputs), JSON.parse(proof));
              answers.push(valid ? "accepts" : "rejects");
            } catch (error) {
              answers.push("fails");
            }
          }
          fs.writeSync(1, JSON.stringify(answers));
          process.exit(0);
        })();
        """;

    private Dictionary<string, string[]> _answers = [];

    /// <summary>"accepts", "rejects" or "fails" for each attempt of a row.</summary>
    internal IReadOnlyList<string> To(string row) => _answers[row];

    public async Task InitializeAsync()
    {
        var attempts = Attempts
            .All.Append(new("sound", [Attempts.Sound]))
            .Append(new("negated pair", [Attempts.NegatedPair]))
            .ToArray();
        var folder = Directory.CreateTempSubdirectory("medledger-verifiers-").FullName;
        try
        {
            var script = Path.Combine(folder, "verify.cjs");
            await File.WriteAllTextAsync(script, Script);
            var modules = await Toolchain.CircuitsAsync();
            var statements = attempts.SelectMany(row => row.Value).Select(s => new[] { s.Key, s.Inputs, s.Proof });
            var run = await Toolchain.NodeAsync(
                script,
                [Path.Combine(modules, "snarkjs", "build", "main.cjs")],
                folder,
                input: JsonSerializer.Serialize(statements)
            );
            Assert.True(run.ExitCode == 0, run.Error);
            var answers = new Queue<string>(JsonSerializer.Deserialize<string[]>(run.Output)!);
            _answers = attempts.ToDictionary(
                row => row.Key,
                row => row.Value.Select(_ => answers.Dequeue()).ToArray(),
                StringComparer.Ordinal
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
