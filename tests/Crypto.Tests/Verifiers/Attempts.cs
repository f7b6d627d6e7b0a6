using System.Globalization;
using System.Numerics;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.Tests.Groth16;

namespace MedLedger.Crypto.Tests.Verifiers;

/// <summary>What is tried under each row of verifiers.md; no row's statements depend on another's.</summary>
internal static class Attempts
{
    private static readonly Fr[] Inputs = [Fr.From(11), Fr.Zero];
    private static readonly Fr[] OtherInputs = [Fr.From(12), Fr.From(77)];

    /// <summary>A proof that everybody accepts.</summary>
    public static Statement Sound { get; } = Trapdoor.Sound.Simulate(Fr.From(5), Fr.From(9), Inputs);

    /// <summary>By row.</summary>
    public static IReadOnlyDictionary<string, Statement[]> All { get; } =
        new Dictionary<string, Statement[]>(StringComparer.Ordinal)
        {
            ["input plus r"] =
            [
                Sound.WithInputs("\"11\"", $"\"{Add(Fr.Modulus, 11)}\""),
                Sound.WithInputs("\"0\"", $"\"{Add(Fr.Modulus, 0)}\""),
            ],
            ["input missing"] = [Sound.WithInputs(",\"0\"", "")],
            ["input too many"] = [Sound.WithInputs(",\"0\"", ",\"0\",\"0\"")],
            ["other input"] = [Sound.WithInputs("\"11\"", "\"12\""), Sound.WithInputs("\"0\"", "\"1\"")],
            ["coordinate plus q"] =
            [
                .. Coordinates().Select(c => Sound.WithProof($"\"{c}\"", $"\"{Add(Fq.Modulus, c)}\"")),
            ],
            ["point in other coordinates"] = [Projective()],
            ["point off the curve"] = [OffCurveA(), OffCurveB()],
            ["point outside the subgroup"] = [OutsideSubgroup()],
            ["infinity in a proof"] = [Trapdoor.Sound.Simulate(Fr.Zero, Fr.From(9), Inputs), NoC()],
            ["infinity as B"] = [Trapdoor.Sound.Simulate(Fr.From(5), Fr.Zero, Inputs)],
            ["number in another spelling"] =
            [
                Sound.WithInputs("\"11\"", "\"011\""),
                Sound.WithInputs("\"11\"", "11"),
                Sound.WithProof($"\"{Proof.A.X}\"", $"\"0{Proof.A.X}\""),
            ],
            ["member twice"] = [Sound.WithProof("\"pi_a\":", "\"pi_a\":[\"1\",\"2\",\"1\"],\"pi_a\":")],
            ["another curve or protocol"] = [Sound.WithProof("bn128", "bls12381"), Sound.WithProof("groth16", "plonk")],
            ["no contribution"] = [Forge(Trapdoor.Sound with { Gamma = Fr.One, Delta = Fr.One })],
            ["delta opposite to gamma"] = [Forge(Trapdoor.Sound with { Delta = -Trapdoor.Sound.Gamma })],
            ["generator in the key"] =
            [
                Simulate(Trapdoor.Sound with { Alpha = Fr.One }),
                Simulate(Trapdoor.Sound with { Beta = Fr.One }),
                Simulate(Trapdoor.Sound with { Delta = Fr.One }),
            ],
            ["infinity as alpha"] = [WithoutAlpha()],
            ["infinity as beta, gamma or delta"] =
            [
                Simulate(Trapdoor.Sound with { Beta = Fr.Zero }),
                Simulate(Trapdoor.Sound with { Gamma = Fr.Zero }) with
                {
                    Inputs = "[\"1\",\"2\"]",
                },
                WithoutDelta(),
            ],
            ["input without weight"] =
            [
                Simulate(Trapdoor.Sound with { First = Fr.Zero }).WithInputs("\"12\"", "\"13\""),
                Simulate(Trapdoor.Sound with { Second = Fr.Zero }).WithInputs("\"77\"", "\"78\""),
            ],
        };

    /// <summary>The same statement, another proof: nobody can refuse it.</summary>
    public static Statement NegatedPair { get; } = Trapdoor.Sound.Simulate(-Fr.From(5), -Fr.From(9), Inputs);

    private static Proof Proof => SnarkJson.TryReadProof(System.Text.Encoding.UTF8.GetBytes(Sound.Proof))!;

