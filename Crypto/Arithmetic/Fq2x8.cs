using System.Runtime.CompilerServices;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>Eight elements of Fq2 side by side, for G2. Operands of products are below 3.1q in each coefficient.</summary>
[SkipLocalsInit]
internal unsafe struct Fq2x8 : ILanes<Fq2x8, Fq2>
{
    private Fq8 _c0,
        _c1;

    public static int Count => 8;

    public static int WordsPerElement => 10;

    public static Fq2x8 One
    {
        get
        {
            Fq2x8 one = default;
            one._c0 = Fq8.One;
            return one;
        }
    }

    /// <summary>Karatsuba, as <see cref="Fq2"/> does it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in Fq2x8 a, in Fq2x8 b, out Fq2x8 result)
    {
        Fq8.Multiply(a._c0, b._c0, out var low);
        Fq8.Multiply(a._c1, b._c1, out var high);
        Fq8.Add(a._c0, a._c1, out var left);
        Fq8.Add(b._c0, b._c1, out var right);
        Fq8.Multiply(left, right, out var cross);
        Fq8.Subtract(low, high, out var c0);
        Fq8.Subtract(cross, low, out cross);
        Fq8.Subtract(cross, high, out cross);
        Fq8.Reduce(ref c0);
        Fq8.Reduce(ref cross);
        result._c0 = c0;
        result._c1 = cross;
    }

    /// <summary>(c0 + c1)(c0 - c1) + 2 c0 c1 u, as <see cref="Fq2"/> does it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Square(in Fq2x8 a, out Fq2x8 result)
    {
        Fq8.Add(a._c0, a._c1, out var sum);
        Fq8.Subtract(a._c0, a._c1, out var difference);
        Fq8.Multiply(a._c0, a._c1, out var product);
        Fq8.Multiply(sum, difference, out var c0);
        Fq8.Add(product, product, out var c1);
        Fq8.Reduce(ref c0);
        Fq8.Reduce(ref c1);
        result._c0 = c0;
        result._c1 = c1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Subtract(in Fq2x8 a, in Fq2x8 b, out Fq2x8 result)
    {
        Fq8.Subtract(a._c0, b._c0, out result._c0);
        Fq8.Subtract(a._c1, b._c1, out result._c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reduce(ref Fq2x8 a)
    {
        Fq8.Reduce(ref a._c0);
        Fq8.Reduce(ref a._c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void NegateWhere(ref Fq2x8 a, int* slots)
    {
        Fq8.NegateWhere(ref a._c0, slots);
        Fq8.NegateWhere(ref a._c1, slots);
    }

    /// <summary>(c0 - c1 u) / (c0^2 + c1^2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Invert(in Fq2x8 a, out Fq2x8 result)
    {
        Fq8.Multiply(a._c0, a._c0, out var square0);
        Fq8.Multiply(a._c1, a._c1, out var square1);
        Fq8.Add(square0, square1, out var norm);
        Fq8.Reduce(ref norm);
        Fq8.Invert(norm, out norm);
        Fq8.Multiply(a._c0, norm, out result._c0);
        Fq8.Multiply(a._c1, norm, out var c1);
        Fq8.Subtract(default, c1, out result._c1);
        Fq8.Reduce(ref result._c1);
    }

    /// <summary>An element is zero when its norm is.</summary>
    public static bool HasZero(in Fq2x8 a)
    {
        Fq8.Multiply(a._c0, a._c0, out var square0);
        Fq8.Multiply(a._c1, a._c1, out var square1);
        Fq8.Add(square0, square1, out var norm);
        Fq8.Reduce(ref norm);
        return Fq8.HasZero(norm);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(ulong* words, int stride, int* slots, out Fq2x8 result)
    {
        Fq8.Load(words, stride, slots, out result._c0);
        Fq8.Load(words + 5, stride, slots, out result._c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Fq2x8 value, ulong* words, int stride, int* slots)
    {
        Fq8.Store(value._c0, words, stride, slots);
        Fq8.Store(value._c1, words + 5, stride, slots);
    }

    public static void Pack(in Fq2 value, ulong* destination)
    {
        Fq8.Pack(value.C0, destination);
        Fq8.Pack(value.C1, destination + 5);
    }

    public static Fq2 Unpack(ulong* source) => new(Fq8.Unpack(source), Fq8.Unpack(source + 5));

    public static void PackMany(ulong* source, ulong* destination, int count) =>
        Fq8.PackMany(source, destination, 2 * count);
}
