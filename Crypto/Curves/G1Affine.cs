using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Curves;

/// <summary>
/// A point of G1: y^2 = x^3 + 3 over Fq, of prime order r (EIP-196). One that exists is on the curve, which has cofactor 1.
/// The default value is the point at infinity, written as (0, 0). Operations take variable time.
/// </summary>
public readonly struct G1Affine : IEquatable<G1Affine>
{
    /// <summary>The length of <see cref="ToBytes"/>.</summary>
    public const int SizeInBytes = 64;

    internal readonly AffinePoint<Fq> Point;

    private G1Affine(in AffinePoint<Fq> point) => Point = point;

    /// <summary>The neutral element.</summary>
    public static G1Affine Infinity => default;

    /// <summary>The generator (1, 2).</summary>
    public static G1Affine Generator => new(new AffinePoint<Fq>(Fq.One, Fq.From(2)));

    /// <summary>The x coordinate; 0 at infinity.</summary>
    public Fq X => Point.X;

    /// <summary>The y coordinate; 0 at infinity.</summary>
    public Fq Y => Point.Y;

    /// <summary>True for the neutral element.</summary>
    public bool IsInfinity => Point.IsInfinity;

    /// <summary>Makes a point from coordinates; false when it is not on the curve. (0, 0) is infinity.</summary>
    public static bool TryCreate(in Fq x, in Fq y, out G1Affine point)
    {
        var onCurve = (x.IsZero && y.IsZero) || y.Square() == x.Square() * x + Fq.From(3);
        point = onCurve ? new G1Affine(new AffinePoint<Fq>(x, y)) : default;
        return onCurve;
    }

    /// <summary>Reads x and y, 32 canonical big-endian bytes each (EIP-196); false when malformed or not on the curve.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out G1Affine point)
    {
        point = default;
        return bytes.Length == SizeInBytes
            && Fq.TryParseCanonical(bytes[..32], out var x)
            && Fq.TryParseCanonical(bytes[32..], out var y)
            && TryCreate(x, y, out point);
    }

    /// <summary>x and y, 32 big-endian bytes each.</summary>
    public byte[] ToBytes() => [.. X.ToBytes(), .. Y.ToBytes()];

    /// <summary>P + Q.</summary>
    public static G1Affine operator +(in G1Affine left, in G1Affine right) =>
        new((CurvePoint<Fq>.From(left.Point) + right.Point).ToAffine());

    /// <summary>-P.</summary>
    public static G1Affine operator -(in G1Affine point) => new(-point.Point);

    /// <summary>scalar * P.</summary>
    public static G1Affine operator *(in Fr scalar, in G1Affine point) =>
        new(CurvePoint<Fq>.Multiply(point.Point, scalar.ToCanonical()).ToAffine());

    /// <summary>Equality.</summary>
    public static bool operator ==(in G1Affine left, in G1Affine right) =>
        AffinePoint<Fq>.AreEqual(left.Point, right.Point);

    /// <summary>Inequality.</summary>
    public static bool operator !=(in G1Affine left, in G1Affine right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(G1Affine other) => this == other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is G1Affine other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(X, Y);

    /// <summary>The caller knows that the point is on the curve.</summary>
    internal static G1Affine FromUnchecked(in AffinePoint<Fq> point) => new(point);
}
