using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MedLedger.Crypto.Fields;
using Doubles = System.Runtime.Intrinsics.Vector512<double>;
using Words = System.Runtime.Intrinsics.Vector512<ulong>;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Eight elements of Fq side by side: five vectors of 52-bit limbs, in Montgomery form with radix 2^260. A 104-bit product of
/// limbs comes from two fused multiply-adds in double precision, rounded towards zero: adding 2^104 leaves the high half in
/// the mantissa, and the same product minus that half the low one (Gueron, Krasnov, 2014, do this with integers; van der
/// Hoeven, Lecerf, Quintin: "Modular SIMD arithmetic in Mathemagix", 2014, section 3.4, with floating point).
/// Values are kept loosely reduced: products stay below 1.8q for operands whose product is below 64q^2.
/// </summary>
internal unsafe partial struct Fq8 : ILanes<Fq8, Fq>
{
    private const ulong Mask = (1UL << 52) - 1;
    private const double TwoTo104 = 20282409603651670423947251286016.0;
    private const double TwoTo52 = 4503599627370496.0;
    private const ulong BitsOfTwoTo52 = 0x4330000000000000;

    // The limbs of q, and -1/q mod 2^52.
    private const ulong Q0 = 0x8c16d87cfd47,
        Q1 = 0x916871ca8d3c2,
        Q2 = 0x181585d97816a,
        Q3 = 0xa029b85045b68,
        Q4 = 0x30644e72e131;
    private const ulong NegativeInverse = 0x20782e4866389;

    private Words _l0,
        _l1,
        _l2,
        _l3,
        _l4;

    public static bool IsSupported => Avx512F.IsSupported && Avx512DQ.IsSupported && Vector512.IsHardwareAccelerated;

    public static int Count => 8;

    public static int WordsPerElement => 5;

    /// <summary>2^260 mod q in every lane.</summary>
    public static Fq8 One =>
        Broadcast(0x20880f6fce4b4, 0x49baa989a8455, 0x18f014a498908, 0x724f85a9201d8, 0x1f16424e1bb7);

    /// <summary>
    /// Montgomery multiplication, one limb of x at a time. Each accumulator starts at minus the exponent bits that the
    /// products added to it will carry, so that nothing needs to be subtracted on the way.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Multiply(in Fq8 x, in Fq8 y, out Fq8 result)
    {
        unchecked
        {
            Doubles y0 = ToDouble(y._l0),
                y1 = ToDouble(y._l1),
                y2 = ToDouble(y._l2),
                y3 = ToDouble(y._l3),
                y4 = ToDouble(y._l4);
            Words t0 = Vector512.Create(0x79a0000000000000UL),
                t1 = Vector512.Create(0x6660000000000000UL),
                t2 = Vector512.Create(0x5320000000000000UL);
            Words t3 = Vector512.Create(0x3fe0000000000000UL),
                t4 = Vector512.Create(0x2ca0000000000000UL),
                t5 = Vector512.Create(0x2620000000000000UL);
            Step(ToDouble(x._l0), y0, y1, y2, y3, y4, ref t0, ref t1, ref t2, ref t3, ref t4, ref t5);
            t1 += t0 >>> 52;
            t0 = Vector512.Create(0x3960000000000000UL);
            Step(ToDouble(x._l1), y0, y1, y2, y3, y4, ref t1, ref t2, ref t3, ref t4, ref t5, ref t0);
            t2 += t1 >>> 52;
            t1 = Vector512.Create(0x4ca0000000000000UL);
            Step(ToDouble(x._l2), y0, y1, y2, y3, y4, ref t2, ref t3, ref t4, ref t5, ref t0, ref t1);
            t3 += t2 >>> 52;
            t2 = Vector512.Create(0x5fe0000000000000UL);
            Step(ToDouble(x._l3), y0, y1, y2, y3, y4, ref t3, ref t4, ref t5, ref t0, ref t1, ref t2);
            t4 += t3 >>> 52;
            t3 = Vector512.Create(0x7320000000000000UL);
            Step(ToDouble(x._l4), y0, y1, y2, y3, y4, ref t4, ref t5, ref t0, ref t1, ref t2, ref t3);
            t5 += t4 >>> 52;
            var mask = Vector512.Create(Mask);
            t0 += t5 >>> 52;
            t1 += t0 >>> 52;
            t2 += t1 >>> 52;
            t3 += t2 >>> 52;
            result._l0 = t5 & mask;
            result._l1 = t0 & mask;
            result._l2 = t1 & mask;
            result._l3 = t2 & mask;
            result._l4 = t3;
        }
    }

