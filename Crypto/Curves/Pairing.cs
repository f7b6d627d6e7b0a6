using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Curves;

/// <summary>
/// The optimal ate pairing e: G1 x G2 -> Fq12 of BN254 (Vercauteren: "Optimal pairings", 2010; Beuchat et al., eprint
/// 2010/354). Variable time: for public values only.
/// </summary>
internal static class Pairing
{
    /// <summary>x, the parameter of the curve: q = 36x^4 + 36x^3 + 24x^2 + 6x + 1.</summary>
    public const ulong CurveParameter = 4965661367192848881;

    /// <summary>The non-adjacent form of 6x + 2, least significant digit first.</summary>
    public static readonly sbyte[] LoopDigits = NonAdjacentForm(6 * (UInt128)CurveParameter + 2);

    /// <summary>The value of the pairing.</summary>
    public static Fq12 Pair(in G1Affine p, in G2Affine q) => FinalExponentiation(MillerLoop([p], [new G2Prepared(q)]));

    /// <summary>True when the product of e(P_i, Q_i) is 1.</summary>
    public static bool IsProductOne(ReadOnlySpan<G1Affine> p, ReadOnlySpan<G2Prepared> q) =>
        Fq12.AreEqual(FinalExponentiation(MillerLoop(p, q)), Fq12.One);

    /// <summary>The product of the Miller functions f_Q_i(P_i), with one chain of squarings for all.</summary>
    public static Fq12 MillerLoop(ReadOnlySpan<G1Affine> p, ReadOnlySpan<G2Prepared> q)
    {
        var result = Fq12.One;
        var index = 0;
        for (var i = LoopDigits.Length - 2; i >= 0; i--)
        {
            if (index != 0)
                result = result.Square();
            result = MultiplyByLines(result, p, q, index++);
            if (LoopDigits[i] != 0)
                result = MultiplyByLines(result, p, q, index++);
        }
        result = MultiplyByLines(result, p, q, index++);
        return MultiplyByLines(result, p, q, index);
    }

    /// <summary>f^((q^12 - 1)/r): the easy part, then Fuentes-Castaneda, Knapp, Rodriguez-Henriquez, "Faster hashing to G2" (2011).</summary>
    public static Fq12 FinalExponentiation(in Fq12 value)
    {
        var r = value.Conjugate() * value.Inverse();
        r = r.Frobenius().Frobenius() * r;

        var y0 = PowerOfNegativeX(r);
        var y1 = y0.CyclotomicSquare();
        var y2 = y1.CyclotomicSquare();
        var y3 = y2 * y1;
        var y4 = PowerOfNegativeX(y3);
        var y5 = y4.CyclotomicSquare();
        var y6 = PowerOfNegativeX(y5).Conjugate();
        var y7 = y6 * y4;
        var y8 = y7 * y3.Conjugate();
        var y9 = y8 * y1;
        var y11 = y8 * y4 * r;
        var y13 = y9.Frobenius() * y11;
        var y14 = y8.Frobenius().Frobenius() * y13;
        var y15 = (r.Conjugate() * y9).Frobenius().Frobenius().Frobenius();
        return y15 * y14;
    }

    private static Fq12 MultiplyByLines(in Fq12 value, ReadOnlySpan<G1Affine> p, ReadOnlySpan<G2Prepared> q, int index)
    {
        var result = value;
        for (var k = 0; k < p.Length; k++)
        {
            if (p[k].IsInfinity || q[k].IsInfinity)
                continue;
            ref readonly var line = ref q[k].Lines[index];
            result = result.MultiplyByLine(line.C0.Scale(p[k].Y), line.C1.Scale(p[k].X), line.C2);
        }
        return result;
    }

    /// <summary>a^(-x) for a in the cyclotomic subgroup.</summary>
    private static Fq12 PowerOfNegativeX(in Fq12 value)
    {
        var result = value;
        for (var bit = 61; bit >= 0; bit--)
        {
            result = result.CyclotomicSquare();
            if (((CurveParameter >> bit) & 1) == 1)
                result *= value;
        }
        return result.Conjugate();
    }

    private static sbyte[] NonAdjacentForm(UInt128 value)
    {
        var digits = new List<sbyte>();
        for (; value != 0; value >>= 1)
        {
            sbyte digit = 0;
            if ((value & 1) == 1)
            {
                digit = (value & 3) == 3 ? (sbyte)-1 : (sbyte)1;
                value = digit > 0 ? value - 1 : value + 1;
            }
            digits.Add(digit);
        }
        return [.. digits];
    }
}
