using System.Runtime.CompilerServices;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Curves;

/// <summary>
/// -x/y and 1/y of a point P at which lines are evaluated. Both are zero for the point at infinity: every line is then an
/// element of Fq2, and the Miller function one after the final exponentiation, as it must be.
/// </summary>
internal readonly record struct LineArgument(Fq MinusXOverY, Fq OneOverY)
{
    /// <summary>For many points with one inversion (Montgomery's trick); no finite point of G1 has y = 0.</summary>
    public static LineArgument[] Make(ReadOnlySpan<G1Affine> points)
    {
        var before = new Fq[points.Length];
        var product = Fq.One;
        for (var i = 0; i < points.Length; i++)
        {
            before[i] = product;
            if (!points[i].IsInfinity)
                product *= points[i].Y;
        }
        var inverse = product.InverseVariableTime();
        var result = new LineArgument[points.Length];
        for (var i = points.Length - 1; i >= 0; i--)
        {
            if (points[i].IsInfinity)
                continue;
            var own = inverse * before[i];
            inverse *= points[i].Y;
            result[i] = new(-(points[i].X * own), own);
        }
        return result;
    }
}

/// <summary>A pair (P, Q) for each lane during a Miller loop.</summary>
[SkipLocalsInit]
internal sealed class MillerPair<TLanes>
    where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
{
    private readonly ReadOnlyMemory<AffinePoint<Fq2>> _points;
    private readonly TLanes _minusXOverY;
    private readonly TLanes _oneOverY;
    private readonly Fq2Lanes<TLanes> _x;
    private readonly Fq2Lanes<TLanes> _y;
    private readonly Fq2Lanes<TLanes> _minusY;
    private MillerPoint<TLanes> _t;

    public MillerPair(ReadOnlySpan<LineArgument> p, ReadOnlyMemory<AffinePoint<Fq2>> q)
    {
        _points = q;
        Span<Fq> slopes = stackalloc Fq[TLanes.Count],
            constants = stackalloc Fq[TLanes.Count];
        for (var lane = 0; lane < slopes.Length; lane++)
            (slopes[lane], constants[lane]) = (p[lane].MinusXOverY, p[lane].OneOverY);
        _minusXOverY = LaneElements.Pack<TLanes, Fq>(slopes);
        _oneOverY = LaneElements.Pack<TLanes, Fq>(constants);
        _x = MillerPoint<TLanes>.PackX(q.Span);
        _y = MillerPoint<TLanes>.PackY(q.Span);
        Fq2Lanes<TLanes>.Subtract(default, _y, out _minusY);
        Fq2Lanes<TLanes>.Reduce(ref _minusY);
        _t = new(q.Span);
    }

    /// <summary>T = 2T, f = f * l.</summary>
    public void Double(ref Fq12Lanes<TLanes> f)
    {
        _t.Double(out var line);
        Multiply(ref f, ref line);
    }

    /// <summary>T = T + Q or T - Q, f = f * l.</summary>
    public void Add(int sign, ref Fq12Lanes<TLanes> f)
    {
        _t.Add(_x, sign > 0 ? _y : _minusY, out var line);
        Multiply(ref f, ref line);
    }

    /// <summary>T + psi(Q) - psi^2(Q): the end of the optimal ate loop.</summary>
    public void AddFrobenius(ref Fq12Lanes<TLanes> f)
    {
        var points = new AffinePoint<Fq2>[TLanes.Count];
        for (var lane = 0; lane < points.Length; lane++)
            points[lane] = G2Affine.Psi(_points.Span[lane]);
        _t.Add(MillerPoint<TLanes>.PackX(points), MillerPoint<TLanes>.PackY(points), out var line);
        Multiply(ref f, ref line);
        for (var lane = 0; lane < points.Length; lane++)
            points[lane] = -G2Affine.Psi(points[lane]);
        _t.Add(MillerPoint<TLanes>.PackX(points), MillerPoint<TLanes>.PackY(points), out line);
        Multiply(ref f, ref line);
    }

    private void Multiply(ref Fq12Lanes<TLanes> f, ref MillerPoint<TLanes>.Line line)
    {
        Fq2Lanes<TLanes>.Scale(line.C1, _minusXOverY, out line.C1);
        Fq2Lanes<TLanes>.Scale(line.C2, _oneOverY, out line.C2);
        Fq12Lanes<TLanes>.MultiplyByLine(f, line.C0, line.C1, line.C2, out f);
    }
}
