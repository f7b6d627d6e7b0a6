using System.Runtime.CompilerServices;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Curves;

/// <summary>
/// Products of Miller functions f_Q(P) of the optimal ate pairing, with one chain of squarings for all pairs; on eight lanes
/// each lane takes every eighth pair.
/// </summary>
[SkipLocalsInit]
internal static class MillerLoop
{
    /// <summary>
    /// The product over the pairs (P, Q), and over the pairs whose lines are known, up to a factor that the final
    /// exponentiation takes to one.
    /// </summary>
    public static Fq12 Run<TLanes>(
        ReadOnlySpan<G1Affine> p,
        ReadOnlySpan<G2Affine> q,
        ReadOnlySpan<G1Affine> preparedP,
        ReadOnlySpan<G2Prepared> preparedQ
    )
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
    {
        var pairs = MakePairs<TLanes>(p, q);
        var prepared = MakePrepared(preparedP, preparedQ);
        var result = Fq12Lanes<TLanes>.One;
        var index = 0;
        for (var i = Pairing.LoopDigits.Length - 2; i >= 0; i--)
        {
            if (index != 0)
                Fq12Lanes<TLanes>.Square(result, out result);
            foreach (var pair in pairs)
                pair.Double(ref result);
            MultiplyByLines(ref result, prepared, index++);
            if (Pairing.LoopDigits[i] == 0)
                continue;
            foreach (var pair in pairs)
                pair.Add(Pairing.LoopDigits[i], ref result);
            MultiplyByLines(ref result, prepared, index++);
        }
        foreach (var pair in pairs)
            pair.AddFrobenius(ref result);
        MultiplyByLines(ref result, prepared, index++);
        MultiplyByLines(ref result, prepared, index);
        return Product(result, Math.Max(1, Math.Min(p.Length, TLanes.Count)));
    }

    /// <summary>Pairs for every lane of as many groups as are needed; the last is filled up with P at infinity.</summary>
    private static MillerPair<TLanes>[] MakePairs<TLanes>(ReadOnlySpan<G1Affine> p, ReadOnlySpan<G2Affine> q)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
    {
        var groups = (p.Length + TLanes.Count - 1) / TLanes.Count;
        var (points, arguments) = (new AffinePoint<Fq2>[groups * TLanes.Count], new G1Affine[groups * TLanes.Count]);
        Array.Fill(points, G2Affine.Generator.Point);
        for (var i = 0; i < p.Length; i++)
        {
            if (!q[i].IsInfinity)
                (points[i], arguments[i]) = (q[i].Point, p[i]);
        }
        var evaluated = LineArgument.Make(arguments);
        var pairs = new MillerPair<TLanes>[groups];
        for (var group = 0; group < groups; group++)
        {
            var lanes = group * TLanes.Count;
            pairs[group] = new(evaluated.AsSpan(lanes, TLanes.Count), points.AsMemory(lanes, TLanes.Count));
        }
        return pairs;
    }

    private static (LineArgument P, G2Prepared Q)[] MakePrepared(ReadOnlySpan<G1Affine> p, ReadOnlySpan<G2Prepared> q)
    {
        var arguments = LineArgument.Make(p);
        var pairs = new List<(LineArgument, G2Prepared)>(p.Length);
        for (var i = 0; i < p.Length; i++)
        {
            if (!q[i].IsInfinity)
                pairs.Add((arguments[i], q[i]));
        }
        return [.. pairs];
    }

    private static void MultiplyByLines<TLanes>(
        ref Fq12Lanes<TLanes> value,
        (LineArgument P, G2Prepared Q)[] pairs,
        int index
    )
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
    {
        foreach (var (p, q) in pairs)
        {
            ref readonly var line = ref q.Lines[index];
            Fq12Lanes<TLanes>.MultiplyByUnitLine(
                value,
                Fq2Lanes<TLanes>.Broadcast(line.C1.Scale(p.MinusXOverY)),
                Fq2Lanes<TLanes>.Broadcast(line.C2.Scale(p.OneOverY)),
                out value
            );
        }
    }

    /// <summary>The product of the first lanes; the others had no pair.</summary>
    private static Fq12 Product<TLanes>(in Fq12Lanes<TLanes> lanes, int used)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
    {
        var elements = new Fq12[TLanes.Count];
        Span<Fq> coefficient = stackalloc Fq[TLanes.Count];
        var source = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(
            ref Unsafe.As<Fq12Lanes<TLanes>, TLanes>(ref Unsafe.AsRef(in lanes)),
            12
        );
        for (var i = 0; i < source.Length; i++)
        {
            LaneElements.Unpack(source[i], coefficient);
            for (var lane = 0; lane < elements.Length; lane++)
                Unsafe.Add(ref Unsafe.As<Fq12, Fq>(ref elements[lane]), i) = coefficient[lane];
        }
        var product = elements[0];
        foreach (ref readonly var element in elements.AsSpan(1, used - 1))
            product *= element;
        return product;
    }
}
