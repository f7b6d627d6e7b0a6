using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace MedLedger.Crypto.Fields;

/// <summary>The constants of one prime below 2^254, as compile-time constants so that the JIT folds them.</summary>
internal interface IModulus
{
    /// <summary>The prime's limbs, least significant first.</summary>
    static abstract ulong P0 { get; }
    static abstract ulong P1 { get; }
    static abstract ulong P2 { get; }
    static abstract ulong P3 { get; }

    /// <summary>-1/p mod 2^64.</summary>
    static abstract ulong NegativeInverse { get; }

    /// <summary>2^512 mod p.</summary>
    static abstract Limbs RadixSquared { get; }

    /// <summary>2^256 mod p: one in Montgomery form.</summary>
    static abstract Limbs RadixOne { get; }
}

/// <summary>
/// Arithmetic modulo p on values a * 2^256 mod p, always fully reduced.
/// Multiplication is the CIOS method of Koc, Acar and Kaliski ("Analyzing and comparing Montgomery multiplication
/// algorithms", 1996) without the extra carry word, which a modulus below 2^255 never needs.
/// No branch and no memory address depends on a value.
/// </summary>
internal static class Montgomery<TModulus>
    where TModulus : struct, IModulus
{
    /// <summary>x*y / 2^256 mod p, for y below p and any x below 2^256.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Limbs Multiply(in Limbs x, in Limbs y)
    {
        Multiply(x, y, out var result);
        return result;
    }

    /// <summary>The same into a place that may be an operand's: a result that is returned costs a copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in Limbs x, in Limbs y, out Limbs result)
    {
        unchecked
        {
            ulong y0 = y.L0,
                y1 = y.L1,
                y2 = y.L2,
                y3 = y.L3;
            ulong t0 = 0,
                t1 = 0,
                t2 = 0,
                t3 = 0;
            Row(x.L0, y0, y1, y2, y3, ref t0, ref t1, ref t2, ref t3);
            Row(x.L1, y0, y1, y2, y3, ref t0, ref t1, ref t2, ref t3);
            Row(x.L2, y0, y1, y2, y3, ref t0, ref t1, ref t2, ref t3);
            Row(x.L3, y0, y1, y2, y3, ref t0, ref t1, ref t2, ref t3);
            result = Reduce(t0, t1, t2, t3);
        }
    }

    /// <summary>
    /// (x*y + u*v) / 2^256 mod p with one reduction (Longa: "Efficient algorithms for large prime characteristic fields and
    /// their application to bilinear pairings", 2022, section 3), for y and v below p and x and u not above p.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAdd(in Limbs x, in Limbs y, in Limbs u, in Limbs v, out Limbs result)
    {
        unchecked
        {
            ulong t0 = 0,
                t1 = 0,
                t2 = 0,
                t3 = 0;
            Rows(x.L0, y, u.L0, v, ref t0, ref t1, ref t2, ref t3);
            Rows(x.L1, y, u.L1, v, ref t0, ref t1, ref t2, ref t3);
            Rows(x.L2, y, u.L2, v, ref t0, ref t1, ref t2, ref t3);
            Rows(x.L3, y, u.L3, v, ref t0, ref t1, ref t2, ref t3);
            result = Reduce(t0, t1, t2, t3);
        }
    }

    /// <summary>t = (t + x*y + u*v + m*p) / 2^64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rows(
        ulong x,
        in Limbs y,
        ulong u,
        in Limbs v,
        ref ulong t0,
        ref ulong t1,
        ref ulong t2,
        ref ulong t3
    )
    {
        unchecked
        {
            ulong c = 0,
                e = 0;
            t0 = MultiplyAdd(t0, x, y.L0, ref c);
            t1 = MultiplyAdd(t1, x, y.L1, ref c);
            t2 = MultiplyAdd(t2, x, y.L2, ref c);
            t3 = MultiplyAdd(t3, x, y.L3, ref c);
            t0 = MultiplyAdd(t0, u, v.L0, ref e);
            var m = t0 * TModulus.NegativeInverse;
            var d = MultiplyHigh(m, TModulus.P0) + (t0 == 0 ? 0UL : 1UL);
            t1 = MultiplyAdd(t1, u, v.L1, ref e);
            t0 = MultiplyAdd(t1, m, TModulus.P1, ref d);
            t2 = MultiplyAdd(t2, u, v.L2, ref e);
            t1 = MultiplyAdd(t2, m, TModulus.P2, ref d);
            t3 = MultiplyAdd(t3, u, v.L3, ref e);
            t2 = MultiplyAdd(t3, m, TModulus.P3, ref d);
            t3 = c + d + e;
        }
    }

    /// <summary>t = (t + x*y + m*p) / 2^64 with m chosen so that the division is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(
        ulong x,
        ulong y0,
        ulong y1,
        ulong y2,
        ulong y3,
        ref ulong t0,
        ref ulong t1,
        ref ulong t2,
        ref ulong t3
    )
    {
        unchecked
        {
            ulong c = 0;
            t0 = MultiplyAdd(t0, x, y0, ref c);
            var m = t0 * TModulus.NegativeInverse;
            // t0 + m*P0 is a multiple of 2^64: its low word carries one exactly when t0 is not zero.
            var d = MultiplyHigh(m, TModulus.P0) + (t0 == 0 ? 0UL : 1UL);
            t1 = MultiplyAdd(t1, x, y1, ref c);
            t0 = MultiplyAdd(t1, m, TModulus.P1, ref d);
            t2 = MultiplyAdd(t2, x, y2, ref c);
            t1 = MultiplyAdd(t2, m, TModulus.P2, ref d);
            t3 = MultiplyAdd(t3, x, y3, ref c);
            t2 = MultiplyAdd(t3, m, TModulus.P3, ref d);
            t3 = c + d;
        }
    }

    public static Limbs Add(in Limbs x, in Limbs y)
    {
        Add(x, y, out var result);
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(in Limbs x, in Limbs y, out Limbs result)
    {
        unchecked
        {
            ulong carry = 0;
            var t0 = AddWithCarry(x.L0, y.L0, ref carry);
            var t1 = AddWithCarry(x.L1, y.L1, ref carry);
            var t2 = AddWithCarry(x.L2, y.L2, ref carry);
            result = Reduce(t0, t1, t2, x.L3 + y.L3 + carry);
        }
    }

    public static Limbs Subtract(in Limbs x, in Limbs y)
    {
        Subtract(x, y, out var result);
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(in Limbs x, in Limbs y, out Limbs result)
    {
        unchecked
        {
            ulong borrow = 0;
            var t0 = SubtractWithBorrow(x.L0, y.L0, ref borrow);
            var t1 = SubtractWithBorrow(x.L1, y.L1, ref borrow);
            var t2 = SubtractWithBorrow(x.L2, y.L2, ref borrow);
            var t3 = SubtractWithBorrow(x.L3, y.L3, ref borrow);
            var mask = 0 - borrow;
            ulong carry = 0;
            result = new Limbs(
                AddWithCarry(t0, TModulus.P0 & mask, ref carry),
                AddWithCarry(t1, TModulus.P1 & mask, ref carry),
                AddWithCarry(t2, TModulus.P2 & mask, ref carry),
                t3 + (TModulus.P3 & mask) + carry
            );
        }
    }

    /// <summary>True when the limbs are below p.</summary>
    public static bool IsReduced(in Limbs x)
    {
        unchecked
        {
            ulong borrow = 0;
            SubtractWithBorrow(x.L0, TModulus.P0, ref borrow);
            SubtractWithBorrow(x.L1, TModulus.P1, ref borrow);
            SubtractWithBorrow(x.L2, TModulus.P2, ref borrow);
            SubtractWithBorrow(x.L3, TModulus.P3, ref borrow);
            return borrow != 0;
        }
    }

    /// <summary>x * 2^256 mod p, for any x below 2^256.</summary>
    public static Limbs ToMontgomery(in Limbs x) => Multiply(x, TModulus.RadixSquared);

    /// <summary>x / 2^256 mod p.</summary>
    public static Limbs FromMontgomery(in Limbs x) => Multiply(x, new Limbs(1, 0, 0, 0));

    /// <summary>x^e, most significant bit first. Time depends on the (public) exponent only.</summary>
    public static Limbs Power(in Limbs x, in Limbs exponent)
    {
        var result = TModulus.RadixOne;
        for (var i = exponent.BitLength - 1; i >= 0; i--)
        {
            result = Multiply(result, result);
            if (exponent.Bit(i) == 1)
                result = Multiply(result, x);
        }
        return result;
    }

    /// <summary>x^(p-2) = 1/x by Fermat's little theorem; 0 for 0.</summary>
    public static Limbs Inverse(in Limbs x) =>
        Power(x, new Limbs(TModulus.P0 - 2, TModulus.P1, TModulus.P2, TModulus.P3));

    /// <summary>Subtracts p once when t is not below it. t is below 2p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Limbs Reduce(ulong t0, ulong t1, ulong t2, ulong t3)
    {
        unchecked
        {
            ulong borrow = 0;
            var s0 = SubtractWithBorrow(t0, TModulus.P0, ref borrow);
            var s1 = SubtractWithBorrow(t1, TModulus.P1, ref borrow);
            var s2 = SubtractWithBorrow(t2, TModulus.P2, ref borrow);
            var s3 = SubtractWithBorrow(t3, TModulus.P3, ref borrow);
            var keep = borrow != 0;
            return new Limbs(keep ? t0 : s0, keep ? t1 : s1, keep ? t2 : s2, keep ? t3 : s3);
        }
    }

    /// <summary>The low word of accumulator + x*y + carry; the high word becomes the carry. It cannot overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MultiplyAdd(ulong accumulator, ulong x, ulong y, ref ulong carry)
    {
        unchecked
        {
            var high = MultiplyHigh(x, y);
            var low = (x * y) + accumulator;
            high += low < accumulator ? 1UL : 0UL;
            low += carry;
            high += low < carry ? 1UL : 0UL;
            carry = high;
            return low;
        }
    }

    /// <summary>Both halves from one instruction would go through memory here: two instructions take half the time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MultiplyHigh(ulong x, ulong y) =>
        Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(x, y) : Math.BigMul(x, y, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong AddWithCarry(ulong a, ulong b, ref ulong carry)
    {
        unchecked
        {
            var sum = a + b;
            var overflow = sum < a ? 1UL : 0UL;
            sum += carry;
            overflow += sum < carry ? 1UL : 0UL;
            carry = overflow;
            return sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SubtractWithBorrow(ulong a, ulong b, ref ulong borrow)
    {
        unchecked
        {
            var difference = a - b;
            var underflow = a < b ? 1UL : 0UL;
            var result = difference - borrow;
            underflow |= difference < borrow ? 1UL : 0UL;
            borrow = underflow;
            return result;
        }
    }
}
