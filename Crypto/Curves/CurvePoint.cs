using System.Runtime.InteropServices;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Curves;

/// <summary>
/// A point of y^2 = x^3 + b in XYZZ coordinates: x = X/ZZ, y = Y/ZZZ, ZZ^3 = ZZZ^2; ZZ = 0 is infinity. Formulas from the
/// Explicit-Formulas Database, "xyzz" for short Weierstrass curves with a = 0. They branch on special cases: variable time.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct CurvePoint<TField>(in TField x, in TField y, in TField zz, in TField zzz)
    where TField : struct, IFieldElement<TField>
{
    public readonly TField X = x;
    public readonly TField Y = y;
    public readonly TField ZZ = zz;
    public readonly TField ZZZ = zzz;

    public bool IsInfinity => ZZ.IsZero;

    public static CurvePoint<TField> From(in AffinePoint<TField> point) =>
        point.IsInfinity ? default : new(point.X, point.Y, TField.One, TField.One);

    /// <summary>2P ("dbl-2008-s-1").</summary>
    public CurvePoint<TField> Double()
    {
        if (IsInfinity)
            return this;
        var u = Y.Double();
        var v = u.Square();
        var w = u * v;
        var s = X * v;
        var xx = X.Square();
        var m = xx.Double() + xx;
        var x3 = m.Square() - s.Double();
        return new(x3, m * (s - x3) - w * Y, v * ZZ, w * ZZZ);
    }

    /// <summary>P + Q with Q affine ("madd-2008-s").</summary>
    public static CurvePoint<TField> operator +(in CurvePoint<TField> left, in AffinePoint<TField> right)
    {
        if (right.IsInfinity)
            return left;
        if (left.IsInfinity)
            return From(right);
        var p = right.X * left.ZZ - left.X;
        var r = right.Y * left.ZZZ - left.Y;
        if (p.IsZero)
            return r.IsZero ? left.Double() : default;
        var pp = p.Square();
        var ppp = p * pp;
        var q = left.X * pp;
        var x3 = r.Square() - ppp - q.Double();
        return new(x3, r * (q - x3) - left.Y * ppp, left.ZZ * pp, left.ZZZ * ppp);
    }

    /// <summary>P + Q ("add-2008-s").</summary>
    public static CurvePoint<TField> operator +(in CurvePoint<TField> left, in CurvePoint<TField> right)
    {
        if (right.IsInfinity)
            return left;
        if (left.IsInfinity)
            return right;
        var u1 = left.X * right.ZZ;
        var s1 = left.Y * right.ZZZ;
        var p = right.X * left.ZZ - u1;
        var r = right.Y * left.ZZZ - s1;
        if (p.IsZero)
            return r.IsZero ? left.Double() : default;
        var pp = p.Square();
        var ppp = p * pp;
        var q = u1 * pp;
        var x3 = r.Square() - ppp - q.Double();
        return new(x3, r * (q - x3) - s1 * ppp, left.ZZ * right.ZZ * pp, left.ZZZ * right.ZZZ * ppp);
    }

    public static CurvePoint<TField> operator -(in CurvePoint<TField> point) =>
        new(point.X, -point.Y, point.ZZ, point.ZZZ);

    /// <summary>scalar * point, most significant bit first. Variable time.</summary>
    public static CurvePoint<TField> Multiply(in AffinePoint<TField> point, in Limbs scalar)
    {
        CurvePoint<TField> result = default;
        for (var i = scalar.BitLength - 1; i >= 0; i--)
        {
            result = result.Double();
            if (scalar.Bit(i) == 1)
                result += point;
        }
        return result;
    }

    /// <summary>Affine coordinates of many points with one inversion (Montgomery's trick).</summary>
    public static AffinePoint<TField>[] ToAffine(ReadOnlySpan<CurvePoint<TField>> points)
    {
        var before = new TField[points.Length];
        var product = TField.One;
        for (var i = 0; i < points.Length; i++)
        {
            before[i] = product;
            if (!points[i].IsInfinity)
                product *= points[i].ZZZ;
        }
        var inverse = product.InverseVariableTime();
        var result = new AffinePoint<TField>[points.Length];
        for (var i = points.Length - 1; i >= 0; i--)
        {
            if (points[i].IsInfinity)
                continue;
            result[i] = points[i].Divide(inverse * before[i]);
            inverse *= points[i].ZZZ;
        }
        return result;
    }

    public AffinePoint<TField> ToAffine()
    {
        if (IsInfinity)
            return default;
        return Divide(ZZZ.InverseVariableTime());
    }

    /// <summary>Affine coordinates, given 1/ZZZ.</summary>
    private AffinePoint<TField> Divide(in TField inverse)
    {
        var z = inverse * ZZ; // 1/Z = ZZ/ZZZ
        return new(X * z.Square(), Y * inverse);
    }
}
