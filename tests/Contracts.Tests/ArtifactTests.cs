using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Tests.Contracts;

/// <summary>
/// <c>contracts/artifacts</c> is what the chain client deploys and binds to; it is exactly what the sources compile to.
/// <c>UPDATE_GOLDEN=1 dotnet test tests/Contracts.Tests --filter ArtifactTests</c> writes it again.
/// </summary>
[Collection(ForgeCollection.Name)]
public sealed class ArtifactTests(Forge forge)
{
    private static readonly JsonSerializerOptions Compact = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Contracts to deploy, and the source file of each.</summary>
    public static TheoryData<string, string> Contracts =>
        new()
        {
            { "AnalysisLedger", "AnalysisLedger.sol" },
            { "AnalysisVerifier", "AnalysisVerifier.sol" },
            { "AuditAnchor", "AuditAnchor.sol" },
            { "CircuitRegistry", "CircuitRegistry.sol" },
            { "ConsentRegistry", "ConsentRegistry.sol" },
            { "EnrolmentRegistry", "EnrolmentRegistry.sol" },
            { "ModelRegistry", "ModelRegistry.sol" },
            { "PoseidonT3", "PoseidonT3.sol" },
            { "PoseidonT5", "PoseidonT5.sol" },
            { "RecordAnchor", "RecordAnchor.sol" },
            { "Timelock", "Timelock.sol" },
        };

    [ForgeTheory]
    [MemberData(nameof(Contracts))]
    public void Committed_artifact_is_what_the_source_compiles_to(string contract, string file)
    {
        Assert.Equal(0, forge.Build.ExitCode);
        var output = Forge.Output(file, contract);
        Golden.AssertFile(Path.Combine(Forge.Folder, "artifacts", contract + ".json"), Artifact(contract, output));
    }

    [Fact]
    public void No_artifact_is_left_of_a_contract_that_is_gone() =>
        Assert.Equal(
            Contracts.Select(row => (string)row[0] + ".json").Order(StringComparer.Ordinal),
            Directory
                .EnumerateFiles(Path.Combine(Forge.Folder, "artifacts"))
                .Select(path => Path.GetFileName(path))
                .Order(StringComparer.Ordinal)
        );

    [ForgeTheory]
    [MemberData(nameof(Contracts))]
    public void Contract_fits_the_size_limit_of_EIP_170(string contract, string file) =>
        Assert.InRange(Code(Forge.Output(file, contract), "deployedBytecode").Length / 2 - 1, 1, 24_576);

    private static string Artifact(string contract, JsonObject output)
    {
        var deployed = Code(output, "deployedBytecode");
        Assert.DoesNotContain("__$", Code(output, "bytecode"), StringComparison.Ordinal);
        var artifact = new JsonObject
        {
            ["contract"] = contract,
            ["abi"] = output["abi"]!.DeepClone(),
            ["bytecode"] = Code(output, "bytecode"),
            // before the constructor fills in immutables
            ["deployedBytecodeHash"] =
                "0x" + Convert.ToHexStringLower(Keccak256.Hash(Convert.FromHexString(deployed[2..]))),
        };
        return artifact.ToJsonString(Compact) + "\n";
    }

    private static string Code(JsonObject output, string name) => (string)output[name]!["object"]!;
}
