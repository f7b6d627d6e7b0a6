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
        // The key's points are public: nothing to zero.
        using var store = new PointStore<TLanes, TField>(points.Length, isSecret: false, crew.Memory);
        // Lambdas cannot capture spans; the memory stays where it is until the sum is there.
        fixed (Limbs* scalar = scalars)
        fixed (AffinePoint<TField>* point = points)
        {
            var active = CopyActive(point, scalar, points.Length, store, crew);
            copied?.Invoke();
            return active.Length == 0 ? default : SumActive(store, scalar, scalars.Length, active, crew);
        }
    }

    private static CurvePoint<TField> SumActive<TLanes, TField>(
        PointStore<TLanes, TField> store,
        Limbs* scalars,
        int count,
        int[] active,
        WorkCrew crew
    )
        where TLanes : unmanaged, ILanes<TLanes, TField>
        where TField : unmanaged, IFieldElement<TField>
    {
        var bits = WindowBits(active.Length);
        var parts = Split(SignedDigits.WindowCount(bits), active.Length, crew.Threads);
        var sums = new CurvePoint<TField>[parts.Count];
        var free = new ConcurrentBag<BucketSum<TLanes, TField>>();
        var scalarAddress = (nint)scalars;
        try
        {
            crew.Run(
                parts.Count,
                i =>
                {
                    var (window, from, to) = parts[i];
                    var buckets = free.TryTake(out var used) ? used : new(active.Length, bits, crew.Memory);
                    var digits = new ReadOnlySpan<Limbs>((Limbs*)scalarAddress, count);
                    try
                    {
                        sums[i] = buckets.Sum(store, digits, active.AsSpan(from..to), window, crew.Cancel);
                    }
                    finally
                    {
                        free.Add(buckets);
                    }
                }
            );
        }
        finally
        {
            // Each has megabytes to zero, after a cancellation too.
            var used = free.ToArray();
            new WorkCrew(crew.Threads, CancellationToken.None).Run(used.Length, i => used[i].Dispose());
        }
        return Combine(parts, sums, bits);
    }

    /// <summary>
    /// Copies all points to the store; the indices of the finite ones with a scalar that is not zero, in order.
    /// </summary>
    private static int[] CopyActive<TLanes, TField>(
        AffinePoint<TField>* points,
        Limbs* scalars,
        int count,
        PointStore<TLanes, TField> store,
        WorkCrew crew
    )
        where TLanes : unmanaged, ILanes<TLanes, TField>
        where TField : unmanaged, IFieldElement<TField>
    {
        const int Piece = 4096;
        var pieces = new int[(count + Piece - 1) / Piece][];
        var (pointAddress, scalarAddress) = ((nint)points, (nint)scalars);
        crew.Run(
            pieces.Length,
            piece =>
            {
                var (from, to) = (piece * Piece, Math.Min(count, (piece + 1) * Piece));
                var point = (AffinePoint<TField>*)pointAddress;
                var scalar = (Limbs*)scalarAddress;
                store.SetMany(PointStore<TLanes, TField>.Reserved + from, new(point + from, to - from));
                var active = new int[to - from];
                var found = 0;
                for (var i = from; i < to; i++)
                {
                    if (!scalar[i].IsZero && !point[i].IsInfinity)
                        active[found++] = i;
                }
                pieces[piece] = active[..found];
            }
        );
        var all = new int[pieces.Sum(active => active.Length)];
        var copied = 0;
        foreach (var active in pieces)
        {
            active.CopyTo(all, copied);
            copied += active.Length;
        }
        return all;
    }

    /// <summary>
    /// Windows as pieces of work of like size for all threads: those that would be left over at the end, while other threads
    /// have nothing to do, are divided by points. The topmost window has few bits.
    /// </summary>
    private static List<(int Window, int From, int To)> Split(int windows, int points, int threads)
    {
        var whole = (windows - 1) / threads * threads;
        var parts = new List<(int, int, int)>();
        for (var window = 0; window < whole; window++)
            parts.Add((window, 0, points));
        for (var window = whole; window < windows; window++)
        {
            for (var part = 0; part < threads; part++)
            {
                var (from, to) = (part * (long)points / threads, (part + 1L) * points / threads);
                if (from < to)
                    parts.Add((window, (int)from, (int)to));
            }
        }
        return parts;
    }

    /// <summary>sum of 2^(bits window) sums of the window's parts.</summary>
    private static CurvePoint<TField> Combine<TField>(
        List<(int Window, int From, int To)> parts,
        CurvePoint<TField>[] sums,
        int bits
    )
        where TField : unmanaged, IFieldElement<TField>
    {
        CurvePoint<TField> total = default;
        var window = parts[^1].Window;
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            for (; window > parts[i].Window; window--)
            {
                for (var bit = 0; bit < bits; bit++)
                    total = total.Double();
            }
            total += sums[i];
        }
        return total;
    }

    private static int WindowBits(int count) => Math.Clamp(BitOperations.Log2((uint)count) - 3, 3, 16);
}
