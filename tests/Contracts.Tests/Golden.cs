using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Tests.Contracts;

/// <summary>Committed files that are made from others. <c>UPDATE_GOLDEN=1</c> rewrites them, otherwise tests compare.</summary>
internal static class Golden
{
    /// <summary>Verifying keys and the contracts made from them.</summary>
    public static readonly (string Key, string Contract, string File, string SourceRoot)[] Verifiers =
    [
        ("circuits/artifacts/verification_key.json", "AnalysisVerifier", "contracts/src/AnalysisVerifier.sol", "."),
        (
            "contracts/test/keys/trapdoor_key.json",
            "TrapdoorVerifier",
            "contracts/test/support/TrapdoorVerifier.sol",
            "../../src"
        ),
    ];

    /// <summary>Numbers of inputs for which there is a Poseidon contract.</summary>
    public static readonly int[] PoseidonInputs = [2, 4];

    public static bool Update { get; } = Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1";

    public static string PoseidonFile(int inputs) =>
        RepositoryRoot.File("contracts", "src", $"PoseidonT{inputs + 1}.sol");

    public static void WriteSources()
    {
        if (!Update)
            return;
        foreach (var (key, contract, file, root) in Verifiers)
            File.WriteAllText(RepositoryRoot.File(file), Verifier(key, contract, root));
        foreach (var inputs in PoseidonInputs)
            File.WriteAllText(PoseidonFile(inputs), SolidityPoseidon.Generate(inputs));
    }

    public static string Verifier(string key, string contract, string sourceRoot) =>
        SolidityVerifier.TryGenerate(File.ReadAllBytes(RepositoryRoot.File(key)), contract, sourceRoot, out var source)
            ? source
            : throw new InvalidOperationException($"'{key}' is no verifying key.");

    /// <summary>Fails unless the committed file has exactly this text; writes it when updating.</summary>
    public static void AssertFile(string path, string text)
    {
        if (Update)
            File.WriteAllText(path, text);
        Assert.True(File.Exists(path), $"{path} is missing; run the tests with UPDATE_GOLDEN=1.");
        Assert.Equal(text, File.ReadAllText(path));
    }
}
