using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MedLedger.Crypto.Fields;
using Words = System.Runtime.Intrinsics.Vector512<ulong>;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>Elements in memory: five words of 52 bits, gathered from and scattered to slots.</summary>
internal unsafe partial struct Fp8<TField, TModulus>
{
    /// <summary>Reads eight words from each slot, three more than it needs, and transposes them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Load(ulong* words, int stride, int* slots, out Fp8<TField, TModulus> result)
    {
        var r0 = Vector512.Load(words + (nint)(slots[0] >> 1) * stride);
        var r1 = Vector512.Load(words + (nint)(slots[1] >> 1) * stride);
        var r2 = Vector512.Load(words + (nint)(slots[2] >> 1) * stride);
        var r3 = Vector512.Load(words + (nint)(slots[3] >> 1) * stride);
        var r4 = Vector512.Load(words + (nint)(slots[4] >> 1) * stride);
        var r5 = Vector512.Load(words + (nint)(slots[5] >> 1) * stride);
        var r6 = Vector512.Load(words + (nint)(slots[6] >> 1) * stride);
        var r7 = Vector512.Load(words + (nint)(slots[7] >> 1) * stride);
        const byte Even = 0x88,
            Odd = 0xdd;
        // Words 0, 2, 4 of two neighbours, then of four, then of eight.
        Words low01 = Avx512F.UnpackLow(r0, r1),
            low23 = Avx512F.UnpackLow(r2, r3);
        Words low45 = Avx512F.UnpackLow(r4, r5),
            low67 = Avx512F.UnpackLow(r6, r7);
        Words left = Avx512F.Shuffle4x128(low01, low23, Even),
            right = Avx512F.Shuffle4x128(low45, low67, Even);
        result._l0 = Avx512F.Shuffle4x128(left, right, Even);
        result._l4 = Avx512F.Shuffle4x128(left, right, Odd);
        left = Avx512F.Shuffle4x128(low01, low23, Odd);
        right = Avx512F.Shuffle4x128(low45, low67, Odd);
        result._l2 = Avx512F.Shuffle4x128(left, right, Even);
        // Words 1 and 3.
        Words high01 = Avx512F.UnpackHigh(r0, r1),
            high23 = Avx512F.UnpackHigh(r2, r3);
        Words high45 = Avx512F.UnpackHigh(r4, r5),
            high67 = Avx512F.UnpackHigh(r6, r7);
        left = Avx512F.Shuffle4x128(high01, high23, Even);
        right = Avx512F.Shuffle4x128(high45, high67, Even);
        result._l1 = Avx512F.Shuffle4x128(left, right, Even);
        left = Avx512F.Shuffle4x128(high01, high23, Odd);
        right = Avx512F.Shuffle4x128(high45, high67, Odd);
        result._l3 = Avx512F.Shuffle4x128(left, right, Even);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Store(in Fp8<TField, TModulus> value, ulong* words, int stride, int* slots)
    {
        fixed (Fp8<TField, TModulus>* lanes = &value)
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

    /// <summary>From radix 2^256 to 2^260, eight elements at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackMany(ulong* source, ulong* destination, int count)
    {
        var factor = Constant(256);
        var slots = stackalloc int[8];
        var i = 0;
        for (; i + 8 <= count; i += 8)
        {
            LoadMany(source + 4 * (nint)i, factor, out var value);
            Reduce(ref value);
            for (var lane = 0; lane < 8; lane++)
                slots[lane] = (i + lane) << 1;
            Store(value, destination, 5, slots);
        }
        for (; i < count; i++)
            Pack(((TField*)source)[i], destination + 5 * (nint)i);
    }

    public static void LoadMany(ulong* source, out Fp8<TField, TModulus> result) =>
        LoadMany(source, Constant(256), out result);

    /// <summary>Eight elements times 2^264 / 2^260, the factor being 2^264.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LoadMany(ulong* s, in Fp8<TField, TModulus> factor, out Fp8<TField, TModulus> result)
    {
        var mask = Vector512.Create(Mask);
        var w0 = Vector512.Create(s[0], s[4], s[8], s[12], s[16], s[20], s[24], s[28]);
        var w1 = Vector512.Create(s[1], s[5], s[9], s[13], s[17], s[21], s[25], s[29]);
        var w2 = Vector512.Create(s[2], s[6], s[10], s[14], s[18], s[22], s[26], s[30]);
        var w3 = Vector512.Create(s[3], s[7], s[11], s[15], s[19], s[23], s[27], s[31]);
        Fp8<TField, TModulus> value;
        value._l0 = w0 & mask;
        value._l1 = ((w0 >>> 52) | (w1 << 12)) & mask;
        value._l2 = ((w1 >>> 40) | (w2 << 24)) & mask;
        value._l3 = ((w2 >>> 28) | (w3 << 36)) & mask;
        value._l4 = w3 >>> 16;
        Multiply(value, factor, out result);
    }

    /// <summary>A Montgomery multiplication with 1 leaves at most p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreCanonical(in Fp8<TField, TModulus> value, ulong* destination)
    {
        Multiply(value, Broadcast(1, 0, 0, 0, 0), out var canonical);
        var w0 = canonical._l0 | (canonical._l1 << 52);
        var w1 = (canonical._l1 >>> 12) | (canonical._l2 << 40);
        var w2 = (canonical._l2 >>> 24) | (canonical._l3 << 28);
        var w3 = (canonical._l3 >>> 36) | (canonical._l4 << 16);
        var isModulus =
            Vector512.Equals(w0, Vector512.Create(TModulus.P0))
            & Vector512.Equals(w1, Vector512.Create(TModulus.P1))
            & Vector512.Equals(w2, Vector512.Create(TModulus.P2))
            & Vector512.Equals(w3, Vector512.Create(TModulus.P3));
        w0 = Vector512.AndNot(w0, isModulus);
        w1 = Vector512.AndNot(w1, isModulus);
        w2 = Vector512.AndNot(w2, isModulus);
        w3 = Vector512.AndNot(w3, isModulus);
        var words = stackalloc ulong[32];
        Vector512.Store(w0, words);
        Vector512.Store(w1, words + 8);
        Vector512.Store(w2, words + 16);
        Vector512.Store(w3, words + 24);
        for (var i = 0; i < 32; i++)
            destination[i] = words[8 * (i & 3) + (i >> 2)];
        new Span<ulong>(words, 32).Clear();
    }

    public static void Broadcast(in TField value, out Fp8<TField, TModulus> result)
    {
        var words = stackalloc ulong[5];
        Pack(value, words);
        result = Broadcast(words[0], words[1], words[2], words[3], words[4]);
    }

    public static void Pack(in TField value, ulong* destination) =>
        Split(
            Montgomery<TModulus>.Multiply(
                Unsafe.BitCast<TField, Limbs>(value),
                Montgomery<TModulus>.ToMontgomery(new Limbs(16, 0, 0, 0))
            ),
            destination
        );

    public static TField Unpack(ulong* source)
    {
        var limbs = new Limbs(
            source[0] | (source[1] << 52),
            (source[1] >> 12) | (source[2] << 40),
            (source[2] >> 24) | (source[3] << 28),
            (source[3] >> 36) | (source[4] << 16)
        );
        // times 2^252 / 2^256: from radix 2^260 to 2^256, fully reduced.
        var value = Montgomery<TModulus>.Multiply(limbs, new Limbs(0, 0, 0, 1UL << 60));
        return Unsafe.BitCast<Limbs, TField>(value);
    }

    private static void Split(in Limbs value, ulong* words)
    {
        words[0] = value.L0 & Mask;
        words[1] = ((value.L0 >> 52) | (value.L1 << 12)) & Mask;
        words[2] = ((value.L1 >> 40) | (value.L2 << 24)) & Mask;
        words[3] = ((value.L2 >> 28) | (value.L3 << 36)) & Mask;
        words[4] = value.L3 >> 16;
    }
}
