using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Crypto.Groth16;

/// <summary>
/// h(X) Z(X) = a(X) b(X) - c(X) by its values on the odd half of the domain of size 2n, where Z is not zero: what the H points
/// of a snarkjs key want. a, b and c interpolate the constraints' sides; c is a times b on the domain itself, hence no third
/// matrix.
/// </summary>
internal static class Quotient
{
    /// <summary>The values, not in Montgomery form. The caller zeroes them: they depend on the witness.</summary>
    public static Limbs[] Compute(ProvingKey key, ReadOnlySpan<Limbs> witness, WorkCrew crew)
    {
        var domain = new NttDomain(key.DomainSize);
        var sides = Evaluate(key, witness, crew);
        var (a, b) = (sides[0], sides[1]);
        var c = new Fr[key.DomainSize];
        try
        {
            for (var i = 0; i < c.Length; i++)
                c[i] = a[i] * b[i];
            domain.ShiftToCoset(a, crew);
            domain.ShiftToCoset(b, crew);
            domain.ShiftToCoset(c, crew);
            var values = new Limbs[c.Length];
            for (var i = 0; i < values.Length; i++)
                values[i] = (a[i] * b[i] - c[i]).ToCanonical();
            return values;
        }
        finally
        {
            foreach (var side in (ReadOnlySpan<Fr[]>)[a, b, c])
                CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(side.AsSpan()));
        }
    }

    /// <summary>The values of a and b at every constraint. A coefficient holds a factor 2^512, so that one multiplication makes Montgomery form.</summary>
    private static unsafe Fr[][] Evaluate(ProvingKey key, ReadOnlySpan<Limbs> witness, WorkCrew crew)
    {
        Fr[][] sides = [new Fr[key.DomainSize], new Fr[key.DomainSize]];
        fixed (Limbs* values = witness)
        {
            var (pointer, count) = ((nint)values, witness.Length);
            crew.Run(
                2,
                side =>
                {
                    var signals = new ReadOnlySpan<Limbs>((void*)pointer, count);
                    var result = sides[side];
                    foreach (ref readonly var entry in key.Coefficients)
                    {
                        if (entry.Matrix != side)
                        {
                            if (entry.Matrix > 1)
                                throw new InvalidDataException("A coefficient of the key is outside the matrices.");
                            continue;
                        }
                        if (entry.Constraint >= (uint)result.Length || entry.Signal >= (uint)signals.Length)
                            throw new InvalidDataException("A coefficient of the key is outside the matrices.");
                        var product = Montgomery<FrModulus>.Multiply(entry.Value, signals[(int)entry.Signal]);
                        result[entry.Constraint] += Fr.FromMontgomeryUnchecked(product);
                    }
                }
            );
        }
        return sides;
    }
}
