using System.Runtime.CompilerServices;
using MedLedger.Crypto.Arithmetic;
using OneLane = MedLedger.Crypto.Arithmetic.Fq6Lanes<MedLedger.Crypto.Arithmetic.ScalarLane<MedLedger.Crypto.Fields.Fq>>;

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

    public static Fq6 operator +(in Fq6 a, in Fq6 b) => new(a.C0 + b.C0, a.C1 + b.C1, a.C2 + b.C2);

    public static Fq6 operator -(in Fq6 a, in Fq6 b) => new(a.C0 - b.C0, a.C1 - b.C1, a.C2 - b.C2);

    public static Fq6 operator -(in Fq6 a) => new(-a.C0, -a.C1, -a.C2);

    /// <summary>One lane of <see cref="Fq6Lanes{TLanes}.Multiply"/>.</summary>
    public static Fq6 operator *(in Fq6 a, in Fq6 b)
    {
        Unsafe.SkipInit(out Fq6 result);
        OneLane.Multiply(Lane(a), Lane(b), out Lane(result));
        return result;
    }

    private static ref OneLane Lane(in Fq6 a) => ref Unsafe.As<Fq6, OneLane>(ref Unsafe.AsRef(in a));
}
