using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Groth16;

/// <summary>The Groth16 verifier. Works on public values, in variable time.</summary>
public static class Verifier
{
    private static readonly WorkCrew OneThread = new(1, CancellationToken.None);

    /// <summary>
    /// True when e(A, B) = e(alpha, beta) e(IC_0 + sum x_i IC_i, gamma) e(C, delta) and the number of public inputs is
    /// exactly the key's.
    /// </summary>
    public static bool Verify(PreparedVerifyingKey key, Proof proof, ReadOnlySpan<Fr> publicInputs)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(proof);
        if (publicInputs.Length != key.Key.PublicInputCount)
            return false;
        var inputs = G1Affine.FromUnchecked(key.InputTable.Sum([Fr.One, .. publicInputs], OneThread).ToAffine());
        // Three pairs side by side take less time than lines that are known on one lane.
        var miller = OneThread.UseVectors
            ? MillerLoop.Run<Fq8>([proof.A, -inputs, -proof.C], [proof.B, key.Key.Gamma, key.Key.Delta], [], [])
            : MillerLoop.Run<ScalarLane<Fq>>([proof.A], [proof.B], [-inputs, -proof.C], [key.Gamma, key.Delta]);
        return Fq12.AreEqual(Pairing.FinalExponentiation(miller), key.AlphaBeta);
    }

    /// <summary>The same without a prepared key, for one proof: e(A, B) e(-inputs, gamma) e(-C, delta) e(-alpha, beta) = 1.</summary>
    internal static bool VerifyOnce(VerifyingKey key, Proof proof, ReadOnlySpan<Fr> publicInputs)
    {
        if (publicInputs.Length != key.PublicInputCount)
            return false;
        var inputs = CombineInputs(key.InputPoints, publicInputs);
        return Pairing.IsProductOne(
            [proof.A, -inputs, -proof.C, -key.Alpha],
            [proof.B, key.Gamma, key.Delta, key.Beta]
        );
    }

    /// <summary>IC_0 + sum x_i IC_i, with one chain of doublings for all (Straus: "Addition chains of vectors", 1964).</summary>
    private static G1Affine CombineInputs(ReadOnlySpan<G1Affine> points, ReadOnlySpan<Fr> publicInputs)
    {
        var scalars = new Limbs[publicInputs.Length];
        var length = 0;
        for (var i = 0; i < scalars.Length; i++)
        {
            scalars[i] = publicInputs[i].ToCanonical();
            length = Math.Max(length, scalars[i].BitLength);
        }
        CurvePoint<Fq> sum = default;
        for (var bit = length - 1; bit >= 0; bit--)
        {
            sum = sum.Double();
            for (var i = 0; i < scalars.Length; i++)
            {
                if (scalars[i].Bit(bit) == 1)
                    sum += points[i + 1].Point;
            }
        }
        return G1Affine.FromUnchecked((sum + points[0].Point).ToAffine());
    }
}
