using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Tests.Groth16;

/// <summary>Many multiples of one point: a table of digit * 256^window * point, then additions only.</summary>
internal sealed class FixedBase<TField>
    where TField : unmanaged, IFieldElement<TField>
{
    private const int Windows = 32;
    private readonly AffinePoint<TField>[] _table = new AffinePoint<TField>[Windows * 256];

    public FixedBase(AffinePoint<TField> point)
    {
        var multiples = new CurvePoint<TField>[_table.Length];
        var step = CurvePoint<TField>.From(point);
        for (var window = 0; window < Windows; window++)
        {
            for (var digit = 1; digit < 256; digit++)
                multiples[window * 256 + digit] = multiples[window * 256 + digit - 1] + step;
            step += multiples[window * 256 + 255];
        }
        ToAffine(multiples, _table);
    }

    /// <summary>scalars[i] * point, in affine form.</summary>
    public AffinePoint<TField>[] Multiply(Fr[] scalars)
    {
        var sums = new CurvePoint<TField>[scalars.Length];
        Parallel.For(
            0,
            scalars.Length,
            i =>
            {
                var bytes = scalars[i].ToBytes();
                CurvePoint<TField> sum = default;
                for (var window = 0; window < Windows; window++)
                {
                    if (bytes[31 - window] is var digit and > 0)
                        sum += _table[window * 256 + digit];
                }
                sums[i] = sum;
            }
        );
        var result = new AffinePoint<TField>[scalars.Length];
        ToAffine(sums, result);
        return result;
    }

    /// <summary>One inversion for all (Montgomery's trick).</summary>
    private static void ToAffine(CurvePoint<TField>[] points, AffinePoint<TField>[] result)
    {
        var products = new TField[points.Length];
        var product = TField.One;
        for (var i = 0; i < points.Length; i++)
        {
            products[i] = product;
            if (!points[i].IsInfinity)
                product *= points[i].ZZZ;
        }
        var inverse = product.Inverse();
        for (var i = points.Length - 1; i >= 0; i--)
        {
            if (points[i].IsInfinity)
                continue;
            var inverseZzz = inverse * products[i];
            inverse *= points[i].ZZZ;
            var z = inverseZzz * points[i].ZZ;
            result[i] = new(points[i].X * z.Square(), points[i].Y * inverseZzz);
        }
    }
}
