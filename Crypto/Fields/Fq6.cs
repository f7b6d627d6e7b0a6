namespace MedLedger.Crypto.Fields;

/// <summary>An element C0 + C1 v + C2 v^2 of Fq6 = Fq2[v] / (v^3 - xi), xi = 9 + u.</summary>
internal readonly struct Fq6(in Fq2 c0, in Fq2 c1, in Fq2 c2)
{
    public readonly Fq2 C0 = c0;
    public readonly Fq2 C1 = c1;
    public readonly Fq2 C2 = c2;

    public static Fq6 One => new(Fq2.One, Fq2.Zero, Fq2.Zero);

    /// <summary>v * a.</summary>
    public Fq6 MultiplyByV() => new(C2.MultiplyByXi(), C0, C1);

    /// <summary>Devegili, O hEigeartaigh, Scott, Dahab: "Multiplication and squaring on pairing-friendly fields" (2006), section 3 (CH-SQR2).</summary>
    public Fq6 Square()
    {
        var s0 = C0.Square();
        var s1 = (C0 * C1).Double();
        var s2 = (C0 - C1 + C2).Square();
        var s3 = (C1 * C2).Double();
        var s4 = C2.Square();
        return new(s3.MultiplyByXi() + s0, s4.MultiplyByXi() + s1, s1 + s2 + s3 - s0 - s4);
    }

    /// <summary>In variable time.</summary>
    public Fq6 Inverse()
    {
        var t0 = C0.Square() - (C1 * C2).MultiplyByXi();
        var t1 = C2.Square().MultiplyByXi() - C0 * C1;
        var t2 = C1.Square() - C0 * C2;
        var norm = (C0 * t0 + (C2 * t1 + C1 * t2).MultiplyByXi()).InverseVariableTime();
        return new(t0 * norm, t1 * norm, t2 * norm);
    }

    /// <summary>a * (b0 + b1 v).</summary>
    public Fq6 MultiplyBy01(in Fq2 b0, in Fq2 b1)
    {
        var a = C0 * b0;
        var b = C1 * b1;
        var t1 = ((C1 + C2) * b1 - b).MultiplyByXi() + a;
        var t2 = (C0 + C1) * (b0 + b1) - a - b;
        var t3 = (C0 + C2) * b0 - a + b;
        return new(t1, t2, t3);
    }

    public static Fq6 operator +(in Fq6 a, in Fq6 b) => new(a.C0 + b.C0, a.C1 + b.C1, a.C2 + b.C2);

    public static Fq6 operator -(in Fq6 a, in Fq6 b) => new(a.C0 - b.C0, a.C1 - b.C1, a.C2 - b.C2);

    public static Fq6 operator -(in Fq6 a) => new(-a.C0, -a.C1, -a.C2);

    /// <summary>Six multiplications (Karatsuba; the same paper, section 4).</summary>
    public static Fq6 operator *(in Fq6 a, in Fq6 b)
    {
        var v0 = a.C0 * b.C0;
        var v1 = a.C1 * b.C1;
        var v2 = a.C2 * b.C2;
        var c0 = ((a.C1 + a.C2) * (b.C1 + b.C2) - v1 - v2).MultiplyByXi() + v0;
        var c1 = (a.C0 + a.C1) * (b.C0 + b.C1) - v0 - v1 + v2.MultiplyByXi();
        var c2 = (a.C0 + a.C2) * (b.C0 + b.C2) - v0 - v2 + v1;
        return new(c0, c1, c2);
    }
}
