using System.Runtime.CompilerServices;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Curves;

/// <summary>
/// The multiple T of a point Q that Miller's algorithm keeps, one for each lane, and the lines that it meets: homogeneous
/// projective formulas of Costello, Lange, Naehrig: "Faster pairing computations on curves with high-degree twists" (2010), in
/// the form of Aranha et al., eprint 2010/526, section 4, without the halves (all coordinates four times as large).
/// A line is C0 - C1 (x_P/y_P) w + C2 (1/y_P) v w at P: divided by y_P, which the final exponentiation takes to one.
/// </summary>
[SkipLocalsInit]
internal struct MillerPoint<TLanes>
    where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
{
    /// <summary>The coefficients of a line.</summary>
    internal struct Line
    {
        public Fq2Lanes<TLanes> C0;
        public Fq2Lanes<TLanes> C1;
        public Fq2Lanes<TLanes> C2;
    }

    private Fq2Lanes<TLanes> _x;
    private Fq2Lanes<TLanes> _y;
    private Fq2Lanes<TLanes> _z;

    /// <summary>T = Q, for as many points as there are lanes.</summary>
    public MillerPoint(ReadOnlySpan<AffinePoint<Fq2>> q) => (_x, _y, _z) = (PackX(q), PackY(q), Fq2Lanes<TLanes>.One);

    /// <summary>T = 2T; the tangent at T.</summary>
    public void Double(out Line line)
    {
        Fq2Lanes<TLanes>.Multiply(_x, _y, out var a);
        Fq2Lanes<TLanes>.Square(_y, out var b);
        Fq2Lanes<TLanes>.Square(_z, out var c);
        Triple(c, out var e);
        Fq2Lanes<TLanes>.Multiply(e, Fq2Lanes<TLanes>.Broadcast(G2Affine.B), out e);
        Triple(e, out var f);
        Fq2Lanes<TLanes>.Reduce(ref f);
        Fq2Lanes<TLanes>.Add(b, f, out var g);
        Fq2Lanes<TLanes>.Reduce(ref g);
        // h = (y + z)^2 - (b + c) = 2yz
        Fq2Lanes<TLanes>.Multiply(_y, _z, out var h);
        Fq2Lanes<TLanes>.Add(h, h, out line.C0);
        Fq2Lanes<TLanes>.Reduce(ref line.C0);
        Fq2Lanes<TLanes>.Square(_x, out var j);
        Triple(j, out line.C1);
        Fq2Lanes<TLanes>.Subtract(b, e, out line.C2);
        // x = 2a(b - f), y = g^2 - 12e^2, z = 4bh
        Fq2Lanes<TLanes>.Subtract(b, f, out _x);
        Fq2Lanes<TLanes>.Multiply(a, _x, out _x);
        Twice(ref _x);
        Fq2Lanes<TLanes>.Square(g, out g);
        Fq2Lanes<TLanes>.Square(e, out e);
        Triple(e, out _y);
        Fq2Lanes<TLanes>.Add(_y, _y, out _y);
        Twice(ref _y);
        Fq2Lanes<TLanes>.Subtract(g, _y, out _y);
        Fq2Lanes<TLanes>.Reduce(ref _y);
        Fq2Lanes<TLanes>.Multiply(b, line.C0, out _z);
        Fq2Lanes<TLanes>.Add(_z, _z, out _z);
        Twice(ref _z);
    }

    /// <summary>T = T + R; the line through both.</summary>
    public void Add(in Fq2Lanes<TLanes> x, in Fq2Lanes<TLanes> y, out Line line)
    {
        Fq2Lanes<TLanes>.Multiply(y, _z, out var theta);
        Fq2Lanes<TLanes>.Subtract(_y, theta, out theta);
        Fq2Lanes<TLanes>.Reduce(ref theta);
        Fq2Lanes<TLanes>.Multiply(x, _z, out var lambda);
        Fq2Lanes<TLanes>.Subtract(_x, lambda, out lambda);
        Fq2Lanes<TLanes>.Reduce(ref lambda);
        Fq2Lanes<TLanes>.Square(theta, out var c);
        Fq2Lanes<TLanes>.Square(lambda, out var d);
        Fq2Lanes<TLanes>.Multiply(lambda, d, out var e);
        Fq2Lanes<TLanes>.Multiply(_z, c, out var f);
        Fq2Lanes<TLanes>.Multiply(_x, d, out var g);
        // h = e + f - 2g
        Fq2Lanes<TLanes>.Add(e, f, out var h);
        Fq2Lanes<TLanes>.Subtract(h, g, out h);
        Fq2Lanes<TLanes>.Subtract(h, g, out h);
        Fq2Lanes<TLanes>.Reduce(ref h);
        // x = lambda h, y = theta(g - h) - e y, z = e z
        Fq2Lanes<TLanes>.Multiply(lambda, h, out _x);
        Fq2Lanes<TLanes>.Subtract(g, h, out g);
        Fq2Lanes<TLanes>.Multiply(theta, g, out g);
        Fq2Lanes<TLanes>.Multiply(e, _y, out _y);
        Fq2Lanes<TLanes>.Subtract(g, _y, out _y);
        Fq2Lanes<TLanes>.Reduce(ref _y);
        Fq2Lanes<TLanes>.Multiply(_z, e, out _z);
        (line.C0, line.C1) = (lambda, theta);
        Fq2Lanes<TLanes>.Multiply(theta, x, out line.C2);
        Fq2Lanes<TLanes>.Multiply(lambda, y, out lambda);
        Fq2Lanes<TLanes>.Subtract(line.C2, lambda, out line.C2);
    }

    /// <summary>The x coordinates of as many points as there are lanes.</summary>
    public static Fq2Lanes<TLanes> PackX(ReadOnlySpan<AffinePoint<Fq2>> points)
    {
        Span<Fq> c0 = stackalloc Fq[TLanes.Count],
            c1 = stackalloc Fq[TLanes.Count];
        for (var lane = 0; lane < c0.Length; lane++)
            (c0[lane], c1[lane]) = (points[lane].X.C0, points[lane].X.C1);
        return new() { C0 = Pack(c0), C1 = Pack(c1) };
    }

    /// <summary>The y coordinates of as many points as there are lanes.</summary>
    public static Fq2Lanes<TLanes> PackY(ReadOnlySpan<AffinePoint<Fq2>> points)
    {
        Span<Fq> c0 = stackalloc Fq[TLanes.Count],
            c1 = stackalloc Fq[TLanes.Count];
        for (var lane = 0; lane < c0.Length; lane++)
            (c0[lane], c1[lane]) = (points[lane].Y.C0, points[lane].Y.C1);
        return new() { C0 = Pack(c0), C1 = Pack(c1) };
    }

    private static TLanes Pack(ReadOnlySpan<Fq> values) => LaneElements.Pack<TLanes, Fq>(values);

    /// <summary>3a, not reduced.</summary>
    private static void Triple(in Fq2Lanes<TLanes> a, out Fq2Lanes<TLanes> result)
    {
        var one = a;
        Fq2Lanes<TLanes>.Add(one, one, out result);
        Fq2Lanes<TLanes>.Add(result, one, out result);
    }

    /// <summary>a = 2a, reduced.</summary>
    private static void Twice(ref Fq2Lanes<TLanes> a)
    {
        Fq2Lanes<TLanes>.Add(a, a, out a);
        Fq2Lanes<TLanes>.Reduce(ref a);
    }
}
