using System.Diagnostics.CodeAnalysis;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Statements;

/// <summary>The eleven public signals of AnalysisPolicy, in the circuit's order.</summary>
public sealed record PublicSignals(
    Fr ConsentRoot,
    Fr RecordRoot,
    Fr ModelRoot,
    Fr EnrolRoot,
    Fr AsOf,
    Fr Nullifier,
    Fr ResultCommitment,
    Fr RequestCommitment,
    Fr RegistryId,
    Fr Context,
    Fr Shape
)
{
    /// <summary>How many there are.</summary>
    public const int Count = 11;

    /// <summary>The circuit's names for them, in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "consentRoot",
        "recordRoot",
        "modelRoot",
        "enrolRoot",
        "asOf",
        "nullifier",
        "resultCommitment",
        "requestCommitment",
        "registryId",
        "context",
        "shape",
    ];

    /// <summary>The values in order, as a verifier takes them.</summary>
    public Fr[] ToArray() =>
        [
            ConsentRoot,
            RecordRoot,
            ModelRoot,
            EnrolRoot,
            AsOf,
            Nullifier,
            ResultCommitment,
            RequestCommitment,
            RegistryId,
            Context,
            Shape,
        ];

    /// <summary>
    /// Reads the values; false when their number is wrong, <c>asOf</c> does not fit 40 bits or <c>shape</c> is the
    /// shape of no proof.
    /// </summary>
    public static bool TryRead(IReadOnlyList<Fr> values, [NotNullWhen(true)] out PublicSignals? signals)
    {
        signals = null;
        if (
            values is not { Count: Count }
            || values[4].ToBigInteger() >> 40 != 0
            || !Commitments.Shape.TryUnpack(values[10], out _)
        )
            return false;
        signals = new(
            values[0],
            values[1],
            values[2],
            values[3],
            values[4],
            values[5],
            values[6],
            values[7],
            values[8],
            values[9],
            values[10]
        );
        return true;
    }
}
