using System.Text;
using MedLedger.Crypto.Groth16;

namespace MedLedger.Crypto.Tests.Verifiers;

/// <summary>What a verifier is given, as text: verification_key.json, public.json and proof.json.</summary>
internal sealed record Statement(string Key, string Inputs, string Proof)
{
    /// <summary>Our answer.</summary>
    public bool IsAccepted =>
        SnarkJson.TryReadVerifyingKey(Encoding.UTF8.GetBytes(Key)) is { } key
        && SnarkJson.TryReadProof(Encoding.UTF8.GetBytes(Proof)) is { } proof
        && SnarkJson.TryReadPublicInputs(Encoding.UTF8.GetBytes(Inputs)) is { } inputs
        && Verifier.Verify(new PreparedVerifyingKey(key), proof, inputs);

    /// <summary>Replaces text that is there.</summary>
    public Statement WithProof(string from, string to) => this with { Proof = Replace(Proof, from, to) };

    /// <summary>Replaces text that is there.</summary>
    public Statement WithInputs(string from, string to) => this with { Inputs = Replace(Inputs, from, to) };

    private static string Replace(string text, string from, string to)
    {
        Assert.Contains(from, text, StringComparison.Ordinal);
        return text.Replace(from, to, StringComparison.Ordinal);
    }
}
