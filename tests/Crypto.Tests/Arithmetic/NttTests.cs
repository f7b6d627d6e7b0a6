using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Tests.Arithmetic;

public class NttTests
{
    private static readonly WorkCrew Crew = new(2, CancellationToken.None);

    /// <summary>Sizes of less than a block, of one and of several.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(64)]
    [InlineData(4096)]
    [InlineData(16384)]
    [InlineData(65536)]
    public void Both_paths_give_the_same_values_on_the_coset(int size)
    {
        var values = Values(size);
        var expected = Shift<ScalarLane<Fr>>(values);
        using var domain = new NttDomain<ScalarLane<Fr>>(size, Crew);
        Assert.Equal(expected, domain.EvaluateOnCoset(domain.Interpolate(values, Crew), Crew));
        if (WorkCrew.VectorsAreSupported && size >= 64)
            Assert.Equal(expected, Shift<Fr8>(values));
    }

    /// <summary>For a random polynomial: values on the domain become its coefficients, and its values on the coset.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(32)]
    [InlineData(128)]
    public void The_coset_has_the_values_of_the_same_polynomial(int size)
    {
        var coefficients = Values(size);
        var log = System.Numerics.BitOperations.Log2((uint)size);
        var (root, shift) = (RootsOfUnity.OfOrder(log), RootsOfUnity.OfOrder(log + 1));
        var values = Enumerable.Range(0, size).Select(i => Evaluate(coefficients, Power(root, i))).ToArray();
        var onCoset = Enumerable.Range(0, size).Select(i => Evaluate(coefficients, shift * Power(root, i))).ToArray();
        using var domain = new NttDomain<ScalarLane<Fr>>(size, Crew);
        Assert.Equal(coefficients, domain.Interpolate(values, Crew));
        Assert.Equal(onCoset, Shift<ScalarLane<Fr>>(values));
        if (!WorkCrew.VectorsAreSupported || size < Fr8.Count)
            return;
        using var lanes = new NttDomain<Fr8>(size, Crew);
        Assert.Equal(coefficients, lanes.Interpolate(values, Crew));
        Assert.Equal(onCoset, Shift<Fr8>(values));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(1 << 28)]
    public void Other_sizes_are_refused(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new NttDomain<ScalarLane<Fr>>(size, Crew));

    /// <summary>Full size among them: the first and the last element of the field.</summary>
    private static Fr[] Values(int size)
    {
        var values = Enumerable.Range(0, size).Select(i => Fr.From((ulong)i * 77 + 1).Inverse()).ToArray();
        values[0] = -Fr.One;
        values[^1] = Fr.Zero;
        return values;
    }

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
