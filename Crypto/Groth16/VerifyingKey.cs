using MedLedger.Crypto.Curves;

namespace MedLedger.Crypto.Groth16;

/// <summary>
/// A Groth16 verifying key. One that exists is not degenerate: every point is finite, delta differs from gamma (a key
/// without a phase-2 contribution has them equal, and anybody can forge proofs for it), and neither alpha, beta nor delta
/// is the group's generator (a ceremony without contributions leaves them there).
/// That the ceremony was honest cannot be seen in a key.
/// </summary>
public sealed class VerifyingKey
{
    private readonly G1Affine[] _inputPoints;

    private VerifyingKey(in G1Affine alpha, in G2Affine beta, in G2Affine gamma, in G2Affine delta, G1Affine[] ic)
    {
        Alpha = alpha;
        Beta = beta;
        Gamma = gamma;
        Delta = delta;
        _inputPoints = ic;
    }

    /// <summary>alpha, in G1.</summary>
    public G1Affine Alpha { get; }

    /// <summary>beta, in G2.</summary>
    public G2Affine Beta { get; }

    /// <summary>gamma, in G2.</summary>
    public G2Affine Gamma { get; }

    /// <summary>delta, in G2.</summary>
    public G2Affine Delta { get; }

    /// <summary>IC_i = (beta u_i + alpha v_i + w_i)(tau) / gamma in G1, for the constant 1 and then each public input.</summary>
    public ReadOnlySpan<G1Affine> InputPoints => _inputPoints;

    /// <summary>The number of public inputs.</summary>
    public int PublicInputCount => _inputPoints.Length - 1;

    /// <summary>Makes a key of its points; null when it is degenerate (see the type).</summary>
    public static VerifyingKey? TryCreate(
        in G1Affine alpha,
        in G2Affine beta,
        in G2Affine gamma,
        in G2Affine delta,
        ReadOnlySpan<G1Affine> inputPoints
    )
    {
        if (alpha.IsInfinity || beta.IsInfinity || gamma.IsInfinity || delta.IsInfinity)
            return null;
        if (delta == gamma || delta == -gamma || delta == G2Affine.Generator)
            return null;
        if (alpha == G1Affine.Generator || beta == G2Affine.Generator)
            return null;
        if (inputPoints.IsEmpty)
            return null;
        foreach (ref readonly var point in inputPoints)
        {
            // A public input whose point is at infinity could have any value.
            if (point.IsInfinity)
                return null;
        }
        return new VerifyingKey(alpha, beta, gamma, delta, inputPoints.ToArray());
    }
}
