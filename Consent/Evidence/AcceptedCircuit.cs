using MedLedger.Consent.Chain;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.Groth16;

namespace MedLedger.Consent.Evidence;

/// <summary>A circuit whose proofs count: its verifying key, and what is said of it. Evidence may say nothing else.</summary>
/// <param name="Key">The verifying key.</param>
/// <param name="Version">The circuit's version, inside the signal <c>context</c>.</param>
/// <param name="Ceremony">How the key came about, in the words of the manifest.</param>
public sealed record AcceptedCircuit(PreparedVerifyingKey Key, int Version, string Ceremony)
{
    /// <summary>What this program was built with, by the SHA-256 of <c>verification_key.json</c>.</summary>
    public static IReadOnlyDictionary<Bytes32, AcceptedCircuit> BuiltIn { get; } =
        new Dictionary<Bytes32, AcceptedCircuit>
        {
            [new Bytes32(CircuitManifest.Pinned.VerifyingKeyHash)] = new(
                CircuitManifest.Pinned.VerifyingKey,
                CircuitManifest.Pinned.CircuitVersion,
                CircuitManifest.Pinned.Ceremony
            ),
        };
}
