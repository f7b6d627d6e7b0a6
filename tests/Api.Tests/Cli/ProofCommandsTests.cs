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
        AssertNothingWritten();
    }

    [Fact]
    public async Task A_witness_that_breaks_a_constraint_is_named_and_nothing_is_written()
    {
        var bytes = await WriteCircuitAsync();
        bytes[^32] ^= 1; // the last signal, which only the last constraint has
        await File.WriteAllBytesAsync(At("wrong"), bytes);

        var run = await CommandRun.Of([.. Prove("wrong"), "--r1cs", At("r1cs"), "--sym", At("sym")]);
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("constraint 7 over main.wire[9]", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, await RunAsync(Prove("wrong")));
        AssertNothingWritten();

        Assert.Equal(ExitCode.Good, await RunAsync([.. Prove("wtns"), "--r1cs", At("r1cs"), "--threads", "1"]));
        Assert.True(File.Exists(At("new-proof")) && File.Exists(At("new-public")));
    }

    /// <summary>A key whose points are wrong though its verifying key is sound: the proof fails the prover's own verification.</summary>
    [Fact]
    public async Task A_proof_that_does_not_verify_is_not_written()
    {
        await WriteCircuitAsync();
        var key = await File.ReadAllBytesAsync(At("zkey"));
        const int AfterSectionH = 12 + 68; // the section of contributions, of which there are none
        var last = key.Length - AfterSectionH - 64;
        key.AsSpan(last - 64, 64).CopyTo(key.AsSpan(last));
        await File.WriteAllBytesAsync(At("zkey"), key);
        var run = await CommandRun.Of([.. Prove("wtns"), "--r1cs", At("r1cs")]);
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        AssertNothingWritten();
    }

    [Fact]
    public async Task Files_that_contradict_each_other_are_refused_with_both_numbers()
    {
        await WriteCircuitAsync();
        new SmallCircuit(7, 2).WriteAndLoad(At("other-r1cs")); // as many signals, another number of public ones
        var run = await CommandRun.Of([.. Prove("wtns"), "--r1cs", At("other-r1cs")]);
        Assert.Equal(
            (ExitCode.Refused, true),
            (run.ExitCode, run.Error.Contains("1 public", StringComparison.Ordinal))
        );
        new SmallCircuit(9, 1).WriteAndLoad(At("other-r1cs"));
        run = await CommandRun.Of([.. Prove("wtns"), "--r1cs", At("other-r1cs")]);
        Assert.Equal((ExitCode.Refused, true), (run.ExitCode, run.Error.Contains("11", StringComparison.Ordinal)));
        KnownTauSetup.Write(new SmallCircuit(9, 1).WriteAndLoad(At("other-r1cs")), At("zkey"));
        run = await CommandRun.Of(Prove("wtns"));
        Assert.Equal(
            (ExitCode.Refused, true),
            (run.ExitCode, run.Error.Contains("11 signals", StringComparison.Ordinal))
        );
        AssertNothingWritten();

        await File.WriteAllTextAsync(At("public"), "[]");
        run = await CommandRun.Of(
            "verify-proof",
            "--vkey",
            At("verificationKey"),
            "--proof",
            At("proof"),
            "--public",
            At("public")
        );
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("7 public inputs, the file 0", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_cannot_be_written_or_is_an_input_exits_2_before_the_work()
    {
        await WriteCircuitAsync();
        var key = await File.ReadAllBytesAsync(At("zkey"));
        foreach (
            var (proof, inputs) in new[]
            {
                ("new-proof", "new-proof"),
                ("zkey", "new-public"),
                ("new-proof", "wtns"),
                ("new-proof", "."),
                ("no-folder/proof", "new-public"),
            }
        )
        {
            string[] line = ["prove", "--zkey", At("zkey"), "--witness", At("wtns"), "--proof", At(proof)];
            Assert.Equal(ExitCode.Usage, await RunAsync([.. line, "--public", At(inputs)]));
        }
        Assert.Equal(key, await File.ReadAllBytesAsync(At("zkey")));
        AssertNothingWritten();
        Assert.Equal(ExitCode.Usage, await RunAsync([.. Prove("wtns"), "--sym", At("sym")]));
    }

    [Fact]
    public async Task Names_that_would_move_the_cursor_are_not_printed()
    {
        var bytes = await WriteCircuitAsync();
        bytes[^32] ^= 1;
        await File.WriteAllBytesAsync(At("wrong"), bytes);
        await File.WriteAllTextAsync(At("sym"), "9,9,0,main.\u001b[2J\n");
        var run = await CommandRun.Of([.. Prove("wrong"), "--r1cs", At("r1cs"), "--sym", At("sym")]);
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.DoesNotContain('\u001b', run.Error);
    }

    /// <summary>Every file of the two commands in turn: cut, with a byte changed, with a number that is too large, empty.</summary>
    [Theory]
    [InlineData("zkey")]
    [InlineData("wtns")]
    [InlineData("r1cs")]
    [InlineData("verificationKey")]
    [InlineData("proof")]
    [InlineData("public")]
    public async Task A_damaged_file_costs_one_sentence_and_exit_code_1(string name)
    {
        await WriteCircuitAsync();
        var valid = await File.ReadAllBytesAsync(At(name));
        var refused = 0;
        for (var i = 0; i < 40; i++)
        {
            await File.WriteAllBytesAsync(At(name), Damage(valid, i));
            string[] line = name is "zkey" or "wtns" or "r1cs"
                ? [.. Prove("wtns"), "--r1cs", At("r1cs"), "--sym", At("sym"), "--threads", "1"]
                : ["verify-proof", "--vkey", At("verificationKey"), "--proof", At("proof"), "--public", At("public")];
            var run = await CommandRun.Of(line);
            Assert.InRange(run.ExitCode, ExitCode.Good, ExitCode.Refused);
            if (run.ExitCode == ExitCode.Good)
            {
                // The byte changed nothing that is used.
                File.Delete(At("new-proof"));
                File.Delete(At("new-public"));
                continue;
            }
            refused++;
            Assert.Single(run.Error.Trim().Split('\n'));
            AssertNothingWritten();
        }
        Assert.InRange(refused, 20, 40);
    }

    [Fact]
    public async Task A_device_that_never_ends_is_not_read()
    {
        if (!OperatingSystem.IsLinux())
            return;
        await WriteCircuitAsync();
        await File.WriteAllTextAsync(At("inputs"), "{\"a\":1}");
        const string Endless = "/dev/zero";
        string[][] lines =
        [
            ["verify-proof", "--vkey", Endless, "--proof", At("proof"), "--public", At("public")],
            ["witness", "--wasm", Endless, "--input", At("inputs"), "--out", At("new-proof")],
            ["witness", "--wasm", At("wtns"), "--input", Endless, "--out", At("new-proof")],
            [.. Prove("wtns"), "--r1cs", Endless],
            [
                "prove",
                "--zkey",
                Endless,
                "--witness",
                At("wtns"),
                "--proof",
                At("new-proof"),
                "--public",
                At("new-public"),
            ],
            ["ceremony", "verify", "--zkey", At("zkey"), "--r1cs", At("r1cs"), "--ptau", Endless],
        ];
        foreach (var line in lines)
            Assert.Equal(ExitCode.Refused, await RunAsync(line));
    }

    [Fact]
    public void Outputs_are_written_all_or_none_and_secrets_for_their_owner_alone()
    {
        File.WriteAllText(At("kept"), "before");
        Assert.Throws<InvalidOperationException>(() =>
            ProofFiles.WriteAll(
                secret: false,
                (At("kept"), stream => stream.Write("after"u8)),
                (At("second"), _ => throw new InvalidOperationException())
            )
        );
        Assert.Equal("before", File.ReadAllText(At("kept")));
        Assert.False(File.Exists(At("second")));
        Assert.Empty(Directory.GetFiles(_folder, "*.part"));

        ProofFiles.WriteAll(secret: true, (At("kept"), stream => stream.Write("after"u8)));
        Assert.Equal("after", File.ReadAllText(At("kept")));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At("kept")));
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

    /// <summary>Files r1cs, zkey, sym and wtns of a circuit with eight constraints and one public input; the witness's bytes.</summary>
    private async Task<byte[]> WriteCircuitAsync()
    {
        var circuit = new SmallCircuit(8, 1);
        KnownTauSetup.Write(circuit.WriteAndLoad(At("r1cs")), At("zkey"));
        await File.WriteAllLinesAsync(At("sym"), Enumerable.Range(1, 10).Select(i => $"{i},{i},0,main.wire[{i}]"));
        using (var witness = circuit.Witness)
        await using (var file = File.Create(At("wtns")))
            witness.Write(file);
        return await File.ReadAllBytesAsync(At("wtns"));
    }

    private static byte[] Damage(byte[] valid, int i)
    {
        var at = (int)(valid.Length * (long)i / 40);
        var copy = (byte[])valid.Clone();
        switch (i % 3)
        {
            case 0:
                return copy[..at]; // the first one is empty
            case 1:
                copy[at] ^= 0x55;
                return copy;
            default:
                copy.AsSpan(at, Math.Min(4, copy.Length - at)).Fill(0x7f);
                return copy;
        }
    }

    private void AssertNothingWritten()
    {
        Assert.False(File.Exists(At("new-proof")) || File.Exists(At("new-public")));
        Assert.Empty(Directory.GetFiles(_folder, "*.part"));
    }

    private Task<int> VerifyAsync() =>
        RunAsync("verify-proof", "--vkey", At("verificationKey"), "--proof", At("proof"), "--public", At("public"));

    private static async Task<int> RunAsync(params string[] arguments) => (await CommandRun.Of(arguments)).ExitCode;

    private string At(string name) => Path.Combine(_folder, name);
}
