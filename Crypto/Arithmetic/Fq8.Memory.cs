using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>Elements in memory: five words of 52 bits, gathered from and scattered to slots.</summary>
internal unsafe partial struct Fq8
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Load(ulong* words, int stride, int* slots, out Fq8 result)
    {
        ulong* p0 = words + (nint)(slots[0] >> 1) * stride,
            p1 = words + (nint)(slots[1] >> 1) * stride;
        ulong* p2 = words + (nint)(slots[2] >> 1) * stride,
            p3 = words + (nint)(slots[3] >> 1) * stride;
        ulong* p4 = words + (nint)(slots[4] >> 1) * stride,
            p5 = words + (nint)(slots[5] >> 1) * stride;
        ulong* p6 = words + (nint)(slots[6] >> 1) * stride,
            p7 = words + (nint)(slots[7] >> 1) * stride;
        result._l0 = Vector512.Create(p0[0], p1[0], p2[0], p3[0], p4[0], p5[0], p6[0], p7[0]);
        result._l1 = Vector512.Create(p0[1], p1[1], p2[1], p3[1], p4[1], p5[1], p6[1], p7[1]);
        result._l2 = Vector512.Create(p0[2], p1[2], p2[2], p3[2], p4[2], p5[2], p6[2], p7[2]);
        result._l3 = Vector512.Create(p0[3], p1[3], p2[3], p3[3], p4[3], p5[3], p6[3], p7[3]);
        result._l4 = Vector512.Create(p0[4], p1[4], p2[4], p3[4], p4[4], p5[4], p6[4], p7[4]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Store(in Fq8 value, ulong* words, int stride, int* slots)
    {
        fixed (Fq8* lanes = &value)
        {
            var source = (ulong*)lanes;
            for (var lane = 0; lane < 8; lane++)
            {
                var destination = words + (nint)(slots[lane] >> 1) * stride;
                destination[0] = source[lane];
                destination[1] = source[8 + lane];
                destination[2] = source[16 + lane];
                destination[3] = source[24 + lane];
                destination[4] = source[32 + lane];
            }
        }
    }

    /// <summary>From radix 2^256 to 2^260: a Montgomery multiplication with 2^264, eight elements at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackMany(ulong* source, ulong* destination, int count)
    {
        var mask = Vector512.Create(Mask);
        var factor = Broadcast(0xb0f2afaec667a, 0xed9626b0fffbd, 0x9e2a0fcad825a, 0xe357276f48b70, 0xd791464ef86);
        var slots = stackalloc int[8];
        var i = 0;
        for (; i + 8 <= count; i += 8)
        {
            ulong* s = source + 4 * (nint)i;
            var w0 = Vector512.Create(s[0], s[4], s[8], s[12], s[16], s[20], s[24], s[28]);
            var w1 = Vector512.Create(s[1], s[5], s[9], s[13], s[17], s[21], s[25], s[29]);
            var w2 = Vector512.Create(s[2], s[6], s[10], s[14], s[18], s[22], s[26], s[30]);
            var w3 = Vector512.Create(s[3], s[7], s[11], s[15], s[19], s[23], s[27], s[31]);
            Fq8 value;
            value._l0 = w0 & mask;
            value._l1 = ((w0 >>> 52) | (w1 << 12)) & mask;
            value._l2 = ((w1 >>> 40) | (w2 << 24)) & mask;
            value._l3 = ((w2 >>> 28) | (w3 << 36)) & mask;
            value._l4 = w3 >>> 16;
            Multiply(value, factor, out value);
            Reduce(ref value);
            for (var lane = 0; lane < 8; lane++)
                slots[lane] = (i + lane) << 1;
            Store(value, destination, 5, slots);
        }
        for (; i < count; i++)
            Pack(Fq.FromMontgomeryUnchecked(((Limbs*)source)[i]), destination + 5 * (nint)i);
    }

    public static void Pack(in Fq value, ulong* destination)
    {
        var m = (value * Sixteen).Montgomery;
        destination[0] = m.L0 & Mask;
        destination[1] = ((m.L0 >> 52) | (m.L1 << 12)) & Mask;
        destination[2] = ((m.L1 >> 40) | (m.L2 << 24)) & Mask;
        destination[3] = ((m.L2 >> 28) | (m.L3 << 36)) & Mask;
        destination[4] = m.L3 >> 16;
    }

    public static Fq Unpack(ulong* source)
    {
        var limbs = new Limbs(
            source[0] | (source[1] << 52),
            (source[1] >> 12) | (source[2] << 40),
            (source[2] >> 24) | (source[3] << 28),
            (source[3] >> 36) | (source[4] << 16)
        );
        // times 2^252 / 2^256: from radix 2^260 to 2^256, fully reduced.
        return Fq.FromMontgomeryUnchecked(Montgomery<FqModulus>.Multiply(limbs, new Limbs(0, 0, 0, 1UL << 60)));
    }

    private static readonly Fq Sixteen = Fq.From(16);
}
