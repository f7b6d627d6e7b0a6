using System.Numerics;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Tests.Groth16;

/// <summary>
/// Makes a proving key in snarkjs's format within seconds from secrets that everybody knows: for tests and measurements
/// only. Whoever knows them forges proofs, and nothing in the file shows it: the program accepts pinned keys alone.
/// </summary>
public static class KnownTauSetup
{
    /// <summary>Writes a .zkey for the circuit of a .r1cs file.</summary>
    public static void Write(string r1csPath, string zkeyPath, ulong seed = 1) =>
        Write(ConstraintSystem.Load(r1csPath), zkeyPath, seed);

    /// <summary>Writes a .zkey for a circuit.</summary>
    public static void Write(ConstraintSystem system, string zkeyPath, ulong seed = 1)
    {
        var (tau, alpha, beta, delta) = (
            Fr.From(seed * 4 + 1001).Inverse(),
            Fr.From(seed * 4 + 1002).Inverse(),
            Fr.From(seed * 4 + 1003).Inverse(),
            Fr.From(seed * 4 + 1005).Inverse()
        );
        var rows = system.ConstraintCount + system.PublicCount + 1;
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(rows, 2));
        var basis = Lagrange(size, tau);
        var sides = Enumerable.Range(0, 3).Select(side => EvaluateSide(system, side, basis)).ToArray();
        for (var i = 0; i <= system.PublicCount; i++)
            sides[0][i] += basis[system.ConstraintCount + i];

        var inverseDelta = delta.Inverse();
        var mixed = new Fr[system.SignalCount];
        for (var i = 0; i < mixed.Length; i++)
        {
            mixed[i] = beta * sides[0][i] + alpha * sides[1][i] + sides[2][i];
            if (i > system.PublicCount)
                mixed[i] *= inverseDelta;
        }
        var odd = Lagrange(2 * size, tau).Where((_, i) => i % 2 == 1).Select(value => value * inverseDelta).ToArray();

        var g1 = new FixedBase<Fq>(G1Affine.Generator.Point);
        var g2 = new FixedBase<Fq2>(G2Affine.Generator.Point);
        var single1 = g1.Multiply([alpha, beta, delta]);
        var single2 = g2.Multiply([beta, Fr.One, delta]);
        var inputPoints = g1.Multiply(mixed[..(system.PublicCount + 1)]);
        var b2 = g2.Multiply(sides[1]);

        using var writer = new ZkeyWriter(zkeyPath);
        writer.WriteHeader(system.SignalCount, system.PublicCount, size, single1, single2);
        writer.WritePoints(3, inputPoints);
        writer.WriteCoefficients(system);
        writer.WritePoints(5, g1.Multiply(sides[0]));
        writer.WritePoints(6, g1.Multiply(sides[1]));
        writer.WritePoints(7, b2);
        writer.WritePoints(8, g1.Multiply(mixed[(system.PublicCount + 1)..]));
        writer.WritePoints(9, g1.Multiply(odd));
        writer.WriteNoContributions();
    }

    /// <summary>L_i(tau) = w^i (tau^n - 1) / (n (tau - w^i)).</summary>
    internal static Fr[] Lagrange(int size, Fr tau)
    {
        var root = RootsOfUnity.OfOrder(BitOperations.Log2((uint)size));
        var power = tau;
        for (var i = 1; i < size; i *= 2)
            power = power.Square();
        var factor = (power - Fr.One) * Fr.From((ulong)size).Inverse();
        var values = new Fr[size];
        var w = Fr.One;
        for (var i = 0; i < size; i++, w *= root)
            values[i] = factor * w * (tau - w).Inverse();
        return values;
    }

    private static Fr[] EvaluateSide(ConstraintSystem system, int side, Fr[] basis)
    {
        var result = new Fr[system.SignalCount];
        for (var constraint = 0; constraint < system.ConstraintCount; constraint++)
        {
            var signals = system.Signals(constraint, side);
            var coefficients = system.Coefficients(constraint, side);
            for (var i = 0; i < signals.Length; i++)
                result[signals[i]] += coefficients[i] * basis[constraint];
        }
        return result;
    }
}
