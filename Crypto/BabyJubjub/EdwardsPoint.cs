using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.BabyJubjub;

/// <summary>
/// A point of Baby Jubjub, a x^2 + y^2 = 1 + d x^2 y^2 over Fr with a = 168700 and d = 168696 (EIP-2494), in projective
/// coordinates x = X/Z, y = Y/Z. Addition is complete since a is a square and d is not: one formula, no special case,
/// hence constant time.
/// </summary>
internal readonly struct EdwardsPoint(Fr x, Fr y, Fr z)
{
    private static readonly Fr A = Fr.From(168700);
    private static readonly Fr D = Fr.From(168696);

    private readonly Fr _x = x;
    private readonly Fr _y = y;
    private readonly Fr _z = z;

    public static EdwardsPoint Identity => new(Fr.Zero, Fr.One, Fr.One);

    /// <summary>B8 = 8 * generator: the generator of the prime subgroup.</summary>
    public static EdwardsPoint Base8 { get; } =
        new(
            Parse("5299619240641551281634865583518297030282874472190772894086521144482721001553"),
            Parse("16950150798460657717958625567821834550301663161624707787222815936182638968203"),
            Fr.One
        );

    public static bool IsOnCurve(in Fr x, in Fr y)
    {
        var (xx, yy) = (x.Square(), y.Square());
        return A * xx + yy == Fr.One + D * xx * yy;
    }

    /// <summary>The sum ("add-2008-bbjlp" of the Explicit-Formulas Database).</summary>
    public static EdwardsPoint operator +(in EdwardsPoint p, in EdwardsPoint q)
    {
        var a = p._z * q._z;
        var b = a.Square();
        var c = p._x * q._x;
        var d = p._y * q._y;
        var e = D * c * d;
        var f = b - e;
        var g = b + e;
        var x = a * f * ((p._x + p._y) * (q._x + q._y) - c - d);
        var y = a * g * (d - A * c);
        return new EdwardsPoint(x, y, f * g);
    }

    /// <summary>scalar * point, 256 doublings and additions whatever the scalar.</summary>
    public static EdwardsPoint Multiply(in EdwardsPoint point, in Limbs scalar)
    {
        var result = Identity;
        for (var i = 255; i >= 0; i--)
        {
            result += result;
            var sum = result + point;
            result = Select(scalar.Bit(i), sum, result);
        }
        return result;
    }

    /// <summary>x = X/Z, y = Y/Z. Z is never zero.</summary>
    public (Fr X, Fr Y) ToAffine()
    {
        var inverse = _z.Inverse();
        return (_x * inverse, _y * inverse);
    }

    /// <summary>The same point: X1 Z2 = X2 Z1 and Y1 Z2 = Y2 Z1.</summary>
    public static bool AreEqual(in EdwardsPoint p, in EdwardsPoint q) =>
        p._x * q._z == q._x * p._z && p._y * q._z == q._y * p._z;

    private static EdwardsPoint Select(int bit, in EdwardsPoint one, in EdwardsPoint zero)
    {
        var mask = unchecked(0UL - (ulong)bit);
        return new(Select(mask, one._x, zero._x), Select(mask, one._y, zero._y), Select(mask, one._z, zero._z));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Fr Select(ulong mask, in Fr one, in Fr zero)
    {
        var (a, b) = (one.Montgomery, zero.Montgomery);
        return Fr.FromMontgomeryUnchecked(
            new Limbs(
                b.L0 ^ (mask & (a.L0 ^ b.L0)),
                b.L1 ^ (mask & (a.L1 ^ b.L1)),
                b.L2 ^ (mask & (a.L2 ^ b.L2)),
                b.L3 ^ (mask & (a.L3 ^ b.L3))
            )
        );
    }

    private static Fr Parse(string text) => Fr.FromBigInteger(BigInteger.Parse(text, CultureInfo.InvariantCulture));
}
