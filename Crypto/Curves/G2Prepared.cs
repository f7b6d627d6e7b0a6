using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Curves;

/// <summary>
/// The lines of the Miller loop for one point of G2, in the order in which the loop uses them. Homogeneous projective
/// formulas of Costello, Lange, Naehrig: "Faster pairing computations on curves with high-degree twists" (2010), in the form
/// of Aranha et al., eprint 2010/526, section 4.
/// </summary>
internal sealed class G2Prepared
{
    /// <summary>A line c0 y_P + c1 x_P w + c2 v w at P.</summary>
    internal readonly record struct Line(Fq2 C0, Fq2 C1, Fq2 C2);

    private static readonly Fq Half = Fq.From(2).Inverse();

    private readonly Line[] _lines;

    public G2Prepared(in G2Affine point)
    {
        IsInfinity = point.IsInfinity;
        _lines = IsInfinity ? [] : MakeLines(point.Point);
    }

    public bool IsInfinity { get; }

    public ReadOnlySpan<Line> Lines => _lines;

    private static Line[] MakeLines(in AffinePoint<Fq2> q)
    {
        var lines = new List<Line>(2 * Pairing.LoopDigits.Length);
        var (x, y, z) = (q.X, q.Y, Fq2.One);
        var negative = -q;
        for (var i = Pairing.LoopDigits.Length - 2; i >= 0; i--)
        {
            lines.Add(DoublingStep(ref x, ref y, ref z));
            var digit = Pairing.LoopDigits[i];
            if (digit != 0)
                lines.Add(AdditionStep(ref x, ref y, ref z, digit > 0 ? q : negative));
        }
        var q1 = G2Affine.Psi(q);
        lines.Add(AdditionStep(ref x, ref y, ref z, q1));
        lines.Add(AdditionStep(ref x, ref y, ref z, -G2Affine.Psi(q1)));
        return [.. lines];
    }

    private static Line DoublingStep(ref Fq2 x, ref Fq2 y, ref Fq2 z)
    {
        var a = (x * y).Scale(Half);
        var b = y.Square();
        var c = z.Square();
        var e = G2Affine.B * (c.Double() + c);
        var f = e.Double() + e;
        var g = (b + f).Scale(Half);
        var h = (y + z).Square() - (b + c);
        var i = e - b;
        var j = x.Square();
        var ee = e.Square();
        x = a * (b - f);
        y = g.Square() - (ee.Double() + ee);
        z = b * h;
        return new(-h, j.Double() + j, i);
    }

    private static Line AdditionStep(ref Fq2 x, ref Fq2 y, ref Fq2 z, in AffinePoint<Fq2> q)
    {
        var theta = y - q.Y * z;
        var lambda = x - q.X * z;
        var c = theta.Square();
        var d = lambda.Square();
        var e = lambda * d;
        var f = z * c;
        var g = x * d;
        var h = e + f - g.Double();
        x = lambda * h;
        y = theta * (g - h) - e * y;
        z *= e;
        var j = theta * q.X - lambda * q.Y;
        return new(lambda, -theta, j);
    }
}