    private static Statement Simulate(Trapdoor key) => key.Simulate(Fr.From(5), Fr.From(9), OtherInputs);

    /// <summary>
    /// From public points alone: with A = alpha and B = beta, C has to cancel the inputs' point, which it can when
    /// delta is gamma (C = -L) or its opposite (C = L).
    /// </summary>
    private static Statement Forge(Trapdoor key)
    {
        var inputs = key.InputPoint(OtherInputs);
        return key.Tell(
            OtherInputs,
            key.Alpha * G1Affine.Generator,
            key.Beta * G2Affine.Generator,
            key.Delta == key.Gamma ? -inputs : inputs
        );
    }

    /// <summary>From public points alone: e(L, gamma + delta) = e(L, gamma) e(L, delta).</summary>
    private static Statement WithoutAlpha()
    {
        var key = Trapdoor.Sound with { Alpha = Fr.Zero };
        var inputs = key.InputPoint(OtherInputs);
        return key.Tell(OtherInputs, inputs, (key.Gamma + key.Delta) * G2Affine.Generator, inputs);
    }

    /// <summary>A and B that fit the inputs; C has no weight.</summary>
    private static Statement WithoutDelta()
    {
        var key = Trapdoor.Sound with { Delta = Fr.Zero };
        var product =
            key.Alpha * key.Beta
            + key.Gamma * (key.Constant + OtherInputs[0] * key.First + OtherInputs[1] * key.Second);
        return key.Tell(
            OtherInputs,
            product * G1Affine.Generator,
            G2Affine.Generator,
            Fr.From(99) * G1Affine.Generator
        );
    }

    private static Statement NoC()
    {
        var key = Trapdoor.Sound;
        var product = key.Alpha * key.Beta + key.Gamma * (key.Constant + Inputs[0] * key.First);
        return key.Tell(Inputs, product * G1Affine.Generator, G2Affine.Generator, G1Affine.Infinity);
    }

    /// <summary>A with third coordinate 2: x z^2, y z^3, z.</summary>
    private static Statement Projective()
    {
        var a = Proof.A;
        var text = $"[\"{a.X * Fq.From(4)}\",\"{a.Y * Fq.From(8)}\",\"2\"]";
        return Sound.WithProof(Trapdoor.Text(a), text);
    }

    private static Statement OffCurveA() => Sound.WithProof($"\"{Proof.A.Y}\"", $"\"{Proof.A.Y + Fq.One}\"");

    private static Statement OffCurveB() => Sound.WithProof($"\"{Proof.B.Y.C1}\"", $"\"{Proof.B.Y.C1 + Fq.One}\"");

    /// <summary>B on the twist, but of another order; A at infinity, so that the equation holds whatever B is.</summary>
    private static Statement OutsideSubgroup()
    {
        var key = Trapdoor.Sound;
        var (x, y) = PointOutsideSubgroup();
        var c = -(key.Alpha * key.Beta + key.Gamma * (key.Constant + Inputs[0] * key.First)) * key.Delta.Inverse();
        return Sound with
        {
            Proof = Trapdoor.ProofText(
                Trapdoor.Text(G1Affine.Infinity),
                Trapdoor.Text(x, y),
                Trapdoor.Text(c * G1Affine.Generator)
            ),
        };
    }

    /// <summary>On the curve y^2 = x^3 + B over Fq2, outside the group of order r.</summary>
    internal static (Fq2 X, Fq2 Y) PointOutsideSubgroup()
    {
        for (ulong i = 1; ; i++)
        {
            var x = new Fq2(Fq.From(i), Fq.One);
            if (
                SquareRoots.TrySquareRoot(x.Square() * x + G2Affine.B, out var y)
                && !G2Affine.IsInSubgroup(new AffinePoint<Fq2>(x, y))
            )
                return (x, y);
        }
    }

    private static BigInteger[] Coordinates()
    {
        var (a, b, c) = (Proof.A, Proof.B, Proof.C);
        Fq[] all = [a.X, a.Y, b.X.C0, b.X.C1, b.Y.C0, b.Y.C1, c.X, c.Y];
        return [.. all.Select(coordinate => coordinate.ToBigInteger())];
    }

    private static string Add(BigInteger modulus, BigInteger value) =>
        (value + modulus).ToString(CultureInfo.InvariantCulture);
}
