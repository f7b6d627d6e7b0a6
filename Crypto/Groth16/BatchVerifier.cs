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
        var inputPoints = key.Key.InputPoints;
        var count = statements.Count;
        if (statements.Any(statement => statement.PublicInputs.Count != key.Key.PublicInputCount))
            return false;
        if (count == 0)
            return true;

        var powers = DrawPowers(count);
        var crew = new WorkCrew(1, CancellationToken.None);
        // prod e(z_i A_i, B_i) = e(alpha, beta)^(sum z_i) e(sum z_i inputs_i, gamma) e(sum z_i C_i, delta)
        var combined = new Fr[inputPoints.Length];
        var c = new AffinePoint<Fq>[count];
        for (var i = 0; i < count; i++)
        {
            var power = Fr.FromCanonicalUnchecked(powers[i]);
            combined[0] += power;
            for (var k = 0; k < statements[i].PublicInputs.Count; k++)
                combined[k + 1] += power * statements[i].PublicInputs[k];
            c[i] = statements[i].Proof.C.Point;
        }
        var inputs = MultiScalarMultiplication.Sum(
            MemoryMarshal.Cast<G1Affine, AffinePoint<Fq>>(inputPoints),
            Array.ConvertAll(combined, value => value.ToCanonical()),
            crew
        );
        var sumC = MultiScalarMultiplication.Sum(c, powers, crew);
        var alpha = combined[0] * key.Key.Alpha;

        var g1 = new G1Affine[count + 3];
        var g2 = new G2Prepared[count + 3];
        for (var i = 0; i < count; i++)
        {
            g1[i] = Fr.FromCanonicalUnchecked(powers[i]) * statements[i].Proof.A;
            g2[i] = new G2Prepared(statements[i].Proof.B);
        }
        (g1[count], g2[count]) = (-G1Affine.FromUnchecked(inputs.ToAffine()), key.Gamma);
        (g1[count + 1], g2[count + 1]) = (-G1Affine.FromUnchecked(sumC.ToAffine()), key.Delta);
        (g1[count + 2], g2[count + 2]) = (-alpha, key.Beta);
        return Pairing.IsProductOne(g1, g2);
    }

    /// <summary>Numbers 1 .. 2^128 - 1 that whoever made the proofs could not foresee.</summary>
    private static Limbs[] DrawPowers(int count)
    {
        var powers = new Limbs[count];
        Span<ulong> random = stackalloc ulong[2];
        for (var i = 0; i < count; i++)
        {
            do
            {
                RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(random));
            } while ((random[0] | random[1]) == 0);
            powers[i] = new Limbs(random[0], random[1], 0, 0);
        }
        return powers;
    }
}
