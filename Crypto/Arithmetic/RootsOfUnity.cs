using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>Roots of unity in Fr, of the orders 2^0 .. 2^28 that divide r - 1.</summary>
internal static class RootsOfUnity
{
    public const int TwoAdicity = 28;

    private static readonly Fr[] Primitive = Make();

    /// <summary>A primitive 2^power-th root of unity: 5^((r-1)/2^28) squared 28 - power times, as snarkjs has it.</summary>
    public static Fr OfOrder(int power) => Primitive[power];

    private static Fr[] Make()
    {
        var roots = new Fr[TwoAdicity + 1];
        roots[TwoAdicity] = Fr.From(5).Power(Fr.FromBigInteger((Fr.Modulus - 1) >> TwoAdicity).ToCanonical());
        for (var power = TwoAdicity; power > 0; power--)
            roots[power - 1] = roots[power].Square();
        return roots;
    }
}
