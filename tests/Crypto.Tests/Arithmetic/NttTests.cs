using CsCheck;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Tests.Fields;

namespace MedLedger.Crypto.Tests.Arithmetic;

public class NttTests
{
    private static readonly WorkCrew Crew = new(2, CancellationToken.None);

    /// <summary>The values of any polynomial become its coefficients, and its values on the coset.</summary>
    [Fact]
    public void The_coset_has_the_values_of_the_same_polynomial() => IsTransform<ScalarLane<Fr>>(1, 6);

    [VectorFact]
    public void The_coset_has_the_values_of_the_same_polynomial_on_lanes() => IsTransform<Fr8>(3, 6);

    /// <summary>f + c g becomes F + c G.</summary>
    [Fact]
    public void The_transform_is_linear() =>
        Gen.Select(Gen.Int[1, 9].SelectMany(log => FieldTests.GenFr.Array[1 << log]), FieldTests.GenFr)
            .Sample(
                (values, c) =>
                {
                    var other = values.Reverse().ToArray();
                    var sum = values.Zip(other, (left, right) => left + c * right).ToArray();
                    var expected = Shift<ScalarLane<Fr>>(values)
                        .Zip(Shift<ScalarLane<Fr>>(other), (left, right) => left + c * right);
                    Assert.Equal(expected, Shift<ScalarLane<Fr>>(sum));
                },
                iter: 20,
                threads: 1
            );

    /// <summary>Two transforms apart give what they give in one go. Sizes of less than a block, of one and of several.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(64)]
    [InlineData(4096)]
    [InlineData(16384)]
    [InlineData(65536)]
    public void Interpolation_and_evaluation_are_the_shift_to_the_coset(int size)
    {
        using var domain = new NttDomain<ScalarLane<Fr>>(size, Crew);
        Sample(
            size,
            values =>
                Assert.Equal(
                    Shift<ScalarLane<Fr>>(values),
                    domain.EvaluateOnCoset(domain.Interpolate(values, Crew), Crew)
                )
        );
    }

    [VectorTheory]
    [InlineData(64)]
    [InlineData(4096)]
    [InlineData(16384)]
    [InlineData(65536)]
    public void Both_paths_give_the_same_values_on_the_coset(int size) =>
        Sample(size, values => Assert.Equal(Shift<ScalarLane<Fr>>(values), Shift<Fr8>(values)));

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(1 << 28)]
    public void Other_sizes_are_refused(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new NttDomain<ScalarLane<Fr>>(size, Crew));

    /// <summary>Edges of the field among the values; the large sizes once, they take a second.</summary>
    private static void Sample(int size, Action<Fr[]> check) =>
        FieldTests.GenFr.Array[size].Sample(check, iter: size > 4096 ? 1 : 10, threads: 1);

    private static void IsTransform<TLanes>(int fewest, int most)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fr> =>
        Gen.Int[fewest, most]
            .SelectMany(log => FieldTests.GenFr.Array[1 << log])
            .Sample(
                coefficients =>
                {
                    var log = System.Numerics.BitOperations.Log2((uint)coefficients.Length);
                    var (root, shift) = (RootsOfUnity.OfOrder(log), RootsOfUnity.OfOrder(log + 1));
                    var points = Enumerable.Range(0, coefficients.Length).Select(i => Power(root, i)).ToArray();
                    var values = points.Select(x => Evaluate(coefficients, x)).ToArray();
                    using var domain = new NttDomain<TLanes>(coefficients.Length, Crew);
                    Assert.Equal(coefficients, domain.Interpolate(values, Crew));
                    Assert.Equal(points.Select(x => Evaluate(coefficients, shift * x)), Shift<TLanes>(values));
                },
                iter: 30,
                threads: 1
            );

    private static Fr[] Shift<TLanes>(Fr[] values)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fr>
    {
        using var domain = new NttDomain<TLanes>(values.Length, Crew);
        using var buffer = new LaneBuffer<TLanes>(values.Length / TLanes.Count);
        for (var i = 0; i < values.Length; i++)
            LaneElements.Set(buffer, i, values[i]);
        LaneElements.Pack(buffer, 0, buffer.Length);
        domain.ShiftToCoset([buffer], Crew);
        var result = new Fr[values.Length];
        LaneElements.Read(buffer, (i, value) => result[domain.Turn(i)] = value);
        return result;
    }

    private static Fr Power(Fr x, int exponent) => x.Power(new Limbs((ulong)exponent, 0, 0, 0));

    private static Fr Evaluate(Fr[] coefficients, Fr x) =>
        coefficients.Reverse().Aggregate(Fr.Zero, (sum, coefficient) => sum * x + coefficient);
}
