using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Tests.Curves;

/// <summary>What verifiers do with many points at once is what they would do with each.</summary>
public class ManyPointsTests
{
    private static readonly G1Affine[] Points =
    [
        .. Enumerable.Range(1, 19).Select(i => Fr.From((ulong)i).Inverse() * G1Affine.Generator),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(19)]
    public void Miller_loops_side_by_side_give_the_product_of_pairings(int count)
    {
        var p = Points[..count];
        var q = Enumerable.Range(5, count).Select(i => Fr.From((ulong)i).Inverse() * G2Affine.Generator).ToArray();
        if (count > 5)
            (p[2], q[4]) = (G1Affine.Infinity, G2Affine.Infinity);
        var expected = Enumerable
            .Range(0, count)
            .Aggregate(Fq12.One, (product, i) => product * Pairing.Pair(p[i], q[i]));
        Check(MillerLoop.Run<ScalarLane<Fq>>(p, q, [], []));
        Check(MillerLoop.Run<ScalarLane<Fq>>([], [], p, [.. q.Select(point => new G2Prepared(point))]));
        Check(
            MillerLoop.Run<ScalarLane<Fq>>(
                p.AsSpan(0, 1),
                q.AsSpan(0, 1),
                p.AsSpan(1),
                [.. q[1..].Select(x => new G2Prepared(x))]
            )
        );

        void Check(in Fq12 miller) => Assert.True(Fq12.AreEqual(expected, Pairing.FinalExponentiation(miller)));
    }

    /// <summary>Full and incomplete vectors.</summary>
    [VectorFact]
    public void Miller_loops_on_eight_lanes_give_what_one_lane_gives()
    {
        foreach (var count in new[] { 1, 8, 19 })
        {
            var p = Points[..count];
            var q = Enumerable.Range(5, count).Select(i => Fr.From((ulong)i).Inverse() * G2Affine.Generator).ToArray();
            (p[0], q[^1]) = count > 8 ? (G1Affine.Infinity, G2Affine.Infinity) : (p[0], q[^1]);
            var expected = Pairing.FinalExponentiation(MillerLoop.Run<ScalarLane<Fq>>(p, q, [], []));
            var actual = Pairing.FinalExponentiation(MillerLoop.Run<Fq8>(p, q, [], []));
            Assert.True(Fq12.AreEqual(expected, actual));
        }
    }

    [Fact]
    public void Odd_multiples_on_one_lane_are_multiples() => OddMultiplesAreMultiples(vectors: false);

    [VectorFact]
    public void Odd_multiples_on_eight_lanes_are_multiples() => OddMultiplesAreMultiples(vectors: true);

    private static void OddMultiplesAreMultiples(bool vectors)
    {
        UInt128[] e = [0, 1, UInt128.MaxValue, .. Points[3..].Select((_, i) => UInt128.MaxValue / (uint)(i + 3))];
        var multiples = OddMultiples.Compute(Points, e, Crew(vectors));
        for (var i = 0; i < Points.Length; i++)
        {
            var factor = Fr.FromBigInteger((System.Numerics.BigInteger)e[i] * 2 + 1);
            Assert.Equal(factor * Points[i], multiples[i]);
        }
    }

    [Fact]
    public void Tables_give_sums_of_multiples_on_one_lane() => TablesGiveSumsOfMultiples(vectors: false);

    [VectorFact]
    public void Tables_give_sums_of_multiples_on_eight_lanes() => TablesGiveSumsOfMultiples(vectors: true);

    private static void TablesGiveSumsOfMultiples(bool vectors)
    {
        var table = new FixedBaseTable(Points);
        Fr[] random = [.. Points.Select((_, i) => Fr.From((ulong)i + 2).Inverse())];
        Check(random);
        Check([.. random[..^3], Fr.Zero, Fr.One, -Fr.One]);
        Check(new Fr[Points.Length]);
        Assert.Throws<ArgumentException>(() => table.Sum(random.AsSpan(1), Crew(vectors)));

        // Opposite multiples meet on the way: sums at infinity are no operands.
        G1Affine[] opposite = [.. Points[..8], .. Points[..8].Select(point => -point), Points[9]];
        var equal = Enumerable.Repeat(random[0], opposite.Length).ToArray();
        Assert.Equal(random[0] * Points[9], Affine(new FixedBaseTable(opposite).Sum(equal, Crew(vectors))));

        void Check(Fr[] scalars)
        {
            var expected = scalars
                .Zip(Points, (scalar, point) => scalar * point)
                .Aggregate(G1Affine.Infinity, (sum, point) => sum + point);
            Assert.Equal(expected, Affine(table.Sum(scalars, Crew(vectors))));
        }
    }

    private static G1Affine Affine(in CurvePoint<Fq> point) => G1Affine.FromUnchecked(point.ToAffine());

    private static WorkCrew Crew(bool vectors) => new(1, CancellationToken.None, vectors);
}
