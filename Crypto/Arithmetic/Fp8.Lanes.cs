using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MedLedger.Crypto.Fields;
using Words = System.Runtime.Intrinsics.Vector512<ulong>;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>What goes from lane to lane, and constants in all of them.</summary>
internal unsafe partial struct Fp8<TField, TModulus>
{
    /// <summary>One inversion for all lanes: products over two, four and eight of them, and back. No lane may be zero.</summary>
    public static void Invert(in Fp8<TField, TModulus> a, out Fp8<TField, TModulus> result)
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

    /// <summary>Sums in the lower, differences in the upper half of every 2 half lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fold(in Fp8<TField, TModulus> a, int half, out Fp8<TField, TModulus> result)
    {
        Swap(a, half, out var other);
        Add(a, other, out var sum);
        Subtract(other, a, out var difference);
        var upper = ~Vector512.Equals(Vector512<ulong>.Indices & Vector512.Create((ulong)half), Words.Zero);
        result._l0 = Vector512.ConditionalSelect(upper, difference._l0, sum._l0);
        result._l1 = Vector512.ConditionalSelect(upper, difference._l1, sum._l1);
        result._l2 = Vector512.ConditionalSelect(upper, difference._l2, sum._l2);
        result._l3 = Vector512.ConditionalSelect(upper, difference._l3, sum._l3);
        result._l4 = Vector512.ConditionalSelect(upper, difference._l4, sum._l4);
    }

    /// <summary>Lane i gets lane i xor half.</summary>
    private static void Swap(in Fp8<TField, TModulus> a, int half, out Fp8<TField, TModulus> result)
    {
        var lanes = Vector512<ulong>.Indices ^ Vector512.Create((ulong)half);
        result._l0 = Avx512F.PermuteVar8x64(a._l0, lanes);
        result._l1 = Avx512F.PermuteVar8x64(a._l1, lanes);
        result._l2 = Avx512F.PermuteVar8x64(a._l2, lanes);
        result._l3 = Avx512F.PermuteVar8x64(a._l3, lanes);
        result._l4 = Avx512F.PermuteVar8x64(a._l4, lanes);
    }

    /// <summary>Lane i gets lane i + count modulo 8.</summary>
    private static void Rotate(in Fp8<TField, TModulus> a, int count, out Fp8<TField, TModulus> result)
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

    public static bool HasZero(in Fp8<TField, TModulus> a)
    {
        fixed (Fp8<TField, TModulus>* lanes = &a)
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

    /// <summary>value * 2^256 modulo p, the Montgomery form of the scalar path, in every lane.</summary>
    private static Fp8<TField, TModulus> Constant(ulong value)
    {
        var words = stackalloc ulong[5];
        Split(Montgomery<TModulus>.ToMontgomery(new Limbs(value, 0, 0, 0)), words);
        return Broadcast(words[0], words[1], words[2], words[3], words[4]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Fp8<TField, TModulus> Broadcast(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
    {
        Fp8<TField, TModulus> result;
        result._l0 = Vector512.Create(l0);
        result._l1 = Vector512.Create(l1);
        result._l2 = Vector512.Create(l2);
        result._l3 = Vector512.Create(l3);
        result._l4 = Vector512.Create(l4);
        return result;
    }
}
