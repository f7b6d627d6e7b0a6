using System.Text.Json;
using MedLedger.Tests;
using MedLedger.Tests.Groth16;

namespace MedLedger.Crypto.Tests.Ceremony;

/// <summary>
/// A whole setup made with snarkjs: powers of tau up to 2^6 with a contribution and a beacon, a key for a circuit that fills
/// them with two contributions and a beacon. Once for all tests.
/// </summary>
public sealed class SmallCeremony : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("medledger-ceremony-").FullName;

    internal static SmallCircuit Circuit => new(60, 3);

    internal string Key => At("final.zkey");

    /// <summary>The key before any contribution.</summary>
    internal string FirstKey => At("0.zkey");

    internal string System => At("circuit.r1cs");

    internal string Powers => At("prepared.ptau");

    internal string OtherPowers => At("other.ptau");

    public async Task InitializeAsync()
    {
        Circuit.WriteAndLoad(System);
        foreach (var name in new[] { "prepared", "other" })
        {
            await RunAsync("powersoftau", "new", "bn128", "6", "0.ptau");
            await RunAsync("powersoftau", "contribute", "0.ptau", "1.ptau", "-e=" + name);
            await RunAsync("powersoftau", "beacon", "1.ptau", "2.ptau", "0102", "10");
            await RunAsync("powersoftau", "prepare", "phase2", "2.ptau", name + ".ptau");
        }
        await RunAsync("groth16", "setup", System, Powers, "0.zkey");
        await RunAsync("zkey", "contribute", "0.zkey", "1.zkey", "--name=first", "-e=one");
        await RunAsync("zkey", "contribute", "1.zkey", "2.zkey", "--name=second", "-e=two");
        await RunAsync("zkey", "beacon", "2.zkey", Key, "c0ffee", "10", "--name=end");
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    internal string At(string name) => Path.Combine(_folder, name);

    /// <summary>snarkjs's own answer.</summary>
    internal async Task<bool> SnarkjsAcceptsAsync(string system, string powers, string key) =>
        (await TryRunAsync("zkey", "verify", system, powers, key)).Output.Contains(
            "ZKey Ok!",
            StringComparison.Ordinal
        );

    /// <summary>snarkjs's own answers, all in one process: accepts, rejects, or fails with an exception.</summary>
    internal async Task<string[]> SnarkjsAnswersAsync(IEnumerable<(string System, string Powers, string Key)> setups)
    {
        const string Script = """
            const path = require("node:path"), fs = require("node:fs");
            const [modules, ...files] = process.argv.slice(2);
            const snarkjs = require(path.join(modules, "snarkjs", "build", "main.cjs"));
            (async () => {
              const answers = [];
              for (let i = 0; i < files.length; i += 3) {
                try {
                  answers.push(await snarkjs.zKey.verifyFromR1cs(files[i], files[i + 1], files[i + 2]) ? "accepts" : "rejects");
                } catch {
                  answers.push("fails");
                }
              }
              fs.writeSync(1, "\n" + JSON.stringify(answers));
              process.exit(0);
            })();
            """;
        await File.WriteAllTextAsync(At("answers.cjs"), Script);
        var files = setups.SelectMany(setup => new[] { setup.System, setup.Powers, setup.Key });
        var modules = await Toolchain.CircuitsAsync();
        var run = await Toolchain.NodeAsync(
            At("answers.cjs"),
            files.Prepend(modules),
            _folder,
            TimeSpan.FromMinutes(10)
        );
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        return JsonSerializer.Deserialize<string[]>(run.Output.Split('\n')[^1])!; // after what snarkjs itself says
    }

    private async Task RunAsync(params string[] arguments)
    {
        var result = await TryRunAsync(arguments);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }

    private async Task<ToolResult> TryRunAsync(params string[] arguments)
    {
        var modules = await Toolchain.CircuitsAsync();
        var script = Path.Combine(modules, "snarkjs", "build", "cli.cjs");
        return await Toolchain.NodeAsync(script, arguments, _folder);
    }
}

[CollectionDefinition("small ceremony")]
public sealed class SmallCeremonyGroup : ICollectionFixture<SmallCeremony>;
