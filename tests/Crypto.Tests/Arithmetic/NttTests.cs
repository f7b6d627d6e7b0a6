using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Tests.Arithmetic;

public class NttTests
{
    private static readonly WorkCrew Crew = new(2, CancellationToken.None);

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(4096)]
    [InlineData(16384)]
    public void Forward_after_inverse_multiplies_with_the_size(int size)
    {
        var domain = new NttDomain(size);
        var values = Enumerable.Range(0, size).Select(i => Fr.From((ulong)i * 77 + 1).Inverse()).ToArray();
        var copy = (Fr[])values.Clone();
        domain.Inverse(copy, Crew);
        domain.Forward(copy, Crew);
        var n = Fr.From((ulong)size);
        for (var i = 0; i < size; i++)
            Assert.Equal(values[i] * n, copy[i]);
    }

    /// <summary>For a random polynomial: values on the domain become its values on the coset.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(32)]
    public void The_coset_has_the_values_of_the_same_polynomial(int size)
    {
        var coefficients = Enumerable.Range(0, size).Select(i => Fr.From((ulong)(i * i) + 3).Inverse()).ToArray();
        var log = System.Numerics.BitOperations.Log2((uint)size);
        var (root, shift) = (NttDomain.RootOfUnity(log), NttDomain.RootOfUnity(log + 1));
        var values = Enumerable.Range(0, size).Select(i => Evaluate(coefficients, Power(root, i))).ToArray();
        new NttDomain(size).ShiftToCoset(values, Crew);
        for (var i = 0; i < size; i++)
            Assert.Equal(Evaluate(coefficients, shift * Power(root, i)), values[i]);
    }

    private static Fr Power(Fr x, int exponent) => x.Power(new Limbs((ulong)exponent, 0, 0, 0));

    private static Fr Evaluate(Fr[] coefficients, Fr x) =>
        coefficients.Reverse().Aggregate(Fr.Zero, (sum, coefficient) => sum * x + coefficient);
}
