using System.Runtime.CompilerServices;
using Field = MedLedger.Crypto.Fields.Montgomery<MedLedger.Crypto.Fields.FqModulus>;

namespace MedLedger.Crypto.Fields;

/// <summary>Ring operations on the coefficients' limbs where they stand: half of the scalar path's time is spent here.</summary>
public readonly partial struct Fq2
{
    /// <summary>a * b with three multiplications (Karatsuba).</summary>
    internal static void Multiply(in Fq2 a, in Fq2 b, out Fq2 result)
    {
        Field.Multiply(Low(a), Low(b), out var low);
        Field.Multiply(High(a), High(b), out var high);
        var left = Field.Add(Low(a), High(a));
        var right = Field.Add(Low(b), High(b));
        Field.Multiply(left, right, out var cross);
        Field.Subtract(cross, low, out cross);
        Unsafe.SkipInit(out result);
        Field.Subtract(low, high, out Low(result));
        Field.Subtract(cross, high, out High(result));
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
        var sum = Field.Add(Low(a), High(a));
        Field.Subtract(Low(a), High(a), out var difference);
        Field.Multiply(Low(a), High(a), out var product);
        Unsafe.SkipInit(out result);
        Field.Multiply(sum, difference, out Low(result));
        High(result) = Field.Add(product, product);
    }

    static void IFieldElement<Fq2>.Multiply(in Fq2 a, in Fq2 b, out Fq2 result) => Multiply(a, b, out result);

    static void IFieldElement<Fq2>.Subtract(in Fq2 a, in Fq2 b, out Fq2 result) => Subtract(a, b, out result);

    static void IFieldElement<Fq2>.Square(in Fq2 a, out Fq2 result) => Square(a, out result);

    private static ref Limbs Low(in Fq2 a) => ref Unsafe.As<Fq2, Limbs>(ref Unsafe.AsRef(in a));

    private static ref Limbs High(in Fq2 a) => ref Unsafe.Add(ref Low(a), 1);
}
