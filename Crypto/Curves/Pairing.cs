using MedLedger.Crypto.Arithmetic;
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
    public static readonly sbyte[] LoopDigits = NonAdjacentForm(6 * (UInt128)CurveParameter + 2, 2);

    private static readonly sbyte[] ParameterDigits = NonAdjacentForm(CurveParameter, 3);

    /// <summary>The value of the pairing.</summary>
    public static Fq12 Pair(in G1Affine p, in G2Affine q) =>
        FinalExponentiation(MillerLoop.Run<ScalarLane<Fq>>([p], [q], [], []));

    /// <summary>True when the product of e(P_i, Q_i) is 1.</summary>
    public static bool IsProductOne(ReadOnlySpan<G1Affine> p, ReadOnlySpan<G2Affine> q) =>
        Fq12.AreEqual(FinalExponentiation(MillerLoop.Run<ScalarLane<Fq>>(p, q, [], [])), Fq12.One);

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

    /// <summary>a^(-x) for a in the cyclotomic subgroup, where inverses are conjugates, with signed digits 0, 1 and 3.</summary>
    private static Fq12 PowerOfNegativeX(in Fq12 value)
    {
        Fq12[] odd = [value, value.CyclotomicSquare() * value];
        var result = odd[ParameterDigits[^1] >> 1];
        for (var i = ParameterDigits.Length - 2; i >= 0; i--)
        {
            result = result.CyclotomicSquare();
            var digit = ParameterDigits[i];
            if (digit > 0)
                result *= odd[digit >> 1];
            else if (digit < 0)
                result *= odd[-digit >> 1].Conjugate();
        }
        return result.Conjugate();
    }

    /// <summary>
    /// Odd digits below 2^(width - 1) in size, at least width - 1 zeros after each, least significant first; a width of two
    /// gives the non-adjacent form (Solinas: "Efficient arithmetic on Koblitz curves", 2000, section 4).
    /// </summary>
    private static sbyte[] NonAdjacentForm(UInt128 value, int width)
    {
        var digits = new List<sbyte>();
        for (; value != 0; value >>= 1)
        {
            var digit = 0;
            if ((value & 1) == 1)
            {
                digit = (int)(value & ((UInt128.One << width) - 1));
                if (digit >= 1 << (width - 1))
                    digit -= 1 << width;
                value = digit > 0 ? value - (UInt128)digit : value + (UInt128)(-digit);
            }
            digits.Add((sbyte)digit);
        }
        return [.. digits];
    }
}
