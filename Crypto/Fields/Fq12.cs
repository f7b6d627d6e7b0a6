namespace MedLedger.Crypto.Fields;

/// <summary>An element C0 + C1 w of Fq12 = Fq6[w] / (w^2 - v), the field of pairing values.</summary>
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
        var product = C0 * C1;
        var sum = (C0 + C1) * (C0 + C1.MultiplyByV());
        return new(sum - product - product.MultiplyByV(), product + product);
    }

    public Fq12 Inverse()
    {
        var norm = (C0.Square() - C1.Square().MultiplyByV()).Inverse();
        return new(C0 * norm, -(C1 * norm));
    }

    /// <summary>a * (b0 + (b3 + b4 v) w): the shape of a line of the Miller loop on a D-type twist.</summary>
    public Fq12 MultiplyByLine(in Fq2 b0, in Fq2 b3, in Fq2 b4)
    {
        var a = new Fq6(C0.C0 * b0, C0.C1 * b0, C0.C2 * b0);
        var b = C1.MultiplyBy01(b3, b4);
        var cross = (C0 + C1).MultiplyBy01(b0 + b3, b4) - a - b;
        return new(b.MultiplyByV() + a, cross);
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

    /// <summary>
    /// a^2 for a in the cyclotomic subgroup: Granger, Scott: "Faster squaring in the cyclotomic subgroup of sixth degree
    /// extensions" (2010), section 3.2.
    /// </summary>
    public Fq12 CyclotomicSquare()
    {
        var (t0, t1) = SquareFq4(C0.C0, C1.C1);
        var (t2, t3) = SquareFq4(C1.C0, C0.C2);
        var (t4, t5) = SquareFq4(C0.C1, C1.C2);
        var t5Xi = t5.MultiplyByXi();
        return new(
            new(ThreeMinusTwo(t0, C0.C0), ThreeMinusTwo(t2, C0.C1), ThreeMinusTwo(t4, C0.C2)),
            new(ThreePlusTwo(t5Xi, C1.C0), ThreePlusTwo(t1, C1.C1), ThreePlusTwo(t3, C1.C2))
        );
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
        var low = a.C0 * b.C0;
        var high = a.C1 * b.C1;
        var cross = (a.C0 + a.C1) * (b.C0 + b.C1) - low - high;
        return new(high.MultiplyByV() + low, cross);
    }

    /// <summary>(a + b s)^2 with s^2 = xi: the two coefficients.</summary>
    private static (Fq2, Fq2) SquareFq4(in Fq2 a, in Fq2 b)
    {
        var product = a * b;
        var first = (a + b) * (b.MultiplyByXi() + a) - product - product.MultiplyByXi();
        return (first, product.Double());
    }

    private static Fq2 ThreeMinusTwo(in Fq2 t, in Fq2 z) => (t - z).Double() + t;

    private static Fq2 ThreePlusTwo(in Fq2 t, in Fq2 z) => (t + z).Double() + t;

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
