using System.Text.Json;
using MedLedger.Api.Cli;
using MedLedger.Tests;
using MedLedger.Tests.Groth16;

namespace MedLedger.Api.Tests.Cli;

/// <summary>verify-proof, prove and witness: exit codes, and outputs written only on success.</summary>
public sealed class ProofCommandsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("medledger-proof-").FullName;

    public ProofCommandsTests()
    {
        var json = File.ReadAllText(RepositoryRoot.File("tests", "vectors", "groth16-snarkjs.json"));
        using var vectors = JsonDocument.Parse(json);
        foreach (var member in new[] { "verificationKey", "proof", "public" })
            File.WriteAllText(At(member), vectors.RootElement[1].GetProperty(member).GetRawText());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_valid_proof_exits_0_and_a_false_one_1()
    {
        Assert.Equal(ExitCode.Good, await VerifyAsync());
        var inputs = await File.ReadAllTextAsync(At("public"));
        await File.WriteAllTextAsync(At("public"), inputs.Replace("\"1\"", "\"2\"", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Refused, await VerifyAsync());
        await File.WriteAllTextAsync(At("public"), "[");
        Assert.Equal(ExitCode.Refused, await VerifyAsync());
    }

    [Fact]
    public async Task A_file_that_is_not_there_or_a_missing_flag_exits_2()
    {
        File.Delete(At("proof"));
        Assert.Equal(ExitCode.Usage, await VerifyAsync());
        Assert.Equal(ExitCode.Usage, await RunAsync("verify-proof", "--vkey", At("verificationKey")));
    }

    [Fact]
    public async Task A_damaged_key_or_module_exits_1_and_writes_nothing()
    {
        await File.WriteAllBytesAsync(At("damaged"), "zkey\x01\0\0\0\x09\0\0\0"u8.ToArray());
        var (proof, inputs) = (At("new-proof"), At("new-public"));
        string[] prove =
        [
            "prove",
            "--zkey",
            At("damaged"),
            "--witness",
            At("damaged"),
            "--proof",
            proof,
            "--public",
            inputs,
        ];
        Assert.Equal(ExitCode.Refused, await RunAsync(prove));
        await File.WriteAllTextAsync(At("inputs"), "{\"a\":1}");
        string[] witness = ["witness", "--wasm", At("damaged"), "--input", At("inputs"), "--out", proof];
        Assert.Equal(ExitCode.Refused, await RunAsync(witness));
        Assert.False(File.Exists(proof) || File.Exists(inputs));
    }

    [Fact]
    public async Task A_witness_that_breaks_a_constraint_is_named_and_nothing_is_written()
    {
        var circuit = new SmallCircuit(8, 1);
        var system = circuit.WriteAndLoad(At("r1cs"));
        KnownTauSetup.Write(system, At("zkey"));
        await File.WriteAllLinesAsync(At("sym"), Enumerable.Range(1, 10).Select(i => $"{i},{i},0,main.wire[{i}]"));
        using (var witness = circuit.Witness)
        using (var file = File.Create(At("wtns")))
            witness.Write(file);
        var bytes = await File.ReadAllBytesAsync(At("wtns"));
        bytes[^32] ^= 1; // the last signal, which only the last constraint has
        await File.WriteAllBytesAsync(At("wrong"), bytes);

        var run = await CommandRun.Of([.. Prove("wrong"), "--r1cs", At("r1cs"), "--sym", At("sym")]);
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("constraint 7 over main.wire[9]", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, await RunAsync(Prove("wrong")));
        Assert.False(File.Exists(At("new-proof")) || File.Exists(At("new-public")));

        Assert.Equal(ExitCode.Good, await RunAsync([.. Prove("wtns"), "--r1cs", At("r1cs"), "--threads", "1"]));
        Assert.True(File.Exists(At("new-proof")) && File.Exists(At("new-public")));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1025")]
    [InlineData("two")]
    public async Task A_number_of_threads_that_makes_no_sense_exits_2(string threads) =>
        Assert.Equal(ExitCode.Usage, await RunAsync([.. Prove("wtns"), "--threads", threads]));

    private string[] Prove(string witness) =>
        [
            "prove",
            "--zkey",
            At("zkey"),
            "--witness",
            At(witness),
            "--proof",
            At("new-proof"),
            "--public",
            At("new-public"),
        ];

    private Task<int> VerifyAsync() =>
        RunAsync("verify-proof", "--vkey", At("verificationKey"), "--proof", At("proof"), "--public", At("public"));

    private static async Task<int> RunAsync(params string[] arguments) => (await CommandRun.Of(arguments)).ExitCode;

    private string At(string name) => Path.Combine(_folder, name);
}
