using System.Runtime.CompilerServices;
using MedLedger.Crypto.Arithmetic;
using OneLane = MedLedger.Crypto.Arithmetic.Fq12Lanes<MedLedger.Crypto.Arithmetic.ScalarLane<MedLedger.Crypto.Fields.Fq>>;

namespace MedLedger.Crypto.Fields;

/// <summary>
/// An element C0 + C1 w of Fq12 = Fq6[w] / (w^2 - v), the field of pairing values: one lane of
/// <see cref="Fq12Lanes{TLanes}"/>.
/// </summary>
internal readonly struct Fq12(in Fq6 c0, in Fq6 c1)
{
    public readonly Fq6 C0 = c0;
    public readonly Fq6 C1 = c1;

    // xi^(k (q - 1) / 6) for k = 1..5: w^q = w * xi^((q-1)/6), and so on for the powers of w.
    private static readonly Fq2[] FrobeniusCoefficients = MakeFrobeniusCoefficients();

    public static Fq12 One => new(Fq6.One, default);

    /// <summary>a^(q^6) = C0 - C1 w; the inverse of an element of the cyclotomic subgroup.</summary>
    public Fq12 Conjugate() => new(C0, -C1);

    public Fq12 Square()
    {
        Unsafe.SkipInit(out Fq12 result);
        OneLane.Square(Lane(this), out Lane(result));
        return result;
    }

    public Fq12 Inverse()
    {
        var norm = (C0.Square() - C1.Square().MultiplyByV()).Inverse();
        return new(C0 * norm, -(C1 * norm));
    }

    /// <summary>a^q.</summary>
    public Fq12 Frobenius()
    {
        var k = FrobeniusCoefficients;
        return new(
            new(C0.C0.Conjugate(), C0.C1.Conjugate() * k[1], C0.C2.Conjugate() * k[3]),
            new(C1.C0.Conjugate() * k[0], C1.C1.Conjugate() * k[2], C1.C2.Conjugate() * k[4])
        );
    }

    /// <summary>a^2 for a in the cyclotomic subgroup.</summary>
    public Fq12 CyclotomicSquare()
    {
        Unsafe.SkipInit(out Fq12 result);
        OneLane.CyclotomicSquare(Lane(this), out Lane(result));
        return result;
    }

    public static bool AreEqual(in Fq12 a, in Fq12 b) =>
        a.C0.C0 == b.C0.C0
        && a.C0.C1 == b.C0.C1
        && a.C0.C2 == b.C0.C2
        && a.C1.C0 == b.C1.C0
        && a.C1.C1 == b.C1.C1
        && a.C1.C2 == b.C1.C2;

    public static Fq12 operator *(in Fq12 a, in Fq12 b)
    {
        Unsafe.SkipInit(out Fq12 result);
        OneLane.Multiply(Lane(a), Lane(b), out Lane(result));
        return result;
    }

    /// <summary>The same memory as one lane.</summary>
    public static ref OneLane Lane(in Fq12 a) => ref Unsafe.As<Fq12, OneLane>(ref Unsafe.AsRef(in a));

    private static Fq2[] MakeFrobeniusCoefficients()
    {
        var xi = new Fq2(Fq.From(9), Fq.One);
        var exponent = (Fq.Modulus - 1) / 6;
        var sixth = xi.Power(Fq.FromBigInteger(exponent).ToCanonical());
        var powers = new Fq2[5];
        powers[0] = sixth;
        for (var i = 1; i < powers.Length; i++)
            powers[i] = powers[i - 1] * sixth;
        return powers;
    }

    /// <summary>xi^((q-1)/3) and xi^((q-1)/2): what the twist multiplies x^q and y^q with.</summary>
    public static (Fq2 X, Fq2 Y) TwistFrobenius => (FrobeniusCoefficients[1], FrobeniusCoefficients[2]);
}
