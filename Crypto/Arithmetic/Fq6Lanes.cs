using System.Runtime.CompilerServices;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>Elements C0 + C1 v + C2 v^2 of Fq6 = Fq2[v] / (v^3 - xi) side by side, all coefficients reduced.</summary>
[SkipLocalsInit]
internal struct Fq6Lanes<TLanes>
    where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
{
    public Fq2Lanes<TLanes> C0;
    public Fq2Lanes<TLanes> C1;
    public Fq2Lanes<TLanes> C2;

    /// <summary>Six multiplications (Karatsuba; Devegili, O hEigeartaigh, Scott, Dahab, 2006, section 4).</summary>
    public static void Multiply(in Fq6Lanes<TLanes> a, in Fq6Lanes<TLanes> b, out Fq6Lanes<TLanes> result)
    {
        Fq2Lanes<TLanes>.Multiply(a.C0, b.C0, out var v0);
        Fq2Lanes<TLanes>.Multiply(a.C1, b.C1, out var v1);
        Fq2Lanes<TLanes>.Multiply(a.C2, b.C2, out var v2);
        CrossTerm(a.C1, a.C2, b.C1, b.C2, v1, v2, out var c12);
        CrossTerm(a.C0, a.C1, b.C0, b.C1, v0, v1, out var c01);
        CrossTerm(a.C0, a.C2, b.C0, b.C2, v0, v2, out var c02);
        // c0 = v0 + xi c12, c1 = c01 + xi v2, c2 = c02 + v1
        Fq2Lanes<TLanes>.Reduce(ref c12);
        Fq2Lanes<TLanes>.MultiplyByXi(c12, out c12);
        Fq2Lanes<TLanes>.MultiplyByXi(v2, out v2);
        Fq2Lanes<TLanes>.Add(c12, v0, out result.C0);
        Fq2Lanes<TLanes>.Add(c01, v2, out result.C1);
        Fq2Lanes<TLanes>.Add(c02, v1, out result.C2);
        Reduce(ref result);
    }

    /// <summary>a * (b0 + b1 v), with the sum b0 + b1 made by who has it to use twice.</summary>
    public static void MultiplyBy01(
        in Fq6Lanes<TLanes> a,
        in Fq2Lanes<TLanes> b0,
        in Fq2Lanes<TLanes> b1,
        in Fq2Lanes<TLanes> sum,
        out Fq6Lanes<TLanes> result
    )
    {
        Fq2Lanes<TLanes>.Multiply(a.C0, b0, out var v0);
        Fq2Lanes<TLanes>.Multiply(a.C1, b1, out var v1);
        Fq2Lanes<TLanes>.Add(a.C0, a.C1, out var cross);
        Fq2Lanes<TLanes>.Multiply(cross, sum, out cross);
        Fq2Lanes<TLanes>.Subtract(cross, v0, out cross);
        Fq2Lanes<TLanes>.Multiply(a.C2, b1, out var top);
        Fq2Lanes<TLanes>.MultiplyByXi(top, out top);
        Fq2Lanes<TLanes>.Multiply(a.C2, b0, out var c2);
        Fq2Lanes<TLanes>.Add(v0, top, out result.C0);
        Fq2Lanes<TLanes>.Subtract(cross, v1, out result.C1);
        Fq2Lanes<TLanes>.Add(c2, v1, out result.C2);
        Reduce(ref result);
    }

    /// <summary>v * a.</summary>
    public static void MultiplyByV(in Fq6Lanes<TLanes> a, out Fq6Lanes<TLanes> result)
    {
        Fq2Lanes<TLanes>.MultiplyByXi(a.C2, out var c0);
        Fq2Lanes<TLanes>.Reduce(ref c0);
        (result.C2, result.C1) = (a.C1, a.C0);
        result.C0 = c0;
    }

    public static void Add(in Fq6Lanes<TLanes> a, in Fq6Lanes<TLanes> b, out Fq6Lanes<TLanes> result)
    {
        Fq2Lanes<TLanes>.Add(a.C0, b.C0, out result.C0);
        Fq2Lanes<TLanes>.Add(a.C1, b.C1, out result.C1);
        Fq2Lanes<TLanes>.Add(a.C2, b.C2, out result.C2);
        Reduce(ref result);
    }

    public static void Subtract(in Fq6Lanes<TLanes> a, in Fq6Lanes<TLanes> b, out Fq6Lanes<TLanes> result)
    {
        Fq2Lanes<TLanes>.Subtract(a.C0, b.C0, out result.C0);
        Fq2Lanes<TLanes>.Subtract(a.C1, b.C1, out result.C1);
        Fq2Lanes<TLanes>.Subtract(a.C2, b.C2, out result.C2);
        Reduce(ref result);
    }

    private static void Reduce(ref Fq6Lanes<TLanes> a)
    {
        Fq2Lanes<TLanes>.Reduce(ref a.C0);
        Fq2Lanes<TLanes>.Reduce(ref a.C1);
        Fq2Lanes<TLanes>.Reduce(ref a.C2);
    }

    /// <summary>a0 b1 + a1 b0 = (a0 + a1)(b0 + b1) - a0 b0 - a1 b1, not reduced.</summary>
    private static void CrossTerm(
        in Fq2Lanes<TLanes> a0,
        in Fq2Lanes<TLanes> a1,
        in Fq2Lanes<TLanes> b0,
        in Fq2Lanes<TLanes> b1,
        in Fq2Lanes<TLanes> product0,
        in Fq2Lanes<TLanes> product1,
        out Fq2Lanes<TLanes> result
    )
    {
        Fq2Lanes<TLanes>.Add(a0, a1, out var left);
        Fq2Lanes<TLanes>.Add(b0, b1, out var right);
        Fq2Lanes<TLanes>.Multiply(left, right, out result);
        Fq2Lanes<TLanes>.Subtract(result, product0, out result);
        Fq2Lanes<TLanes>.Subtract(result, product1, out result);
    }
}
