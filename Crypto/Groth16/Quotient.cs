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

    // Below this the vectors' tables cost more than they save.
    private const int LeastForVectors = 64;

    /// <summary>The values, not in Montgomery form. The caller zeroes them: they depend on the witness.</summary>
    public static Limbs[] Compute(ProvingKey key, ReadOnlySpan<Limbs> witness, WorkCrew crew) =>
        crew.UseVectors && key.DomainSize >= LeastForVectors
            ? Compute<Fr8>(key, witness, crew)
            : Compute<ScalarLane<Fr>>(key, witness, crew);

    private static unsafe Limbs[] Compute<TLanes>(ProvingKey key, ReadOnlySpan<Limbs> witness, WorkCrew crew)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fr>
    {
        var length = key.DomainSize / TLanes.Count;
        using LaneBuffer<TLanes> a = new(length, pool: crew.Memory),
            b = new(length, pool: crew.Memory),
            c = new(length, pool: crew.Memory);
        Evaluate(key, witness, a, b, crew);
        key.Release();
        InPieces(
            length,
            TLanes.Count,
            (from, to) =>
            {
                LaneElements.Pack(a, from, to);
                LaneElements.Pack(b, from, to);
                for (var i = from; i < to; i++)
                    TLanes.Multiply(a.Start[i], b.Start[i], out c.Start[i]);
            },
            crew
        );
        using var domain = new NttDomain<TLanes>(key.DomainSize, crew);
        domain.ShiftToCoset([a, b, c], crew);
        var values = new Limbs[key.DomainSize];
        var isDone = false;
        try
        {
            InPieces(length, TLanes.Count, (from, to) => Combine(a, b, c, from, to, values, domain), crew);
            isDone = true;
            return values;
        }
        finally
        {
            if (!isDone)
                CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    /// <summary>a b - c, in the order of the coset.</summary>
    private static unsafe void Combine<TLanes>(
        LaneBuffer<TLanes> a,
        LaneBuffer<TLanes> b,
        LaneBuffer<TLanes> c,
        int from,
        int to,
        Limbs[] values,
        NttDomain<TLanes> domain
    )
        where TLanes : unmanaged, ITransformLanes<TLanes, Fr>
    {
        var limbs = stackalloc Limbs[TLanes.Count];
        for (var i = from; i < to; i++)
        {
            TLanes.Reduce(ref a.Start[i]);
            TLanes.Reduce(ref b.Start[i]);
            TLanes.Reduce(ref c.Start[i]);
            TLanes.Multiply(a.Start[i], b.Start[i], out var product);
            TLanes.Subtract(product, c.Start[i], out var value);
            TLanes.StoreCanonical(value, (ulong*)limbs);
            for (var lane = 0; lane < TLanes.Count; lane++)
                values[domain.Turn(i * TLanes.Count + lane)] = limbs[lane];
        }
        new Span<Limbs>(limbs, TLanes.Count).Clear();
    }

    private static void InPieces(int length, int lanes, Action<int, int> body, WorkCrew crew)
    {
        var vectors = Piece / lanes;
        crew.Run(
            (length + vectors - 1) / vectors,
            piece => body(piece * vectors, Math.Min(length, (piece + 1) * vectors))
        );
    }

    /// <summary>
    /// The values of a and b at every constraint, not packed. A coefficient holds a factor 2^512, so that one multiplication
    /// makes Montgomery form.
    /// </summary>
    private static unsafe void Evaluate<TLanes>(
        ProvingKey key,
        ReadOnlySpan<Limbs> witness,
        LaneBuffer<TLanes> a,
        LaneBuffer<TLanes> b,
        WorkCrew crew
    )
        where TLanes : unmanaged, ITransformLanes<TLanes, Fr>
    {
        fixed (Limbs* values = witness)
        {
            var (pointer, count, size) = ((nint)values, witness.Length, (uint)key.DomainSize);
            crew.Run(
                2,
                side =>
                {
                    var signals = new ReadOnlySpan<Limbs>((void*)pointer, count);
                    var result = side == 0 ? a : b;
                    result.Clear();
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
                        if (entry.Constraint >= size || entry.Signal >= (uint)signals.Length)
                            throw new InvalidDataException("A coefficient of the key is outside the matrices.");
                        var product = Montgomery<FrModulus>.Multiply(entry.Value, signals[(int)entry.Signal]);
                        *LaneElements.At(result, (int)entry.Constraint) += Fr.FromMontgomeryUnchecked(product);
                    }
                }
            );
        }
    }
}
