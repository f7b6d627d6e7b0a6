using System.Numerics;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Crypto.Ceremony;

/// <summary>What was found: <paramref name="Fault"/> is null when everything fits together.</summary>
/// <param name="Fault">The first thing that is wrong, in a sentence.</param>
/// <param name="CircuitHash">The hash of the circuit that the contributions start from, as the key names it.</param>
/// <param name="Contributions">The contributions to phase 2, in order; a beacon is one too.</param>
public sealed record CeremonyReport(
    string? Fault,
    ReadOnlyMemory<byte> CircuitHash,
    IReadOnlyList<Contribution> Contributions
)
{
    /// <summary>True when nothing is wrong.</summary>
    public bool IsValid => Fault is null;
}

/// <summary>
/// Verifies that a proving key belongs to a constraint system and to powers of tau, and that its delta is the product of the
/// listed contributions: what snarkjs's <c>zkey verify</c> answers, without preparing the powers of tau first. Each section
/// of the key is compared as one random linear combination with the same combination of powers of tau, whose coefficients
/// come from the constraints by interpolation; so is the structure of the powers themselves. A wrong key passes with
/// probability below 2^-120. Not checked: that somebody destroyed a secret, and the history of phase 1.
/// </summary>
public static class CeremonyVerifier
{
    /// <summary>Verifies; takes seconds for 2^16 constraints.</summary>
    /// <param name="key">The proving key with its contributions.</param>
    /// <param name="system">The constraint system.</param>
    /// <param name="powers">The powers of tau, prepared for phase 2 or not.</param>
    /// <param name="progress">Told the fraction done.</param>
    /// <param name="threads">Threads to use, the calling one included; 0 for one per processor.</param>
    /// <param name="cancel">Ends the work.</param>
    public static CeremonyReport Verify(
        ProvingKey key,
        ConstraintSystem system,
        PowersOfTau powers,
        IProgress<double>? progress = null,
        int threads = 0,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(powers);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        var crew = new WorkCrew(threads == 0 ? Environment.ProcessorCount : threads, cancel);
        byte[] circuitHash = [];
        IReadOnlyList<Contribution> contributions = [];
        try
        {
            (circuitHash, contributions) = Contribution.ReadAll(key.Contributions);
            var fault = FindFault(key, system, powers, (circuitHash, contributions), crew, progress);
            progress?.Report(1);
            return new(fault, circuitHash, contributions);
        }
        catch (InvalidDataException exception)
        {
            return new(exception.Message, circuitHash, contributions);
        }
    }

    private static string? FindFault(
        ProvingKey key,
        ConstraintSystem system,
        PowersOfTau powers,
        (byte[] CircuitHash, IReadOnlyList<Contribution> List) contributions,
        WorkCrew crew,
        IProgress<double>? progress
    )
    {
        var rows = (long)system.ConstraintCount + system.PublicCount + 1;
        if (key.SignalCount != system.SignalCount || key.PublicCount != system.PublicCount)
            return "The key is for a circuit with other signals.";
        if (key.DomainSize != (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(rows, 2)))
            return "The key is for a circuit with another number of constraints.";
        if (key.DomainSize > 1L << powers.Power)
            return "The powers of tau are too few for the circuit.";
        if (contributions.List.Count == 0)
            return "The key has no contribution.";
        if (Contribution.FindFault(contributions.CircuitHash, contributions.List, crew.Cancel) is { } wrong)
            return wrong;
        progress?.Report(0.05);
        if (powers.FindFault(crew) is { } wrongPowers)
            return wrongPowers;
        progress?.Report(0.4);
        if (FindFaultInHeader(key.Header, powers, contributions.List[^1].DeltaAfter) is { } wrongHeader)
            return wrongHeader;
        if (
            !StoredPoint.AreValid(key.A, crew)
            || !StoredPoint.AreValid(key.B1, crew)
            || !StoredPoint.AreValid(key.C, crew)
            || !StoredPoint.AreValid(key.H, crew)
            || !StoredPoint.AreValid(key.B2, crew)
        )
            return "The key has a point outside its group.";
        progress?.Report(0.6);
        using var check = new KeyCheck(key, system, powers, crew, progress);
        return check.FindFault();
    }

    private static string? FindFaultInHeader(KeyHeader header, PowersOfTau powers, in G1Affine delta)
    {
        if (!AffinePoint<Fq>.AreEqual(header.Alpha1, powers.AlphaTauG1[0]))
            return "alpha is not that of the powers of tau.";
        if (
            !AffinePoint<Fq>.AreEqual(header.Beta1, powers.BetaTauG1[0])
            || !AffinePoint<Fq2>.AreEqual(header.Beta2, powers.BetaG2)
        )
            return "beta is not that of the powers of tau.";
        if (!AffinePoint<Fq2>.AreEqual(header.Gamma2, G2Affine.Generator.Point))
            return "gamma is not the generator.";
        var delta2 = G2Affine.FromUnchecked(header.Delta2);
        if (
            !AffinePoint<Fq>.AreEqual(header.Delta1, delta.Point)
            || !Contribution.HaveSameRatio(G1Affine.Generator, delta, G2Affine.Generator, delta2)
        )
            return "delta is not the product of the contributions.";
        return null;
    }
}
