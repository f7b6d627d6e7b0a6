using System.Runtime.InteropServices;

namespace MedLedger.Crypto.Fields;

/// <summary>An element C0 + C1 u of Fq2 = Fq[u] / (u^2 + 1), the field of G2's coordinates (EIP-197).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly partial struct Fq2 : IEquatable<Fq2>, IFieldElement<Fq2>
{
    /// <summary>The element c0 + c1 u.</summary>
    public Fq2(in Fq c0, in Fq c1)
    {
        C0 = c0;
        C1 = c1;
    }

    /// <summary>The constant coefficient.</summary>
    public Fq C0 { get; }

    /// <summary>The coefficient of u.</summary>
    public Fq C1 { get; }

    /// <summary>The neutral element of addition.</summary>
    public static Fq2 Zero => default;

    /// <summary>The neutral element of multiplication.</summary>
    public static Fq2 One => new(Fq.One, Fq.Zero);

    /// <summary>True for zero.</summary>
    public bool IsZero => C0.IsZero && C1.IsZero;

    /// <summary>a^2.</summary>
    public Fq2 Square()
    {
        Square(this, out var result);
        return result;
    }

    /// <summary>2a.</summary>
    public Fq2 Double() => new(C0.Double(), C1.Double());

    /// <summary>1/a = (c0 - c1 u) / (c0^2 + c1^2); zero for zero.</summary>
    public Fq2 Inverse()
    {
        var norm = (C0.Square() + C1.Square()).Inverse();
        return new(C0 * norm, -(C1 * norm));
    }

    /// <summary>1/a in a time that depends on a; zero for zero.</summary>
    public Fq2 InverseVariableTime()
    {
        var norm = (C0.Square() + C1.Square()).InverseVariableTime();
        return new(C0 * norm, -(C1 * norm));
    }

    /// <summary>a^q = c0 - c1 u.</summary>
    internal Fq2 Conjugate() => new(C0, -C1);

    /// <summary>xi * a with xi = 9 + u, the non-residue that the tower is built on.</summary>
    internal Fq2 MultiplyByXi()
    {
        var nine0 = C0.Double().Double().Double() + C0;
        var nine1 = C1.Double().Double().Double() + C1;
        return new(nine0 - C1, nine1 + C0);
    }

    internal Fq2 Scale(in Fq factor) => new(C0 * factor, C1 * factor);

    internal Fq2 Power(in Limbs exponent)
    {
        var result = One;
        for (var i = exponent.BitLength - 1; i >= 0; i--)
        {
            result = result.Square();
            if (exponent.Bit(i) == 1)
                result *= this;
        }
        return result;
    }

    /// <summary>a + b.</summary>
    public static Fq2 operator +(in Fq2 left, in Fq2 right) => new(left.C0 + right.C0, left.C1 + right.C1);

    /// <summary>a - b.</summary>
    public static Fq2 operator -(in Fq2 left, in Fq2 right) => new(left.C0 - right.C0, left.C1 - right.C1);

    /// <summary>-a.</summary>
    public static Fq2 operator -(in Fq2 value) => new(-value.C0, -value.C1);

    /// <summary>a * b.</summary>
    public static Fq2 operator *(in Fq2 left, in Fq2 right)
    {
        Multiply(left, right, out var result);
        return result;
    }

    /// <summary>Equality.</summary>
    public static bool operator ==(in Fq2 left, in Fq2 right) => left.C0 == right.C0 && left.C1 == right.C1;

    /// <summary>Inequality.</summary>
    public static bool operator !=(in Fq2 left, in Fq2 right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(Fq2 other) => this == other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Fq2 other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(C0, C1);
}
