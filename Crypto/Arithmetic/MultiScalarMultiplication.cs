using System.Collections.Concurrent;
using System.Numerics;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Sums of scalar multiples by buckets (Pippenger, 1976; Bernstein, Doumen, Lange, Oosterwijk: "Faster batch forgery
/// identification", 2012) with signed digits and affine buckets. Variable time: the witness could be seen by who measures on
/// the same machine.
/// </summary>
internal static unsafe class MultiScalarMultiplication
{
    /// <summary>The sum of scalars[i] * points[i] in G1; <paramref name="copied"/> is called when the points are not read any more.</summary>
    public static CurvePoint<Fq> Sum(
        ReadOnlySpan<AffinePoint<Fq>> points,
        ReadOnlySpan<Limbs> scalars,
        WorkCrew crew,
        Action? copied = null
    ) =>
        crew.UseVectors
            ? Sum<Fq8, Fq>(points, scalars, crew, copied)
            : Sum<ScalarLane<Fq>, Fq>(points, scalars, crew, copied);

    /// <summary>The same in G2.</summary>
    public static CurvePoint<Fq2> Sum(
        ReadOnlySpan<AffinePoint<Fq2>> points,
        ReadOnlySpan<Limbs> scalars,
        WorkCrew crew,
        Action? copied = null
    ) =>
        crew.UseVectors
            ? Sum<Fq2x8, Fq2>(points, scalars, crew, copied)
            : Sum<ScalarLane<Fq2>, Fq2>(points, scalars, crew, copied);

    private static CurvePoint<TField> Sum<TLanes, TField>(
        ReadOnlySpan<AffinePoint<TField>> points,
        ReadOnlySpan<Limbs> scalars,
        WorkCrew crew,
        Action? copied
    )
        where TLanes : unmanaged, ILanes<TLanes, TField>
        where TField : unmanaged, IFieldElement<TField>
    {
        if (points.Length != scalars.Length)
            throw new ArgumentException("There must be as many scalars as points.", nameof(scalars));
        var active = FindActive(points, scalars);
        if (active.Length == 0)
            return default;
        var bits = WindowBits(active.Length);
        var sums = new CurvePoint<TField>[SignedDigits.WindowCount(bits)];
        var free = new ConcurrentBag<BucketSum<TLanes, TField>>();
        using var store = new PointStore<TLanes, TField>(points.Length);
        try
        {
            // Lambdas cannot capture spans; the memory stays where it is until Run returns.
            fixed (Limbs* scalar = scalars)
            fixed (AffinePoint<TField>* point = points)
            {
                var (scalarAddress, pointAddress, count) = ((nint)scalar, (nint)point, points.Length);
                const int Piece = 4096;
                crew.Run(
                    (count + Piece - 1) / Piece,
                    piece =>
                    {
                        var from = piece * Piece;
                        store.SetMany(
                            PointStore<TLanes, TField>.Reserved + from,
                            new((AffinePoint<TField>*)pointAddress + from, Math.Min(Piece, count - from))
                        );
                    }
                );
                copied?.Invoke();
                crew.Run(
                    sums.Length,
                    window =>
                    {
                        var buckets = free.TryTake(out var used) ? used : new(active.Length, bits);
                        var digits = new ReadOnlySpan<Limbs>((Limbs*)scalarAddress, count);
                        try
                        {
                            sums[window] = buckets.Sum(store, digits, active, window, crew.Cancel);
                        }
                        finally
                        {
                            free.Add(buckets);
                        }
                    }
                );
            }
        }
        finally
        {
            foreach (var buckets in free)
                buckets.Dispose();
        }
        return Combine(sums, bits);
    }

    /// <summary>Indices of finite points with a scalar that is not zero.</summary>
    private static int[] FindActive<TField>(ReadOnlySpan<AffinePoint<TField>> points, ReadOnlySpan<Limbs> scalars)
        where TField : unmanaged, IFieldElement<TField>
    {
        var active = new int[points.Length];
        var count = 0;
        for (var i = 0; i < active.Length; i++)
        {
            if (!scalars[i].IsZero && !points[i].IsInfinity)
                active[count++] = i;
        }
        return active[..count];
    }

    /// <summary>sum of 2^(bits window) sums[window].</summary>
    private static CurvePoint<TField> Combine<TField>(CurvePoint<TField>[] sums, int bits)
        where TField : unmanaged, IFieldElement<TField>
    {
        var total = sums[^1];
        for (var window = sums.Length - 2; window >= 0; window--)
        {
            for (var i = 0; i < bits; i++)
                total = total.Double();
            total += sums[window];
        }
        return total;
    }

    private static int WindowBits(int count) => Math.Clamp(BitOperations.Log2((uint)count) - 3, 3, 16);
}
