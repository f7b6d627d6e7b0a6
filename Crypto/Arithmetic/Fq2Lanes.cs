using System.Runtime.CompilerServices;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Elements of Fq2 side by side, for G2 and pairings. Coefficients of a product's operands may be sums of up to three that
/// are reduced, of what is subtracted or multiplied with xi they must be reduced; products are.
/// </summary>
[SkipLocalsInit]
internal unsafe struct Fq2Lanes<TLanes> : ILanes<Fq2Lanes<TLanes>, Fq2>
    where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
{
    public TLanes C0;
    public TLanes C1;

    public static int Count => TLanes.Count;

    public static int WordsPerElement => 2 * TLanes.WordsPerElement;

    public static Fq2Lanes<TLanes> One => new() { C0 = TLanes.One };

    /// <summary>The same element in every lane.</summary>
    public static Fq2Lanes<TLanes> Broadcast(in Fq2 value)
    {
        Fq2Lanes<TLanes> result;
        TLanes.Broadcast(value.C0, out result.C0);
        TLanes.Broadcast(value.C1, out result.C1);
        return result;
    }

    /// <summary>(a0 b0 - a1 b1) + (a0 b1 + a1 b0) u, as <see cref="Fq2"/> does it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in Fq2Lanes<TLanes> a, in Fq2Lanes<TLanes> b, out Fq2Lanes<TLanes> result)
    {
        TLanes.MultiplySubtract(a.C0, b.C0, a.C1, b.C1, out var c0);
        TLanes.MultiplyAdd(a.C0, b.C1, a.C1, b.C0, out result.C1);
        result.C0 = c0;
    }

    /// <summary>(c0 + c1)(c0 - c1) + 2 c0 c1 u, as <see cref="Fq2"/> does it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Square(in Fq2Lanes<TLanes> a, out Fq2Lanes<TLanes> result)
    {
        TLanes.Add(a.C0, a.C1, out var sum);
        TLanes.Subtract(a.C0, a.C1, out var difference);
        TLanes.Multiply(a.C0, a.C1, out var product);
        TLanes.Multiply(sum, difference, out result.C0);
        TLanes.Add(product, product, out result.C1);
        TLanes.Reduce(ref result.C0);
        TLanes.Reduce(ref result.C1);
    }

    /// <summary>a + b, not reduced.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(in Fq2Lanes<TLanes> a, in Fq2Lanes<TLanes> b, out Fq2Lanes<TLanes> result)
    {
        TLanes.Add(a.C0, b.C0, out result.C0);
        TLanes.Add(a.C1, b.C1, out result.C1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Subtract(in Fq2Lanes<TLanes> a, in Fq2Lanes<TLanes> b, out Fq2Lanes<TLanes> result)
    {
        TLanes.Subtract(a.C0, b.C0, out result.C0);
        TLanes.Subtract(a.C1, b.C1, out result.C1);
    }

    /// <summary>xi * a with xi = 9 + u, not reduced: up to twelve times the modulus.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyByXi(in Fq2Lanes<TLanes> a, out Fq2Lanes<TLanes> result)
    {
        var (c0, c1) = (a.C0, a.C1);
        Nine(c0, out result.C0);
        Nine(c1, out result.C1);
        TLanes.Subtract(result.C0, c1, out result.C0);
        TLanes.Add(result.C1, c0, out result.C1);
    }

    /// <summary>a times an element of Fq for each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(in Fq2Lanes<TLanes> a, in TLanes factor, out Fq2Lanes<TLanes> result)
    {
        TLanes.Multiply(a.C0, factor, out result.C0);
        TLanes.Multiply(a.C1, factor, out result.C1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reduce(ref Fq2Lanes<TLanes> a)
    {
        TLanes.Reduce(ref a.C0);
        TLanes.Reduce(ref a.C1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void NegateWhere(ref Fq2Lanes<TLanes> a, int* slots)
    {
        TLanes.NegateWhere(ref a.C0, slots);
        TLanes.NegateWhere(ref a.C1, slots);
    }

    /// <summary>(c0 - c1 u) / (c0^2 + c1^2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Invert(in Fq2Lanes<TLanes> a, out Fq2Lanes<TLanes> result)
    {
        Norm(a, out var norm);
        TLanes.Invert(norm, out norm);
        TLanes.Multiply(a.C0, norm, out result.C0);
        TLanes.Multiply(a.C1, norm, out var c1);
        TLanes.Subtract(default, c1, out result.C1);
        TLanes.Reduce(ref result.C1);
    }

    /// <summary>An element is zero when its norm is.</summary>
    public static bool HasZero(in Fq2Lanes<TLanes> a)
    {
        Norm(a, out var norm);
        return TLanes.HasZero(norm);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(ulong* words, int stride, int* slots, out Fq2Lanes<TLanes> result)
    {
        TLanes.Load(words, stride, slots, out result.C0);
        TLanes.Load(words + TLanes.WordsPerElement, stride, slots, out result.C1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Fq2Lanes<TLanes> value, ulong* words, int stride, int* slots)
    {
        TLanes.Store(value.C0, words, stride, slots);
        TLanes.Store(value.C1, words + TLanes.WordsPerElement, stride, slots);
    }

    public static void Pack(in Fq2 value, ulong* destination)
    {
        TLanes.Pack(value.C0, destination);
        TLanes.Pack(value.C1, destination + TLanes.WordsPerElement);
    }

    public static Fq2 Unpack(ulong* source) =>
        new(TLanes.Unpack(source), TLanes.Unpack(source + TLanes.WordsPerElement));

    public static void PackMany(ulong* source, ulong* destination, int count) =>
        TLanes.PackMany(source, destination, 2 * count);

    private static void Norm(in Fq2Lanes<TLanes> a, out TLanes norm)
    {
        TLanes.Multiply(a.C0, a.C0, out var square0);
        TLanes.Multiply(a.C1, a.C1, out var square1);
        TLanes.Add(square0, square1, out norm);
        TLanes.Reduce(ref norm);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Nine(in TLanes a, out TLanes result)
    {
        TLanes.Add(a, a, out result);
        TLanes.Add(result, result, out result);
        TLanes.Add(result, result, out result);
        TLanes.Add(result, a, out result);
    }
}
