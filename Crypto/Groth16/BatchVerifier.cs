using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Groth16;

/// <summary>
/// Verifies many proofs under one key at once: each equation is raised to a random power of 128 bits and all are multiplied
/// (Bellare, Garay, Rabin: "Fast batch verification for modular exponentiation and digital signatures", 1998, small exponents
/// test). A wrong proof passes with probability 2^-128. Per proof one Miller loop remains, and one final exponentiation for
/// all.
/// </summary>
public static class BatchVerifier
{
    /// <summary>
    /// True when every proof is valid for its public inputs. False says that at least one is not: verify one by one to know
    /// which. An empty list is valid.
    /// </summary>
    public static bool VerifyBatch(
        PreparedVerifyingKey key,
        IReadOnlyList<(Proof Proof, IReadOnlyList<Fr> PublicInputs)> statements
    )
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(statements);
        var count = statements.Count;
        if (statements.Any(statement => statement.PublicInputs.Count != key.Key.PublicInputCount))
            return false;
        if (count == 0)
            return true;

        // prod e(z_i A_i, B_i) = e(alpha, beta)^(sum z_i) e(sum z_i inputs_i, gamma) e(sum z_i C_i, delta), z_i = 2e_i + 1
        var e = DrawExponents(count);
        var sums = new Fr[key.Key.PublicInputCount + 1];
        var points = new G1Affine[2 * count];
        for (var i = 0; i < count; i++)
        {
            var limbs = new Limbs(unchecked((ulong)e[i]), (ulong)(e[i] >> 64), 0, 0);
            var z = Fr.FromCanonicalUnchecked(limbs).Double() + Fr.One;
            sums[0] += z;
            for (var k = 1; k < sums.Length; k++)
                sums[k] += z * statements[i].PublicInputs[k - 1];
            (points[i], points[count + i]) = (statements[i].Proof.A, statements[i].Proof.C);
        }
        var crew = new WorkCrew(1, CancellationToken.None);
        var inputs = key.InputTable.Sum(sums, crew);
        var multiples = OddMultiples.Compute(points, [.. e, .. e], crew).AsSpan();
        CurvePoint<Fq> c = default;
        foreach (ref readonly var point in multiples[count..])
            c += point.Point;

        var b = statements.Select(statement => statement.Proof.B).ToArray();
        var miller = crew.UseVectors
            ? MillerLoop.Run<Fq8>(multiples[..count], b, [], [])
            : MillerLoop.Run<ScalarLane<Fq>>(multiples[..count], b, [], []);
        miller *= MillerLoop.Run<ScalarLane<Fq>>(
            [],
            [],
            [
                -G1Affine.FromUnchecked(inputs.ToAffine()),
                -G1Affine.FromUnchecked(c.ToAffine()),
                -(sums[0] * key.Key.Alpha),
            ],
            [key.Gamma, key.Delta, key.Beta]
        );
        return Fq12.AreEqual(Pairing.FinalExponentiation(miller), Fq12.One);
    }

    /// <summary>Numbers below 2^128 that whoever made the proofs could not foresee.</summary>
    private static UInt128[] DrawExponents(int count)
    {
        var exponents = new UInt128[count];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(exponents.AsSpan()));
        return exponents;
    }
}
