using System.Runtime.CompilerServices;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Curves;

/// <summary>
/// (2e + 1) P for many points P of G1 and numbers e below 2^128, one pair in each lane. With the signed digits +1 and -1 of
/// 2e + 1 = 2^128 + sum of (+-1) 2^i, + for the bits of e that are set (Joye, Tunstall: "Exponent recoding and regular
/// exponentiation algorithms", 2009, section 3.2), all lanes do the same. What is doubled is an odd multiple of P below 2^129 P,
/// so that no sum meets its own operand, its opposite or infinity.
/// </summary>
[SkipLocalsInit]
internal static unsafe class OddMultiples
{
    private const int Bits = 128;

    /// <summary>A point in XYZZ coordinates (see <see cref="CurvePoint{TField}"/>) for each lane.</summary>
    private struct Point<TLanes>
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
    {
        private TLanes _x;
        private TLanes _y;
        private TLanes _zz;
        private TLanes _zzz;

        public Point(in TLanes x, in TLanes y) => (_x, _y, _zz, _zzz) = (x, y, TLanes.One, TLanes.One);

        /// <summary>"dbl-2008-s-1".</summary>
        public void Double()
        {
            TLanes.Add(_y, _y, out var u);
            TLanes.Multiply(u, u, out var v);
            TLanes.Multiply(u, v, out var w);
            TLanes.Multiply(_x, v, out var s);
            TLanes.Multiply(_x, _x, out var xx);
            TLanes.Add(xx, xx, out var m);
            TLanes.Add(m, xx, out m);
            TLanes.Multiply(m, m, out _x);
            TLanes.Subtract(_x, s, out _x);
            TLanes.Subtract(_x, s, out _x);
            TLanes.Reduce(ref _x);
            TLanes.Subtract(s, _x, out s);
            TLanes.MultiplySubtract(m, s, _y, w, out _y);
            TLanes.Multiply(v, _zz, out _zz);
            TLanes.Multiply(w, _zzz, out _zzz);
        }

        /// <summary>"madd-2008-s".</summary>
        public void Add(in TLanes x, in TLanes y)
        {
            TLanes.Multiply(x, _zz, out var p);
            TLanes.Subtract(p, _x, out p);
            TLanes.Multiply(y, _zzz, out var r);
            TLanes.Subtract(r, _y, out r);
            TLanes.Multiply(p, p, out var pp);
            TLanes.Multiply(p, pp, out var ppp);
            TLanes.Multiply(_x, pp, out var q);
            TLanes.Multiply(r, r, out _x);
            TLanes.Subtract(_x, ppp, out _x);
            TLanes.Subtract(_x, q, out _x);
            TLanes.Subtract(_x, q, out _x);
            TLanes.Reduce(ref _x);
            TLanes.Subtract(q, _x, out q);
            TLanes.MultiplySubtract(r, q, _y, ppp, out _y);
            TLanes.Multiply(_zz, pp, out _zz);
            TLanes.Multiply(_zzz, ppp, out _zzz);
        }

        public void ToAffine(out TLanes x, out TLanes y)
        {
            TLanes.Invert(_zzz, out var inverse);
            TLanes.Multiply(inverse, _zz, out var z);
            TLanes.Multiply(z, z, out z);
            TLanes.Multiply(_x, z, out x);
            TLanes.Multiply(_y, inverse, out y);
        }
    }

    /// <summary>The multiples; no point may be at infinity.</summary>
    public static G1Affine[] Compute(ReadOnlySpan<G1Affine> points, ReadOnlySpan<UInt128> e, WorkCrew crew) =>
        crew.UseVectors ? Compute<Fq8>(points, e) : Compute<ScalarLane<Fq>>(points, e);

    private static G1Affine[] Compute<TLanes>(ReadOnlySpan<G1Affine> points, ReadOnlySpan<UInt128> e)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
    {
        var results = new G1Affine[points.Length];
        var (x, y, bits) = (new Fq[TLanes.Count], new Fq[TLanes.Count], new UInt128[TLanes.Count]);
        for (var first = 0; first < points.Length; first += TLanes.Count)
        {
            var count = Math.Min(TLanes.Count, points.Length - first);
            for (var lane = 0; lane < TLanes.Count; lane++)
            {
                // Lanes without a point of their own repeat the first one.
                var index = lane < count ? first + lane : first;
                (x[lane], y[lane], bits[lane]) = (points[index].X, points[index].Y, e[index]);
            }
            Compute<TLanes>(x, y, bits);
            for (var lane = 0; lane < count; lane++)
                results[first + lane] = G1Affine.FromUnchecked(new AffinePoint<Fq>(x[lane], y[lane]));
        }
        return results;
    }

    private static void Compute<TLanes>(Span<Fq> x, Span<Fq> y, ReadOnlySpan<UInt128> e)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
    {
        var (laneX, laneY) = (LaneElements.Pack<TLanes, Fq>(x), LaneElements.Pack<TLanes, Fq>(y));
        var point = new Point<TLanes>(laneX, laneY);
        var signs = stackalloc int[TLanes.Count];
        for (var bit = Bits - 1; bit >= 0; bit--)
        {
            for (var lane = 0; lane < e.Length; lane++)
                signs[lane] = 1 - (int)((e[lane] >> bit) & 1);
            var signed = laneY;
            TLanes.NegateWhere(ref signed, signs);
            point.Double();
            point.Add(laneX, signed);
        }
        point.ToAffine(out laneX, out laneY);
        LaneElements.Unpack(laneX, x);
        LaneElements.Unpack(laneY, y);
    }
}
