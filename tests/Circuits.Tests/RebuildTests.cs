using System.Security.Cryptography;
using MedLedger.Consent.Statements;

namespace MedLedger.Circuits.Tests;

/// <summary>What is committed is what the sources compile to.</summary>
public sealed class RebuildTests(CompiledCircuit circuit) : IClassFixture<CompiledCircuit>
{
    [CircomTheory]
    [InlineData(CircuitManifest.ConstraintsFile, "analysis_policy.r1cs")]
    [InlineData(CircuitManifest.WitnessFile, "analysis_policy_js/analysis_policy.wasm")]
    public void Sources_compile_to_the_committed_file(string name, string compiled)
    {
        using var file = File.OpenRead(Path.Combine(circuit.Folder, compiled));
        Assert.True(CircuitManifest.Pinned.Accepts(name, SHA256.HashData(file)));
    }
}
