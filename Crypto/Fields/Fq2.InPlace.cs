using System.Runtime.CompilerServices;
using Field = MedLedger.Crypto.Fields.Montgomery<MedLedger.Crypto.Fields.FqModulus>;

namespace MedLedger.Crypto.Fields;

/// <summary>Ring operations on the coefficients' limbs where they stand: half of the scalar path's time is spent here.</summary>
public readonly partial struct Fq2
{
    /// <summary>(a0 b0 - a1 b1) + (a0 b1 + a1 b0) u, each coefficient with one reduction.</summary>
    internal static void Multiply(in Fq2 a, in Fq2 b, out Fq2 result)
    {
        Field.Subtract(default, High(a), out var minusA1);
        Field.MultiplyAdd(Low(a), Low(b), minusA1, High(b), out var low);
        Unsafe.SkipInit(out result);
        Field.MultiplyAdd(Low(a), High(b), High(a), Low(b), out High(result));
        Low(result) = low;
    }

    internal static void Add(in Fq2 a, in Fq2 b, out Fq2 result)
    {
        Unsafe.SkipInit(out result);
        Field.Add(Low(a), Low(b), out Low(result));
        Field.Add(High(a), High(b), out High(result));
    }

    internal static void Subtract(in Fq2 a, in Fq2 b, out Fq2 result)
    {
        Unsafe.SkipInit(out result);
        Field.Subtract(Low(a), Low(b), out Low(result));
        Field.Subtract(High(a), High(b), out High(result));
    }

    /// <summary>a^2 = (c0 + c1)(c0 - c1) + 2 c0 c1 u.</summary>
    internal static void Square(in Fq2 a, out Fq2 result)
    {
        Field.Add(Low(a), High(a), out var sum);
        Field.Subtract(Low(a), High(a), out var difference);
        Field.Multiply(Low(a), High(a), out var product);
        Unsafe.SkipInit(out result);
        Field.Multiply(sum, difference, out Low(result));
        Field.Add(product, product, out High(result));
    }

    static void IFieldElement<Fq2>.Multiply(in Fq2 a, in Fq2 b, out Fq2 result) => Multiply(a, b, out result);

    static void IFieldElement<Fq2>.Add(in Fq2 a, in Fq2 b, out Fq2 result) => Add(a, b, out result);

    static void IFieldElement<Fq2>.MultiplyAdd(in Fq2 a, in Fq2 b, in Fq2 c, in Fq2 d, out Fq2 result)
    {
        Multiply(a, b, out var first);
        Multiply(c, d, out var second);
        Add(first, second, out result);
    }

    static void IFieldElement<Fq2>.Subtract(in Fq2 a, in Fq2 b, out Fq2 result) => Subtract(a, b, out result);

    static void IFieldElement<Fq2>.Square(in Fq2 a, out Fq2 result) => Square(a, out result);

    private static ref Limbs Low(in Fq2 a) => ref Unsafe.As<Fq2, Limbs>(ref Unsafe.AsRef(in a));

    private static ref Limbs High(in Fq2 a) => ref Unsafe.Add(ref Low(a), 1);
}
