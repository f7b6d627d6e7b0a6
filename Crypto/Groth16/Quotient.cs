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
    // Elements between two looks at the cancellation: below a millisecond.
    private const int Piece = 4096;

    /// <summary>The values, not in Montgomery form. The caller zeroes them: they depend on the witness.</summary>
    public static Limbs[] Compute(ProvingKey key, ReadOnlySpan<Limbs> witness, WorkCrew crew)
    {
        var domain = new NttDomain(key.DomainSize);
        var size = key.DomainSize;
        var (a, b, c) = (new Fr[size], new Fr[size], new Fr[size]);
        var values = new Limbs[size];
        var isDone = false;
        try
        {
            Evaluate(key, witness, a, b, crew);
            InPieces(size, i => c[i] = a[i] * b[i], crew);
            domain.ShiftToCoset(a, crew);
            domain.ShiftToCoset(b, crew);
            domain.ShiftToCoset(c, crew);
            InPieces(size, i => values[i] = (a[i] * b[i] - c[i]).ToCanonical(), crew);
            isDone = true;
            return values;
        }
        finally
        {
            foreach (var side in (ReadOnlySpan<Fr[]>)[a, b, c])
                CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(side.AsSpan()));
            if (!isDone)
                CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    private static void InPieces(int size, Action<int> body, WorkCrew crew) =>
        crew.Run(
            (size + Piece - 1) / Piece,
            piece =>
            {
                for (var i = piece * Piece; i < Math.Min(size, (piece + 1) * Piece); i++)
                    body(i);
            }
        );

    /// <summary>The values of a and b at every constraint. A coefficient holds a factor 2^512, so that one multiplication makes Montgomery form.</summary>
    private static unsafe void Evaluate(ProvingKey key, ReadOnlySpan<Limbs> witness, Fr[] a, Fr[] b, WorkCrew crew)
    {
        fixed (Limbs* values = witness)
        {
            var (pointer, count) = ((nint)values, witness.Length);
            crew.Run(
                2,
                side =>
                {
                    var signals = new ReadOnlySpan<Limbs>((void*)pointer, count);
                    var result = side == 0 ? a : b;
                    var read = 0;
                    foreach (ref readonly var entry in key.Coefficients)
                    {
                        if (++read % Piece == 0)
                            crew.Cancel.ThrowIfCancellationRequested();
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
    }
}
