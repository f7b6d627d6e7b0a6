using System.Runtime.CompilerServices;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Elements C0 + C1 w of Fq12 = Fq6[w] / (w^2 - v) side by side: pairing values of one (<see cref="Fq12"/>) or of eight
/// Miller loops. Results may take the place of operands.
/// </summary>
[SkipLocalsInit]
internal struct Fq12Lanes<TLanes>
    where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
{
    public Fq6Lanes<TLanes> C0;
    public Fq6Lanes<TLanes> C1;

    public static Fq12Lanes<TLanes> One
    {
        get
        {
            Fq12Lanes<TLanes> one = default;
            one.C0.C0.C0 = TLanes.One;
            return one;
        }
    }

    public static void Multiply(in Fq12Lanes<TLanes> a, in Fq12Lanes<TLanes> b, out Fq12Lanes<TLanes> result)
    {
        Fq6Lanes<TLanes>.Add(a.C0, a.C1, out var left);
        Fq6Lanes<TLanes>.Add(b.C0, b.C1, out var right);
        Fq6Lanes<TLanes>.Multiply(a.C0, b.C0, out var low);
        Fq6Lanes<TLanes>.Multiply(a.C1, b.C1, out var high);
        Fq6Lanes<TLanes>.Multiply(left, right, out var cross);
        Join(low, high, cross, out result);
    }

    /// <summary>a^2 = (a0 + a1)(a0 + v a1) - (1 + v) a0 a1 + 2 a0 a1 w (the complex method; Devegili et al., 2006, section 3).</summary>
    public static void Square(in Fq12Lanes<TLanes> a, out Fq12Lanes<TLanes> result)
    {
        Fq6Lanes<TLanes>.Multiply(a.C0, a.C1, out var product);
        Fq6Lanes<TLanes>.MultiplyByV(a.C1, out var right);
        Fq6Lanes<TLanes>.Add(a.C0, right, out right);
        Fq6Lanes<TLanes>.Add(a.C0, a.C1, out var left);
        Fq6Lanes<TLanes>.Multiply(left, right, out var sum);
        Fq6Lanes<TLanes>.Subtract(sum, product, out sum);
        Fq6Lanes<TLanes>.Add(product, product, out result.C1);
        Fq6Lanes<TLanes>.MultiplyByV(product, out product);
        Fq6Lanes<TLanes>.Subtract(sum, product, out result.C0);
    }

    /// <summary>a * (b0 + (b1 + b2 v) w): a line of the Miller loop on a D-type twist.</summary>
    public static void MultiplyByLine(
        in Fq12Lanes<TLanes> a,
        in Fq2Lanes<TLanes> b0,
        in Fq2Lanes<TLanes> b1,
        in Fq2Lanes<TLanes> b2,
        out Fq12Lanes<TLanes> result
    )
    {
        Fq6Lanes<TLanes>.Add(a.C0, a.C1, out var cross);
        Fq2Lanes<TLanes>.Add(b1, b2, out var sum);
        Fq6Lanes<TLanes>.MultiplyBy01(a.C1, b1, b2, sum, out var high);
        Fq2Lanes<TLanes>.Add(b0, b1, out var first);
        Fq2Lanes<TLanes>.Reduce(ref first);
        Fq2Lanes<TLanes>.Add(first, b2, out sum);
        Fq6Lanes<TLanes>.MultiplyBy01(cross, first, b2, sum, out cross);
        Fq6Lanes<TLanes> low;
        Fq2Lanes<TLanes>.Multiply(a.C0.C0, b0, out low.C0);
        Fq2Lanes<TLanes>.Multiply(a.C0.C1, b0, out low.C1);
        Fq2Lanes<TLanes>.Multiply(a.C0.C2, b0, out low.C2);
        Join(low, high, cross, out result);
    }

    /// <summary>a * (1 + (b1 + b2 v) w): a line that was divided by its first coefficient.</summary>
    public static void MultiplyByUnitLine(
        in Fq12Lanes<TLanes> a,
        in Fq2Lanes<TLanes> b1,
        in Fq2Lanes<TLanes> b2,
        out Fq12Lanes<TLanes> result
    )
    {
        Fq2Lanes<TLanes>.Add(b1, b2, out var sum);
        Fq6Lanes<TLanes>.MultiplyBy01(a.C0, b1, b2, sum, out var low);
        Fq6Lanes<TLanes>.MultiplyBy01(a.C1, b1, b2, sum, out var high);
        Fq6Lanes<TLanes>.MultiplyByV(high, out high);
        Fq6Lanes<TLanes>.Add(a.C0, high, out result.C0);
        Fq6Lanes<TLanes>.Add(a.C1, low, out result.C1);
    }

    /// <summary>
    /// a^2 for a in the cyclotomic subgroup: Granger, Scott: "Faster squaring in the cyclotomic subgroup of sixth degree
    /// extensions" (2010), section 3.2.
    /// </summary>
    public static void CyclotomicSquare(in Fq12Lanes<TLanes> a, out Fq12Lanes<TLanes> result)
    {
        SquareFq4(a.C0.C0, a.C1.C1, out var t0, out var t1);
        SquareFq4(a.C1.C0, a.C0.C2, out var t2, out var t3);
        SquareFq4(a.C0.C1, a.C1.C2, out var t4, out var t5);
        Fq2Lanes<TLanes>.MultiplyByXi(t5, out t5);
        Fq2Lanes<TLanes>.Reduce(ref t5);
        ThreeMinusTwo(t0, a.C0.C0, out result.C0.C0);
        ThreeMinusTwo(t2, a.C0.C1, out result.C0.C1);
        ThreeMinusTwo(t4, a.C0.C2, out result.C0.C2);
        ThreePlusTwo(t5, a.C1.C0, out result.C1.C0);
        ThreePlusTwo(t1, a.C1.C1, out result.C1.C1);
        ThreePlusTwo(t3, a.C1.C2, out result.C1.C2);
    }

    /// <summary>a0 b0 + v a1 b1 and (a0 + a1)(b0 + b1) - a0 b0 - a1 b1.</summary>
    private static void Join(
        in Fq6Lanes<TLanes> low,
        in Fq6Lanes<TLanes> high,
        in Fq6Lanes<TLanes> cross,
        out Fq12Lanes<TLanes> result
    )
    {
        Fq6Lanes<TLanes>.Subtract(cross, low, out result.C1);
        Fq6Lanes<TLanes>.Subtract(result.C1, high, out result.C1);
        Fq6Lanes<TLanes>.MultiplyByV(high, out result.C0);
        Fq6Lanes<TLanes>.Add(result.C0, low, out result.C0);
    }

    /// <summary>(a + b s)^2 = a^2 + xi b^2 + ((a + b)^2 - a^2 - b^2) s with s^2 = xi.</summary>
    private static void SquareFq4(
        in Fq2Lanes<TLanes> a,
        in Fq2Lanes<TLanes> b,
        out Fq2Lanes<TLanes> first,
        out Fq2Lanes<TLanes> second
    )
    {
        Fq2Lanes<TLanes>.Square(a, out var aa);
        Fq2Lanes<TLanes>.Square(b, out var bb);
        Fq2Lanes<TLanes>.Add(a, b, out second);
        Fq2Lanes<TLanes>.Reduce(ref second);
        Fq2Lanes<TLanes>.Square(second, out second);
        Fq2Lanes<TLanes>.Subtract(second, aa, out second);
        Fq2Lanes<TLanes>.Subtract(second, bb, out second);
        Fq2Lanes<TLanes>.Reduce(ref second);
        Fq2Lanes<TLanes>.MultiplyByXi(bb, out first);
        Fq2Lanes<TLanes>.Add(first, aa, out first);
        Fq2Lanes<TLanes>.Reduce(ref first);
    }

    /// <summary>3t - 2z.</summary>
    private static void ThreeMinusTwo(in Fq2Lanes<TLanes> t, in Fq2Lanes<TLanes> z, out Fq2Lanes<TLanes> result)
    {
        Fq2Lanes<TLanes>.Subtract(t, z, out result);
        Fq2Lanes<TLanes>.Add(result, result, out result);
        Fq2Lanes<TLanes>.Add(result, t, out result);
        Fq2Lanes<TLanes>.Reduce(ref result);
    }

    /// <summary>3t + 2z.</summary>
    private static void ThreePlusTwo(in Fq2Lanes<TLanes> t, in Fq2Lanes<TLanes> z, out Fq2Lanes<TLanes> result)
    {
        Fq2Lanes<TLanes>.Add(t, z, out result);
        Fq2Lanes<TLanes>.Add(result, result, out result);
        Fq2Lanes<TLanes>.Add(result, t, out result);
        Fq2Lanes<TLanes>.Reduce(ref result);
    }
}
