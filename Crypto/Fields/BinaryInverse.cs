using System.Runtime.CompilerServices;

namespace MedLedger.Crypto.Fields;

/// <summary>
/// Inverses modulo p by a binary greatest common divisor on approximations (Pornin: "Optimized binary GCD for modular
/// inversion", eprint 2020/972, algorithm 2): 31 steps on 64-bit approximations of a and b give factors that are then applied
/// to the whole numbers at once. Four times faster than Fermat's theorem; the number of rounds depends on the value.
/// </summary>
internal static class BinaryInverse<TModulus>
    where TModulus : struct, IModulus
{
    private const int Steps = 31;

    /// <summary>For x = a * 2^256 mod p: (1/a) * 2^256 mod p; 0 for 0.</summary>
    public static Limbs Invert(in Limbs x)
    {
        Limbs a = x,
            b = new(TModulus.P0, TModulus.P1, TModulus.P2, TModulus.P3);
        Limbs u = new(1, 0, 0, 0),
            v = default;
        // a = u x and b = v x modulo p, throughout; b is odd and ends as 1.
        while (!a.IsZero)
        {
            Approximate(a, b, out var factors);
            var nextA = Combine(a, factors.F0, b, factors.G0, out var negativeA);
            var nextB = Combine(a, factors.F1, b, factors.G1, out var negativeB);
            if (negativeA)
                (factors.F0, factors.G0) = (-factors.F0, -factors.G0);
            if (negativeB)
                (factors.F1, factors.G1) = (-factors.F1, -factors.G1);
            (a, b) = (nextA, nextB);
            (u, v) = (CombineModulo(u, factors.F0, v, factors.G0), CombineModulo(u, factors.F1, v, factors.G1));
        }
        // v = 1/x = (1/a) / 2^256: twice the radix is missing.
        var cubed = Montgomery<TModulus>.Multiply(TModulus.RadixSquared, TModulus.RadixSquared);
        return x.IsZero ? default : Montgomery<TModulus>.Multiply(v, cubed);
    }

    private record struct Factors(long F0, long G0, long F1, long G1);

    /// <summary>The inner loop: the factors that take (a, b) 31 steps further, from their low 31 and top 33 bits.</summary>
    private static void Approximate(in Limbs a, in Limbs b, out Factors factors)
    {
        unchecked
        {
            var length = Math.Max(Math.Max(a.BitLength, b.BitLength), 64);
            ulong x = Ends(a, length),
                y = Ends(b, length);
            long f0 = 1,
                g0 = 0,
                f1 = 0,
                g1 = 1;
            for (var i = 0; i < Steps; i++)
            {
                var odd = -(long)(x & 1);
                var swap = odd & (x < y ? -1L : 0L);
                var mixed = (x ^ y) & (ulong)swap;
                (x, y) = (x ^ mixed, y ^ mixed);
                var (f, g) = ((f0 ^ f1) & swap, (g0 ^ g1) & swap);
                (f0, f1, g0, g1) = (f0 ^ f, f1 ^ f, g0 ^ g, g1 ^ g);
                x = (x - (y & (ulong)odd)) >> 1;
                f0 -= f1 & odd;
                g0 -= g1 & odd;
                f1 <<= 1;
                g1 <<= 1;
            }
            factors = new(f0, g0, f1, g1);
        }
    }

    /// <summary>The low 31 bits, and above them the 33 bits below bit <paramref name="length"/>.</summary>
    private static ulong Ends(in Limbs value, int length)
    {
        var from = length - 33;
        var top = Limb(value, from >> 6) >> (from & 63);
        if ((from & 63) > 31)
            top |= Limb(value, (from >> 6) + 1) << (64 - (from & 63));
        return (value.L0 & 0x7fffffff) | (top << Steps);
    }

    /// <summary>|a f + b g| / 2^31, an exact division.</summary>
    private static Limbs Combine(in Limbs a, long f, in Limbs b, long g, out bool negative)
    {
        var sum = Sum.Of(a, f, b, g);
        negative = sum.IsNegative;
        if (negative)
            sum = sum.Negate();
        return sum.ShiftRight();
    }

    /// <summary>(u f + v g) / 2^31 modulo p: a multiple of p first makes the division exact (Montgomery).</summary>
    private static Limbs CombineModulo(in Limbs u, long f, in Limbs v, long g)
    {
        unchecked
        {
            var sum = Sum.Of(u, f, v, g);
            var m = (long)((sum.L0 * TModulus.NegativeInverse) & 0x7fffffff);
            Limbs p = new(TModulus.P0, TModulus.P1, TModulus.P2, TModulus.P3);
            sum = sum.Plus(Sum.Of(p, m, default, 0));
            // Above -p and below 2p now.
            if (sum.IsNegative)
                sum = sum.Plus(Sum.Of(p, 1L << Steps, default, 0));
            var result = sum.ShiftRight();
            return Montgomery<TModulus>.IsReduced(result) ? result : Montgomery<TModulus>.Subtract(result, p);
        }
    }

    private static ulong Limb(in Limbs value, int index) =>
        index switch
        {
            0 => value.L0,
            1 => value.L1,
            2 => value.L2,
            3 => value.L3,
            _ => 0,
        };

    /// <summary>A signed number of 320 bits.</summary>
    private readonly record struct Sum(ulong L0, ulong L1, ulong L2, ulong L3, ulong L4)
    {
        public static Sum Of(in Limbs a, long f, in Limbs b, long g) => Product(a, f).Plus(Product(b, g));

        public bool IsNegative => L4 >> 63 != 0;

        public Sum Negate()
        {
            unchecked
            {
                return new Sum(~L0, ~L1, ~L2, ~L3, ~L4).Plus(new Sum(1, 0, 0, 0, 0));
            }
        }

        public Sum Plus(in Sum other)
        {
            unchecked
            {
                ulong carry = 0;
                return new Sum(
                    Add(L0, other.L0, ref carry),
                    Add(L1, other.L1, ref carry),
                    Add(L2, other.L2, ref carry),
                    Add(L3, other.L3, ref carry),
                    L4 + other.L4 + carry
                );
            }
        }

        public Limbs ShiftRight() =>
            new(
                (L0 >> Steps) | (L1 << (64 - Steps)),
                (L1 >> Steps) | (L2 << (64 - Steps)),
                (L2 >> Steps) | (L3 << (64 - Steps)),
                (L3 >> Steps) | (L4 << (64 - Steps))
            );

        private static Sum Product(in Limbs a, long f)
        {
            unchecked
            {
                var factor = (ulong)(f < 0 ? -f : f);
                ulong carry = 0;
                var product = new Sum(
                    Multiply(a.L0, factor, ref carry),
                    Multiply(a.L1, factor, ref carry),
                    Multiply(a.L2, factor, ref carry),
                    Multiply(a.L3, factor, ref carry),
                    carry
                );
                return f < 0 ? product.Negate() : product;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static ulong Multiply(ulong a, ulong factor, ref ulong carry)
        {
            unchecked
            {
                var high = Math.BigMul(a, factor, out var low);
                low += carry;
                carry = high + (low < carry ? 1UL : 0UL);
                return low;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static ulong Add(ulong a, ulong b, ref ulong carry)
        {
            unchecked
            {
                var sum = a + carry;
                var overflow = sum < carry ? 1UL : 0UL;
                sum += b;
                carry = overflow + (sum < b ? 1UL : 0UL);
                return sum;
            }
        }
    }
}
