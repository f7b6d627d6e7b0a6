using System.Text;
using System.Text.Json;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Tests;

namespace MedLedger.Crypto.Tests.Groth16;

/// <summary>Keys and proofs that snarkjs made.</summary>
internal static class SnarkVectors
{
    private static readonly JsonElement Root = JsonDocument
        .Parse(File.ReadAllText(RepositoryRoot.File("tests", "vectors", "groth16-snarkjs.json")))
        .RootElement;

    public static readonly string[] Names = ["one-constraint", "poseidon-seven-public", "no-public"];

    public static string Json(string name, string member) =>
        Root.EnumerateArray().Single(e => e.GetProperty("name").GetString() == name).GetProperty(member).GetRawText();

    public static byte[] Utf8(string name, string member) => Encoding.UTF8.GetBytes(Json(name, member));

    public static (VerifyingKey Key, Proof Proof, Fr[] Inputs) Load(string name) =>
        (
            SnarkJson.TryReadVerifyingKey(Utf8(name, "verificationKey"))!,
            SnarkJson.TryReadProof(Utf8(name, "proof"))!,
            SnarkJson.TryReadPublicInputs(Utf8(name, "public"))!
        );
}
