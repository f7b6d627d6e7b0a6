using CsCheck;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Tests.Fields;

/// <summary>Fq2, Fq6 and Fq12 are fields, built on each other as EIP-197 says, and their short cuts are what they say.</summary>
public class TowerTests
{
    private static readonly Gen<Fq2> GenFq2 = Gen.Select(
        FieldTests.GenFq,
        FieldTests.GenFq,
        (c0, c1) => new Fq2(c0, c1)
    );

    private static readonly Gen<Fq6> GenFq6 = Gen.Select(GenFq2, GenFq2, GenFq2, (c0, c1, c2) => new Fq6(c0, c1, c2));

    internal static readonly Gen<Fq12> GenFq12 = Gen.Select(GenFq6, GenFq6, (c0, c1) => new Fq12(c0, c1));

    [Fact]
    public void Fq2_is_a_field() =>
        Field<Fq2>.Check(
            GenFq2,
            new((a, b) => a + b, a => -a, (a, b) => a * b, a => a.Inverse(), (a, b) => a == b, Fq2.One)
        );

    [Fact]
    public void Fq6_is_a_field() =>
        Field<Fq6>.Check(GenFq6, new((a, b) => a + b, a => -a, (a, b) => a * b, a => a.Inverse(), Same, Fq6.One));

    [Fact]
    public void Fq12_is_a_field() =>
        Field<Fq12>.Check(
            GenFq12,
            new(
                (a, b) => new(a.C0 + b.C0, a.C1 + b.C1),
                a => new(-a.C0, -a.C1),
                (a, b) => a * b,
                a => a.Inverse(),
                (a, b) => Fq12.AreEqual(a, b),
                Fq12.One
            )
        );

    /// <summary>u^2 = -1, v^3 = 9 + u, w^2 = v.</summary>
    [Fact]
    public void The_tower_is_that_of_eip_197()
    {
        var u = new Fq2(Fq.Zero, Fq.One);
        Assert.Equal(-Fq2.One, u * u);
        var v = new Fq6(Fq2.Zero, Fq2.One, Fq2.Zero);
        Assert.True(Same(new(new(Fq.From(9), Fq.One), Fq2.Zero, Fq2.Zero), v * v * v));
        var w = new Fq12(default, Fq6.One);
        Assert.True(Fq12.AreEqual(new(v, default), w * w));
    }

    [Fact]
    public void Short_cuts_are_products()
    {
        Gen.Select(GenFq2, GenFq2)
            .Sample(
                (a, b) =>
                {
                    Assert.Equal(a * a, a.Square());
                    Assert.Equal(a + a, a.Double());
                    Assert.Equal(a.Inverse(), a.InverseVariableTime());
                    Assert.Equal(a * new Fq2(Fq.From(9), Fq.One), a.MultiplyByXi());
                    Assert.Equal(a - b, a + -b);
                    Fq2.Multiply(a, b, out var product);
                    Fq2.Square(a, out var square);
                    Fq2.Subtract(a, b, out var difference);
                    Assert.Equal((a * b, a * a, a - b), (product, square, difference));
                },
                iter: 500
            );
        GenFq6.Sample(
            a =>
            {
                Assert.True(Same(a * a, a.Square()));
                Assert.True(Same(a * new Fq6(Fq2.Zero, Fq2.One, Fq2.Zero), a.MultiplyByV()));
            },
            iter: 300
        );
        GenFq12.Sample(a => Assert.True(Fq12.AreEqual(a * a, a.Square())), iter: 200);
    }

    /// <summary>x to the q is an automorphism of order 12 that fixes Fq; after six times it is the conjugate.</summary>
    [Fact]
    public void The_frobenius_map_is_the_power_q() =>
        Gen.Select(GenFq12, GenFq12)
            .Sample(
                (a, b) =>
                {
                    Assert.True(Fq12.AreEqual(Power(a, Fq.Modulus), a.Frobenius()));
                    Assert.True(Fq12.AreEqual((a * b).Frobenius(), a.Frobenius() * b.Frobenius()));
                    var six = Enumerable.Range(0, 6).Aggregate(a, (x, _) => x.Frobenius());
                    Assert.True(Fq12.AreEqual(a.Conjugate(), six));
                },
                iter: 10
            );

    /// <summary>In the cyclotomic subgroup, where a^((q^6 - 1)(q^2 + 1)) lies, the short square is the square.</summary>
    [Fact]
    public void The_cyclotomic_square_is_the_square_there() =>
        GenFq12
            .Where(a => !Fq12.AreEqual(a, default))
            .Sample(
                a =>
                {
                    var unitary = a.Conjugate() * a.Inverse();
                    var cyclotomic = unitary.Frobenius().Frobenius() * unitary;
                    Assert.True(Fq12.AreEqual(cyclotomic.Square(), cyclotomic.CyclotomicSquare()));
                    Assert.True(Fq12.AreEqual(Fq12.One, cyclotomic * cyclotomic.Conjugate()));
                },
                iter: 50
            );

    private static bool Same(Fq6 a, Fq6 b) => a.C0 == b.C0 && a.C1 == b.C1 && a.C2 == b.C2;

    private static Fq12 Power(Fq12 a, System.Numerics.BigInteger exponent)
    {
        var result = Fq12.One;
        for (var bit = (int)exponent.GetBitLength() - 1; bit >= 0; bit--)
        {
            result = result.Square();
            if (!(exponent >> bit).IsEven)
                result *= a;
        }
        return result;
    }

    /// <summary>What a field offers; zero is the default value.</summary>
    private sealed record Field<T>(
        Func<T, T, T> Add,
        Func<T, T> Negate,
        Func<T, T, T> Multiply,
        Func<T, T> Invert,
        Func<T, T, bool> AreEqual,
        T One
    )
        where T : struct
    {
        public static void Check(Gen<T> gen, Field<T> field) =>
            Gen.Select(Gen.OneOf(gen, Gen.Bool.Select(one => one ? field.One : default)), gen, gen)
                .Sample((a, b, c) => field.CheckAxioms(a, b, c), iter: 300);

        private void CheckAxioms(T a, T b, T c)
        {
            Same(Add(a, Add(b, c)), Add(Add(a, b), c));
            Same(Add(a, b), Add(b, a));
            Same(Add(a, default), a);
            Same(Add(a, Negate(a)), default);
            Same(Multiply(a, Multiply(b, c)), Multiply(Multiply(a, b), c));
            Same(Multiply(a, b), Multiply(b, a));
            Same(Multiply(a, One), a);
            Same(Multiply(a, default), default);
            Same(Multiply(a, Add(b, c)), Add(Multiply(a, b), Multiply(a, c)));
            Same(Multiply(a, Invert(a)), AreEqual(a, default) ? default : One);
            Assert.False(AreEqual(One, default));
        }

        private void Same(T left, T right) => Assert.True(AreEqual(left, right));
    }
}
