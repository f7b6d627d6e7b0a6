using System.Runtime.CompilerServices;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Digits -2^(c-1)+1 .. 2^(c-1) of a scalar below 2^254 in base 2^c. Each window is read alone: the carry into it is found by
/// looking at the digits below, nearly always at one.
/// </summary>
internal static class SignedDigits
{
    /// <summary>Windows for 254 bits and the carry out of the last one.</summary>
    public static int WindowCount(int bits) => (254 + bits) / bits;

    public static int Get(in Limbs scalar, int window, int bits)
    {
        unchecked
        {
            var low = window * bits;
            var digit = Bits(scalar, low, bits) + (low == 0 ? 0 : CarryInto(scalar, low, bits));
            return digit > 1 << (bits - 1) ? digit - (1 << bits) : digit;
        }
    }

    private static int CarryInto(in Limbs scalar, int low, int bits)
    {
        for (var from = low - bits; from >= 0; from -= bits)
        {
            var digit = Bits(scalar, from, bits);
            if (digit != 1 << (bits - 1))
                return digit > 1 << (bits - 1) ? 1 : 0;
            // Exactly half: a carry from below decides.
        }
        return 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Bits(in Limbs scalar, int low, int bits)
    {
        if (low >= 256)
            return 0;
        ref readonly var limbs = ref Unsafe.As<Limbs, ulong>(ref Unsafe.AsRef(in scalar));
        var (limb, shift) = (low >> 6, low & 63);
        var value = Unsafe.Add(ref Unsafe.AsRef(in limbs), limb) >> shift;
        if (shift + bits > 64 && limb < 3)
            value |= Unsafe.Add(ref Unsafe.AsRef(in limbs), limb + 1) << (64 - shift);
        return (int)(value & ((1UL << bits) - 1));
    }
}
