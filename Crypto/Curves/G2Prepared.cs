using System.Runtime.CompilerServices;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Curves;

/// <summary>
/// The lines of the Miller loop for one fixed point of G2, in the order in which the loop uses them, each divided by its first
/// coefficient, which the final exponentiation takes to one.
/// </summary>
internal sealed class G2Prepared
{
    /// <summary>A line 1 - C1 (x_P/y_P) w + C2 (1/y_P) v w at P.</summary>
    internal readonly record struct Line(Fq2 C1, Fq2 C2);

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
        var lines = new List<MillerPoint<ScalarLane<Fq>>.Line>(2 * Pairing.LoopDigits.Length);
        var t = new MillerPoint<ScalarLane<Fq>>([q]);
        var q1 = G2Affine.Psi(q);
        MillerPoint<ScalarLane<Fq>>.Line line;
        for (var i = Pairing.LoopDigits.Length - 2; i >= 0; i--)
        {
            t.Double(out line);
            lines.Add(line);
            if (Pairing.LoopDigits[i] != 0)
                Add(Pairing.LoopDigits[i] > 0 ? q : -q);
        }
        Add(q1);
        Add(-G2Affine.Psi(q1));
        return Normalize(lines);

        void Add(in AffinePoint<Fq2> point)
        {
            t.Add(MillerPoint<ScalarLane<Fq>>.PackX([point]), MillerPoint<ScalarLane<Fq>>.PackY([point]), out line);
            lines.Add(line);
        }
    }

    /// <summary>Divides the lines by their first coefficients, with one inversion (Montgomery's trick).</summary>
    private static Line[] Normalize(List<MillerPoint<ScalarLane<Fq>>.Line> lines)
    {
        var before = new Fq2[lines.Count];
        var product = Fq2.One;
        for (var i = 0; i < before.Length; i++)
        {
            before[i] = product;
            product *= Element(lines[i].C0);
        }
        var inverse = product.InverseVariableTime();
        var result = new Line[before.Length];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            var own = inverse * before[i];
            inverse *= Element(lines[i].C0);
            result[i] = new(Element(lines[i].C1) * own, Element(lines[i].C2) * own);
        }
        return result;
    }

    private static Fq2 Element(in Fq2Lanes<ScalarLane<Fq>> lane) => Unsafe.BitCast<Fq2Lanes<ScalarLane<Fq>>, Fq2>(lane);
}