    /// <summary>t += x*y + m*q with m such that the lowest limb becomes a multiple of 2^52.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
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
        unchecked
        {
            Product(x, y0, ref t0, ref t1);
            Product(x, y1, ref t1, ref t2);
            Product(x, y2, ref t2, ref t3);
            Product(x, y3, ref t3, ref t4);
            Product(x, y4, ref t4, ref t5);
            // t0 still lacks the exponent bits of one more low half.
            var low = ToDouble((t0 + Vector512.Create(BitsOfTwoTo52)) & Vector512.Create(Mask));
            var m = LowHalf(low, Vector512.Create((double)NegativeInverse)) - Vector512.Create(TwoTo52);
            Product(m, Vector512.Create((double)Q0), ref t0, ref t1);
            Product(m, Vector512.Create((double)Q1), ref t1, ref t2);
            Product(m, Vector512.Create((double)Q2), ref t2, ref t3);
            Product(m, Vector512.Create((double)Q3), ref t3, ref t4);
            Product(m, Vector512.Create((double)Q4), ref t4, ref t5);
        }
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

    /// <summary>2^52 plus the low 52 bits of a*b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Doubles LowHalf(Doubles a, Doubles b)
    {
        var h = Avx512F.FusedMultiplyAdd(a, b, Vector512.Create(TwoTo104), FloatRoundingMode.ToZero);
        var rest = Vector512.Create(TwoTo104 + TwoTo52) - h;
        return Avx512F.FusedMultiplyAdd(a, b, rest, FloatRoundingMode.ToZero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Doubles ToDouble(Words value) => Avx512DQ.ConvertToVector512Double(value);

    /// <summary>a + b, not reduced.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(in Fq8 a, in Fq8 b, out Fq8 result) =>
        Carry(
            (a._l0 + b._l0).AsInt64(),
            (a._l1 + b._l1).AsInt64(),
            (a._l2 + b._l2).AsInt64(),
            (a._l3 + b._l3).AsInt64(),
            (a._l4 + b._l4).AsInt64(),
            out result
        );

    /// <summary>a - b + 2q, not reduced; b is below 2q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(in Fq8 a, in Fq8 b, out Fq8 result) =>
        Carry(
            (a._l0 - b._l0 + Vector512.Create(0x1182db0f9fa8eUL)).AsInt64(),
            (a._l1 - b._l1 + Vector512.Create(0x22d0e3951a784UL)).AsInt64(),
            (a._l2 - b._l2 + Vector512.Create(0x302b0bb2f02d5UL)).AsInt64(),
            (a._l3 - b._l3 + Vector512.Create(0x405370a08b6d0UL)).AsInt64(),
            (a._l4 - b._l4 + Vector512.Create(0x60c89ce5c263UL)).AsInt64(),
            out result
        );

    /// <summary>Takes a value below 8q under 1.01q: the top limb tells how many q to subtract, a permutation looks up the multiple.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Reduce(ref Fq8 a)
    {
        var estimate = ToDouble(a._l4) * Vector512.Create(1.0 / (Q4 + 1));
        var k = Avx512DQ.ConvertToVector512UInt64WithTruncation(estimate);
        Carry(
            (
                a._l0
                - Avx512F.PermuteVar8x64(
                    Vector512.Create(
                        0UL,
                        0x8c16d87cfd47,
                        0x1182db0f9fa8e,
                        0x1a4448976f7d5,
                        0x2305b61f3f51c,
                        0x2bc723a70f263,
                        0x3488912edefaa,
                        0x3d49feb6aecf1
                    ),
                    k
                )
            ).AsInt64(),
            (
                a._l1
                - Avx512F.PermuteVar8x64(
                    Vector512.Create(
                        0UL,
                        0x916871ca8d3c2,
                        0x22d0e3951a784,
                        0xb439555fa7b46,
                        0x45a1c72a34f08,
                        0xd70a38f4c22ca,
                        0x6872aabf4f68c,
                        0xf9db1c89dca4e
                    ),
                    k
                )
            ).AsInt64(),
            (
                a._l2
                - Avx512F.PermuteVar8x64(
                    Vector512.Create(
                        0UL,
                        0x181585d97816a,
                        0x302b0bb2f02d5,
                        0x4840918c6843f,
                        0x60561765e05aa,
                        0x786b9d3f58714,
                        0x90812318d087f,
                        0xa896a8f2489e9
                    ),
                    k
                )
            ).AsInt64(),
            (
                a._l3
                - Avx512F.PermuteVar8x64(
                    Vector512.Create(
                        0UL,
                        0xa029b85045b68,
                        0x405370a08b6d0,
                        0xe07d28f0d1238,
                        0x80a6e14116da0,
                        0x20d099915c908,
                        0xc0fa51e1a2470,
                        0x61240a31e7fd8
                    ),
                    k
                )
            ).AsInt64(),
            (
                a._l4
                - Avx512F.PermuteVar8x64(
                    Vector512.Create(
                        0UL,
                        0x30644e72e131,
                        0x60c89ce5c263,
                        0x912ceb58a394,
                        0xc19139cb84c6,
                        0xf1f5883e65f8,
                        0x12259d6b14729,
                        0x152be2524285b
                    ),
                    k
                )
            ).AsInt64(),
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
        out Fq8 result
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

    /// <summary>q - a in the lanes whose slot has its lowest bit set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NegateWhere(ref Fq8 a, int* slots)
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

    /// <summary>One inversion for all lanes: products over two, four and eight of them, and back. No lane may be zero.</summary>
    public static void Invert(in Fq8 a, out Fq8 result)
    {
        Rotate(a, 4, out var rotated4);
        Multiply(a, rotated4, out var two);
        Rotate(two, 2, out var rotated2);
        Multiply(two, rotated2, out var four);
        Rotate(four, 1, out var rotated1);
        Multiply(four, rotated1, out var eight);
        var words = stackalloc ulong[5] { eight._l0[0], eight._l1[0], eight._l2[0], eight._l3[0], eight._l4[0] };
        Pack(Unpack(words).InverseVariableTime(), words);
        result = Broadcast(words[0], words[1], words[2], words[3], words[4]);
        Multiply(result, rotated1, out result);
        Multiply(result, rotated2, out result);
        Multiply(result, rotated4, out result);
    }

    /// <summary>Lane i gets lane i + count modulo 8.</summary>
    private static void Rotate(in Fq8 a, int count, out Fq8 result)
    {
        result._l0 = Rotate(a._l0, count);
        result._l1 = Rotate(a._l1, count);
        result._l2 = Rotate(a._l2, count);
        result._l3 = Rotate(a._l3, count);
        result._l4 = Rotate(a._l4, count);
    }

    private static Words Rotate(Words a, int count) =>
        count switch
        {
            1 => Vector512.Shuffle(a, Vector512.Create(1UL, 2, 3, 4, 5, 6, 7, 0)),
            2 => Vector512.Shuffle(a, Vector512.Create(2UL, 3, 4, 5, 6, 7, 0, 1)),
            _ => Vector512.Shuffle(a, Vector512.Create(4UL, 5, 6, 7, 0, 1, 2, 3)),
        };

    public static bool HasZero(in Fq8 a)
    {
        fixed (Fq8* lanes = &a)
        {
            var words = stackalloc ulong[5];
            for (var lane = 0; lane < 8; lane++)
            {
                for (var i = 0; i < 5; i++)
                    words[i] = ((ulong*)lanes)[8 * i + lane];
                if (Unpack(words).IsZero)
                    return true;
            }
            return false;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Fq8 Broadcast(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
    {
        Fq8 result;
        result._l0 = Vector512.Create(l0);
        result._l1 = Vector512.Create(l1);
        result._l2 = Vector512.Create(l2);
        result._l3 = Vector512.Create(l3);
        result._l4 = Vector512.Create(l4);
        return result;
    }
}
