using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MedLedger.Crypto.Fields;
using Doubles = System.Runtime.Intrinsics.Vector512<double>;
using Words = System.Runtime.Intrinsics.Vector512<ulong>;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Eight elements of Fq or Fr side by side: five vectors of 52-bit limbs, in Montgomery form with radix 2^260. A 104-bit product of
/// limbs comes from two fused multiply-adds in double precision, rounded towards zero: adding 2^104 leaves the high half in
/// the mantissa, and the same product minus that half the low one (Gueron, Krasnov, 2014, do this with integers; van der
/// Hoeven, Lecerf, Quintin: "Modular SIMD arithmetic in Mathemagix", 2014, section 3.4, with floating point).
/// Values are kept loosely reduced: products stay below 1.8p for operands whose product is below 64p^2.
/// </summary>
[SkipLocalsInit] // no place is read before it is written, and zeroing kilobytes costs as much as a product
internal unsafe partial struct Fp8<TField, TModulus> : ITransformLanes<Fp8<TField, TModulus>, TField>
    where TField : unmanaged, IFieldElement<TField>
    where TModulus : struct, IModulus
{
    private const ulong Mask = (1UL << 52) - 1;
    private const double TwoTo104 = 20282409603651670423947251286016.0;
    private const double TwoTo52 = 4503599627370496.0;
    private const ulong BitsOfTwoTo52 = 0x4330000000000000;

    // The modulus in limbs of 52 bits, which the JIT folds to constants.
    private static ulong Q0
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TModulus.P0 & Mask;
    }

    private static ulong Q1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ((TModulus.P0 >> 52) | (TModulus.P1 << 12)) & Mask;
    }

    private static ulong Q2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ((TModulus.P1 >> 40) | (TModulus.P2 << 24)) & Mask;
    }

    private static ulong Q3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ((TModulus.P2 >> 28) | (TModulus.P3 << 36)) & Mask;
    }

    private static ulong Q4
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TModulus.P3 >> 16;
    }

    private Words _l0,
        _l1,
        _l2,
        _l3,
        _l4;

    public static int Count => 8;

    public static int WordsPerElement => 5;

    /// <summary>2^260 mod p in every lane.</summary>
    public static Fp8<TField, TModulus> One => Constant(16);

    /// <summary>
    /// Montgomery multiplication, one limb of x at a time. Each accumulator starts at minus the exponent bits that the
    /// products added to it will carry, so that nothing needs to be subtracted on the way.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Multiply(
        in Fp8<TField, TModulus> x,
        in Fp8<TField, TModulus> y,
        out Fp8<TField, TModulus> result
    )
    {
        unchecked
        {
            Doubles y0 = ToDouble(y._l0),
                y1 = ToDouble(y._l1),
                y2 = ToDouble(y._l2),
                y3 = ToDouble(y._l3),
                y4 = ToDouble(y._l4);
            Words t0 = Vector512.Create(0xbcd0000000000000UL),
                t1 = Vector512.Create(0xa990000000000000UL),
                t2 = Vector512.Create(0x9650000000000000UL);
            Words t3 = Vector512.Create(0x8310000000000000UL),
                t4 = Vector512.Create(0x6fd0000000000000UL),
                t5 = Vector512.Create(0x2620000000000000UL);
            Row(ToDouble(x._l0), y0, y1, y2, y3, y4, ref t0, ref t1, ref t2, ref t3, ref t4, ref t5);
            Eliminate(ref t0, ref t1, ref t2, ref t3, ref t4, ref t5);
            t0 = Vector512.Create(0x3960000000000000UL);
            Row(ToDouble(x._l1), y0, y1, y2, y3, y4, ref t1, ref t2, ref t3, ref t4, ref t5, ref t0);
            Eliminate(ref t1, ref t2, ref t3, ref t4, ref t5, ref t0);
            t1 = Vector512.Create(0x4ca0000000000000UL);
            Row(ToDouble(x._l2), y0, y1, y2, y3, y4, ref t2, ref t3, ref t4, ref t5, ref t0, ref t1);
            Eliminate(ref t2, ref t3, ref t4, ref t5, ref t0, ref t1);
            t2 = Vector512.Create(0x5fe0000000000000UL);
            Row(ToDouble(x._l3), y0, y1, y2, y3, y4, ref t3, ref t4, ref t5, ref t0, ref t1, ref t2);
            Eliminate(ref t3, ref t4, ref t5, ref t0, ref t1, ref t2);
            t3 = Vector512.Create(0x7320000000000000UL);
            Row(ToDouble(x._l4), y0, y1, y2, y3, y4, ref t4, ref t5, ref t0, ref t1, ref t2, ref t3);
            Eliminate(ref t4, ref t5, ref t0, ref t1, ref t2, ref t3);
            Finish(t5, t0, t1, t2, t3, out result);
        }
    }

    /// <summary>x*y + u*v with one Montgomery reduction; the sum of the products is below 64p^2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void MultiplyAdd(
        in Fp8<TField, TModulus> x,
        in Fp8<TField, TModulus> y,
        in Fp8<TField, TModulus> u,
        in Fp8<TField, TModulus> v,
        out Fp8<TField, TModulus> result
    )
    {
        unchecked
        {
            Doubles y0 = ToDouble(y._l0),
                y1 = ToDouble(y._l1),
                y2 = ToDouble(y._l2),
                y3 = ToDouble(y._l3),
                y4 = ToDouble(y._l4);
            Doubles v0 = ToDouble(v._l0),
                v1 = ToDouble(v._l1),
                v2 = ToDouble(v._l2),
                v3 = ToDouble(v._l3),
                v4 = ToDouble(v._l4);
            Words t0 = Vector512.Create(0x79a0000000000000UL),
                t1 = Vector512.Create(0xdcc0000000000000UL),
                t2 = Vector512.Create(0x3fe0000000000000UL);
            Words t3 = Vector512.Create(0xa300000000000000UL),
                t4 = Vector512.Create(0x0620000000000000UL),
                t5 = Vector512.Create(0xb930000000000000UL);
            Row(ToDouble(x._l0), y0, y1, y2, y3, y4, ref t0, ref t1, ref t2, ref t3, ref t4, ref t5);
            Row(ToDouble(u._l0), v0, v1, v2, v3, v4, ref t0, ref t1, ref t2, ref t3, ref t4, ref t5);
            Eliminate(ref t0, ref t1, ref t2, ref t3, ref t4, ref t5);
            t0 = Vector512.Create(0x5610000000000000UL);
            Row(ToDouble(x._l1), y0, y1, y2, y3, y4, ref t1, ref t2, ref t3, ref t4, ref t5, ref t0);
            Row(ToDouble(u._l1), v0, v1, v2, v3, v4, ref t1, ref t2, ref t3, ref t4, ref t5, ref t0);
            Eliminate(ref t1, ref t2, ref t3, ref t4, ref t5, ref t0);
            t1 = Vector512.Create(0xf2f0000000000000UL);
            Row(ToDouble(x._l2), y0, y1, y2, y3, y4, ref t2, ref t3, ref t4, ref t5, ref t0, ref t1);
            Row(ToDouble(u._l2), v0, v1, v2, v3, v4, ref t2, ref t3, ref t4, ref t5, ref t0, ref t1);
            Eliminate(ref t2, ref t3, ref t4, ref t5, ref t0, ref t1);
            t2 = Vector512.Create(0x8fd0000000000000UL);
            Row(ToDouble(x._l3), y0, y1, y2, y3, y4, ref t3, ref t4, ref t5, ref t0, ref t1, ref t2);
            Row(ToDouble(u._l3), v0, v1, v2, v3, v4, ref t3, ref t4, ref t5, ref t0, ref t1, ref t2);
            Eliminate(ref t3, ref t4, ref t5, ref t0, ref t1, ref t2);
            t3 = Vector512.Create(0x2cb0000000000000UL);
            Row(ToDouble(x._l4), y0, y1, y2, y3, y4, ref t4, ref t5, ref t0, ref t1, ref t2, ref t3);
            Row(ToDouble(u._l4), v0, v1, v2, v3, v4, ref t4, ref t5, ref t0, ref t1, ref t2, ref t3);
            Eliminate(ref t4, ref t5, ref t0, ref t1, ref t2, ref t3);
            Finish(t5, t0, t1, t2, t3, out result);
        }
    }

    public static void Square(in Fp8<TField, TModulus> a, out Fp8<TField, TModulus> result) =>
        Multiply(a, a, out result);

    /// <summary>x*y - u*v, with 4p - u in place of u: u is below 4p.</summary>
    public static void MultiplySubtract(
        in Fp8<TField, TModulus> x,
        in Fp8<TField, TModulus> y,
        in Fp8<TField, TModulus> u,
        in Fp8<TField, TModulus> v,
        out Fp8<TField, TModulus> result
    )
    {
        Carry(
            (Vector512.Create(4 * Q0) - u._l0).AsInt64(),
            (Vector512.Create(4 * Q1) - u._l1).AsInt64(),
            (Vector512.Create(4 * Q2) - u._l2).AsInt64(),
            (Vector512.Create(4 * Q3) - u._l3).AsInt64(),
            (Vector512.Create(4 * Q4) - u._l4).AsInt64(),
            out var minusU
        );
        MultiplyAdd(x, y, minusU, v, out result);
    }

    /// <summary>t += x*y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(
        Doubles x,
        Doubles y0,
        Doubles y1,
        Doubles y2,
        Doubles y3,
        Doubles y4,
        ref Words t0,
        ref Words t1,
        ref Words t2,
        ref Words t3,
        ref Words t4,
        ref Words t5
    )
    {
        Product(x, y0, ref t0, ref t1);
        Product(x, y1, ref t1, ref t2);
        Product(x, y2, ref t2, ref t3);
        Product(x, y3, ref t3, ref t4);
        Product(x, y4, ref t4, ref t5);
    }

    /// <summary>
    /// t += m*p with m such that the lowest limb becomes a multiple of 2^52, and its carry. That limb's own low half is not
    /// added: with a limb that is not zero it would make exactly 2^52, so that adding 2^52 - 1 carries the same.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eliminate(ref Words t0, ref Words t1, ref Words t2, ref Words t3, ref Words t4, ref Words t5)
    {
        unchecked
        {
            var m = ToDouble(
                Avx512DQ.MultiplyLow(t0, Vector512.Create(TModulus.NegativeInverse)) & Vector512.Create(Mask)
            );
            t1 += HighHalf(m, Vector512.Create((double)Q0)) + ((t0 + Vector512.Create(Mask)) >>> 52);
            Product(m, Vector512.Create((double)Q1), ref t1, ref t2);
            Product(m, Vector512.Create((double)Q2), ref t2, ref t3);
            Product(m, Vector512.Create((double)Q3), ref t3, ref t4);
            Product(m, Vector512.Create((double)Q4), ref t4, ref t5);
        }
    }

    /// <summary>Moves what exceeds 52 bits to the next limb.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Words t0, Words t1, Words t2, Words t3, Words t4, out Fp8<TField, TModulus> result)
    {
        var mask = Vector512.Create(Mask);
        t1 += t0 >>> 52;
        t2 += t1 >>> 52;
        t3 += t2 >>> 52;
        t4 += t3 >>> 52;
        result._l0 = t0 & mask;
        result._l1 = t1 & mask;
        result._l2 = t2 & mask;
        result._l3 = t3 & mask;
        result._l4 = t4;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Product(Doubles a, Doubles b, ref Words low, ref Words high)
    {
        unchecked
        {
            var h = Avx512F.FusedMultiplyAdd(a, b, Vector512.Create(TwoTo104), FloatRoundingMode.ToZero);
            var rest = Vector512.Create(TwoTo104 + TwoTo52) - h;
            var l = Avx512F.FusedMultiplyAdd(a, b, rest, FloatRoundingMode.ToZero);
            high += h.AsUInt64();
            low += l.AsUInt64();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words HighHalf(Doubles a, Doubles b) =>
        Avx512F.FusedMultiplyAdd(a, b, Vector512.Create(TwoTo104), FloatRoundingMode.ToZero).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Doubles ToDouble(Words value) => Avx512DQ.ConvertToVector512Double(value);

    /// <summary>a + b, not reduced.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(in Fp8<TField, TModulus> a, in Fp8<TField, TModulus> b, out Fp8<TField, TModulus> result) =>
        Carry(
            (a._l0 + b._l0).AsInt64(),
            (a._l1 + b._l1).AsInt64(),
            (a._l2 + b._l2).AsInt64(),
            (a._l3 + b._l3).AsInt64(),
            (a._l4 + b._l4).AsInt64(),
            out result
        );

    /// <summary>a - b + 2p, not reduced; b is below 2p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(
        in Fp8<TField, TModulus> a,
        in Fp8<TField, TModulus> b,
        out Fp8<TField, TModulus> result
    ) =>
        Carry(
            (a._l0 - b._l0 + Vector512.Create(2 * Q0)).AsInt64(),
            (a._l1 - b._l1 + Vector512.Create(2 * Q1)).AsInt64(),
            (a._l2 - b._l2 + Vector512.Create(2 * Q2)).AsInt64(),
            (a._l3 - b._l3 + Vector512.Create(2 * Q3)).AsInt64(),
            (a._l4 - b._l4 + Vector512.Create(2 * Q4)).AsInt64(),
            out result
        );

    /// <summary>Takes a value below 64p under 1.01p: the top limb tells how many p to subtract.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Reduce(ref Fp8<TField, TModulus> a)
    {
        var estimate = ToDouble(a._l4) * Vector512.Create(1.0 / (Q4 + 1));
        var k = Avx512DQ.ConvertToVector512UInt64WithTruncation(estimate);
        Carry(
            (a._l0 - Avx512DQ.MultiplyLow(k, Vector512.Create(Q0))).AsInt64(),
            (a._l1 - Avx512DQ.MultiplyLow(k, Vector512.Create(Q1))).AsInt64(),
            (a._l2 - Avx512DQ.MultiplyLow(k, Vector512.Create(Q2))).AsInt64(),
            (a._l3 - Avx512DQ.MultiplyLow(k, Vector512.Create(Q3))).AsInt64(),
            (a._l4 - Avx512DQ.MultiplyLow(k, Vector512.Create(Q4))).AsInt64(),
            out a
        );
    }

    /// <summary>Moves what exceeds 52 bits, with its sign, to the next limb.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Carry(
        Vector512<long> t0,
        Vector512<long> t1,
        Vector512<long> t2,
        Vector512<long> t3,
        Vector512<long> t4,
        out Fp8<TField, TModulus> result
    )
    {
        var mask = Vector512.Create(Mask);
        t1 += t0 >> 52;
        t2 += t1 >> 52;
        t3 += t2 >> 52;
        t4 += t3 >> 52;
        result._l0 = t0.AsUInt64() & mask;
        result._l1 = t1.AsUInt64() & mask;
        result._l2 = t2.AsUInt64() & mask;
        result._l3 = t3.AsUInt64() & mask;
        result._l4 = t4.AsUInt64();
    }

    /// <summary>p - a in the lanes whose slot has its lowest bit set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NegateWhere(ref Fp8<TField, TModulus> a, int* slots)
    {
        var odd = Vector256.Load(slots) & Vector256<int>.One;
        var select = ~(Avx512F.ConvertToVector512Int64(odd) - Vector512<long>.One).AsUInt64();
        Subtract(default, a, out var negative);
        Reduce(ref negative);
        a._l0 = Vector512.ConditionalSelect(select, negative._l0, a._l0);
        a._l1 = Vector512.ConditionalSelect(select, negative._l1, a._l1);
        a._l2 = Vector512.ConditionalSelect(select, negative._l2, a._l2);
        a._l3 = Vector512.ConditionalSelect(select, negative._l3, a._l3);
        a._l4 = Vector512.ConditionalSelect(select, negative._l4, a._l4);
    }
}
