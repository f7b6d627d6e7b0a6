using System.Globalization;
using System.Numerics;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Curves;

/// <summary>
/// A point of G2: the subgroup of order r of y^2 = x^3 + 3/(9 + u) over Fq2 (EIP-197). One that exists is on the curve and
/// in the subgroup. The default value is the point at infinity. Operations take variable time.
/// </summary>
public readonly struct G2Affine : IEquatable<G2Affine>
{
    /// <summary>The length of <see cref="ToBytes"/>.</summary>
    public const int SizeInBytes = 128;

    internal readonly AffinePoint<Fq2> Point;

    private G2Affine(in AffinePoint<Fq2> point) => Point = point;

    /// <summary>The neutral element.</summary>
    public static G2Affine Infinity => default;

    /// <summary>The generator of EIP-197.</summary>
    public static G2Affine Generator { get; } =
        new(
            new AffinePoint<Fq2>(
                new Fq2(
                    Parse("10857046999023057135944570762232829481370756359578518086990519993285655852781"),
                    Parse("11559732032986387107991004021392285783925812861821192530917403151452391805634")
                ),
                new Fq2(
                    Parse("8495653923123431417604973247489272438418190587263600148770280649306958101930"),
                    Parse("4082367875863433681332203403145435568316851327593401208105741076214120093531")
                )
            )
        );

    /// <summary>3/(9 + u).</summary>
    internal static Fq2 B { get; } = new Fq2(Fq.From(9), Fq.One).Inverse().Scale(Fq.From(3));

    /// <summary>The x coordinate; 0 at infinity.</summary>
    public Fq2 X => Point.X;

    /// <summary>The y coordinate; 0 at infinity.</summary>
    public Fq2 Y => Point.Y;

    /// <summary>True for the neutral element.</summary>
    public bool IsInfinity => Point.IsInfinity;

    /// <summary>
    /// Makes a point from coordinates; false when it is not on the curve or not in the subgroup. (0, 0) is infinity.
    /// </summary>
    public static bool TryCreate(in Fq2 x, in Fq2 y, out G2Affine point)
    {
        var candidate = new AffinePoint<Fq2>(x, y);
        var valid = candidate.IsInfinity || (IsOnCurve(candidate) && IsInSubgroup(candidate));
        point = valid ? new G2Affine(candidate) : default;
        return valid;
    }

    /// <summary>
    /// Reads x.c1, x.c0, y.c1, y.c0, 32 canonical big-endian bytes each (EIP-197's order); false when malformed, off the
    /// curve or outside the subgroup.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out G2Affine point)
    {
        point = default;
        return bytes.Length == SizeInBytes
            && Fq.TryParseCanonical(bytes[..32], out var x1)
            && Fq.TryParseCanonical(bytes[32..64], out var x0)
            && Fq.TryParseCanonical(bytes[64..96], out var y1)
            && Fq.TryParseCanonical(bytes[96..], out var y0)
            && TryCreate(new Fq2(x0, x1), new Fq2(y0, y1), out point);
    }

    /// <summary>x.c1, x.c0, y.c1, y.c0, 32 big-endian bytes each (EIP-197's order).</summary>
    public byte[] ToBytes() => [.. X.C1.ToBytes(), .. X.C0.ToBytes(), .. Y.C1.ToBytes(), .. Y.C0.ToBytes()];

    /// <summary>P + Q.</summary>
    public static G2Affine operator +(in G2Affine left, in G2Affine right) =>
        new((CurvePoint<Fq2>.From(left.Point) + right.Point).ToAffine());

    /// <summary>-P.</summary>
    public static G2Affine operator -(in G2Affine point) => new(-point.Point);

    /// <summary>scalar * P.</summary>
    public static G2Affine operator *(in Fr scalar, in G2Affine point) =>
        new(CurvePoint<Fq2>.Multiply(point.Point, scalar.ToCanonical()).ToAffine());

    /// <summary>Equality.</summary>
    public static bool operator ==(in G2Affine left, in G2Affine right) =>
        AffinePoint<Fq2>.AreEqual(left.Point, right.Point);

    /// <summary>Inequality.</summary>
    public static bool operator !=(in G2Affine left, in G2Affine right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(G2Affine other) => this == other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is G2Affine other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(X, Y);

    /// <summary>The caller knows that the point is on the curve and in the subgroup.</summary>
    internal static G2Affine FromUnchecked(in AffinePoint<Fq2> point) => new(point);

    internal static bool IsOnCurve(in AffinePoint<Fq2> point) => point.Y.Square() == point.X.Square() * point.X + B;

    /// <summary>
    /// [x+1]P + psi([x]P) + psi^2([x]P) = 2 psi^3([x]P) for a point on the curve, x the curve's parameter: El Housni,
    /// Guillevic, Piellard: "Co-factor clearing and subgroup membership testing on pairing-friendly curves" (2022), section 5.
    /// </summary>
    internal static bool IsInSubgroup(in AffinePoint<Fq2> point)
    {
        var xp = CurvePoint<Fq2>.Multiply(point, new Limbs(Pairing.CurveParameter, 0, 0, 0)).ToAffine();
        var psi = Psi(xp);
        var psi2 = Psi(psi);
        var left = CurvePoint<Fq2>.From(xp) + point + psi + psi2;
        var right = CurvePoint<Fq2>.From(Psi(psi2)).Double();
        return (left + -right).IsInfinity;
    }

    /// <summary>The untwisted and twisted Frobenius: (x, y) -> (x^q xi^((q-1)/3), y^q xi^((q-1)/2)).</summary>
    internal static AffinePoint<Fq2> Psi(in AffinePoint<Fq2> point)
    {
        var (x, y) = Fq12.TwistFrobenius;
        return new(point.X.Conjugate() * x, point.Y.Conjugate() * y);
    }

    private static Fq Parse(string text) => Fq.FromBigInteger(BigInteger.Parse(text, CultureInfo.InvariantCulture));
}
