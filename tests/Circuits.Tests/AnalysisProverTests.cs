using System.Security.Cryptography;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Tests;

namespace MedLedger.Circuits.Tests;

/// <summary>The committed keys, loaded once, with a statement of two parts and the proof of its first.</summary>
public sealed class CommittedKeys : IDisposable
{
    public static string Folder { get; } = RepositoryRoot.File("circuits", "artifacts");

    public CommittedKeys()
    {
        Prover = AnalysisProver.Load(Folder);
        Scenario = new Scenario().WithRecords(20);
        Statement = Scenario.Build();
        Proof = Prover.Prove(Statement, 0);
    }

    internal Scenario Scenario { get; }
    public AnalysisProver Prover { get; }
    public AnalysisStatement Statement { get; }
    public AnalysisProof Proof { get; }

    public void Dispose()
    {
        Prover.Dispose();
        Scenario.Dispose();
    }
}

/// <summary>Proofs under the committed keys: what is true is proven, what is changed is refused.</summary>
public sealed class AnalysisProverTests(CommittedKeys keys) : IClassFixture<CommittedKeys>
{
    public static TheoryData<int> Signals => [.. Enumerable.Range(0, PublicSignals.Count)];

    [Fact]
    public void Proof_verifies_under_the_pinned_key_with_the_signals_computed_here()
    {
        Assert.Equal(keys.Statement.Signals(0), keys.Proof.Signals);
        Assert.NotNull(AnalysisProof.TryCreate(keys.Proof.Signals, keys.Proof.Proof));
    }

    [Fact]
    public void Second_part_has_a_proof_of_its_own()
    {
        var second = keys.Prover.Prove(keys.Statement, 1);
        Assert.Equal(keys.Statement.Signals(1), second.Signals);
        Assert.Null(AnalysisProof.TryCreate(second.Signals, keys.Proof.Proof));
    }

    [Theory]
    [MemberData(nameof(Signals))]
    [Trait("threat", "weightless signal")]
    public void Mutated_signals_are_refused(int signal)
    {
        var values = keys.Proof.Signals.ToArray();
        foreach (var other in new[] { values[signal] + Fr.One, values[signal] - Fr.One, Fr.Zero, -values[signal] })
        {
            var lie = values.ToArray();
            lie[signal] = other;
            Assert.False(Verifier.Verify(CircuitManifest.Pinned.VerifyingKey, keys.Proof.Proof, lie));
        }
    }

    [Fact]
    public void Swapped_or_missing_signals_are_refused()
    {
        var key = CircuitManifest.Pinned.VerifyingKey;
        var values = keys.Proof.Signals.ToArray();
        for (var i = 1; i < values.Length; i++)
        {
            var swapped = values.ToArray();
            (swapped[i - 1], swapped[i]) = (swapped[i], swapped[i - 1]);
            Assert.False(Verifier.Verify(key, keys.Proof.Proof, swapped));
        }
        Assert.False(Verifier.Verify(key, keys.Proof.Proof, values.AsSpan(0, 10)));
        Assert.False(Verifier.Verify(key, keys.Proof.Proof, [.. values, Fr.Zero]));
    }

    [Fact]
    public void What_cannot_be_proven_is_named()
    {
        using var scenario = new Scenario { AsOf = 2000 };
        var refused = Assert.Throws<ArgumentException>(() => keys.Prover.Prove(scenario.Build(), 0));
        Assert.Contains(nameof(StatementFault.Expired), refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CircuitManifest.ProvingKeyFile)]
    [InlineData(CircuitManifest.WitnessFile)]
    [InlineData(CircuitManifest.ConstraintsFile)]
    [InlineData(CircuitManifest.VerifyingKeyFile)]
    [InlineData("powers_of_tau_16.ptau")]
    public void Committed_files_are_those_of_the_manifest(string name) =>
        Assert.True(File.Exists(CircuitManifest.Pinned.Open(CommittedKeys.Folder, name)));

    [Fact]
    public void Files_are_found_from_the_program_s_own_folder() =>
        Assert.Equal(CommittedKeys.Folder, CircuitManifest.FindFolder());

    [Fact]
    public void Solidity_verifier_is_the_manifest_s()
    {
        var key = File.ReadAllBytes(Path.Combine(CommittedKeys.Folder, CircuitManifest.VerifyingKeyFile));
        Assert.True(SolidityVerifier.TryGenerate(key, "AnalysisVerifier", ".", out var source));
        var hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(source));
        Assert.True(CircuitManifest.Pinned.Accepts("AnalysisVerifier.sol", hash));
    }

    [Fact]
    [Trait("threat", "forged setup")]
    public void Changed_missing_or_unknown_files_are_refused()
    {
        var folder = Directory.CreateTempSubdirectory("medledger-keys-");
        try
        {
            Assert.Throws<FileNotFoundException>(() => AnalysisProver.Load(folder.FullName));
            var wasm = File.ReadAllBytes(Path.Combine(CommittedKeys.Folder, CircuitManifest.WitnessFile));
            wasm[^1] ^= 1;
            File.WriteAllBytes(Path.Combine(folder.FullName, CircuitManifest.WitnessFile), wasm);
            Assert.Throws<InvalidDataException>(() => AnalysisProver.Load(folder.FullName));
            File.WriteAllText(Path.Combine(folder.FullName, "other.zkey"), "");
            Assert.Throws<InvalidDataException>(() => CircuitManifest.Pinned.Open(folder.FullName, "other.zkey"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    [Trait("threat", "weightless signal")]
    public void Verifying_key_has_no_weightless_signal_and_its_setup_was_contributed_to()
    {
        var key = CircuitManifest.Pinned.VerifyingKey.Key;
        Assert.Equal(PublicSignals.Count, key.PublicInputCount);
        Assert.NotEqual(key.Gamma, key.Delta);
        foreach (var point in key.InputPoints)
            Assert.False(point.IsInfinity);
    }
}
