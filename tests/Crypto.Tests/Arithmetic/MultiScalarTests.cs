using CsCheck;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Tests.Fields;

namespace MedLedger.Crypto.Tests.Arithmetic;

public class MultiScalarTests
{
    [Fact]
    public void Digits_add_up_to_the_scalar() =>
        Gen.Select(FieldTests.GenFr, Gen.Int[2, 16])
            .Sample(
                (scalar, bits) =>
                {
                    var sum = System.Numerics.BigInteger.Zero;
                    for (var window = SignedDigits.WindowCount(bits) - 1; window >= 0; window--)
                    {
                        var digit = SignedDigits.Get(scalar.ToCanonical(), window, bits);
                        Assert.InRange(digit, -(1 << (bits - 1)), 1 << (bits - 1));
                        sum = (sum << bits) + digit;
                    }
                    Assert.Equal(scalar.ToBigInteger(), sum);
                },
                iter: 2000
            );

    /// <summary>Points repeat, are opposite and at infinity; scalars are 0, 1, r-1 and others.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(33)]
    [InlineData(300)]
    public void The_sum_is_the_naive_sum(int count) => IsNaiveSum(count, vectors: false);

    [VectorTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(33)]
    [InlineData(300)]
    public void The_sum_is_the_naive_sum_on_lanes(int count) => IsNaiveSum(count, vectors: true);

    private static void IsNaiveSum(int count, bool vectors)
    {
        var crew = new WorkCrew(3, CancellationToken.None, vectors); // windows are left over, and divided
        var genPoint = Gen.Int[0, 12].Select(i => (i % 2 == 0 ? Fr.From((ulong)i) : -Fr.From((ulong)i)));
        Gen.Select(
                genPoint.Array[count],
                Gen.OneOf(FieldTests.GenFr, Gen.Int[0, 2].Select(i => Fr.From((ulong)i))).Array[count]
            )
            .Sample(
                (multiples, scalars) =>
                {
                    var expected = multiples.Zip(scalars).Aggregate(Fr.Zero, (sum, p) => sum + p.First * p.Second);
                    var canonical = scalars.Select(scalar => scalar.ToCanonical()).ToArray();
                    var g1 = multiples.Select(m => (m * G1Affine.Generator).Point).ToArray();
                    var sum1 = MultiScalarMultiplication.Sum(g1, canonical, crew).ToAffine();
                    Assert.Equal(expected * G1Affine.Generator, G1Affine.FromUnchecked(sum1));
                    if (count > 40)
                        return;
                    var g2 = multiples.Select(m => (m * G2Affine.Generator).Point).ToArray();
                    var sum2 = MultiScalarMultiplication.Sum(g2, canonical, crew).ToAffine();
                    Assert.Equal(expected * G2Affine.Generator, G2Affine.FromUnchecked(sum2));
                },
                iter: 5,
                threads: 1
            );
    }
}
