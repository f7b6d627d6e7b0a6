using System.Globalization;
using System.Numerics;
using CsCheck;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Tests.Fields;

public class FieldTests
{
    private static readonly BigInteger[] FrEdges = Edges(Fr.Modulus);
    private static readonly BigInteger[] FqEdges = Edges(Fq.Modulus);

    internal static BigInteger[] Edges(BigInteger p)
    {
        var edges = new List<BigInteger> { 0, 1, 2, 3, 5, p - 1, p - 2, p - 5, p / 2, p / 2 + 1 };
        for (var bit = 31; bit < 254; bit += 32)
        {
            edges.Add((BigInteger.One << bit) % p);
            edges.Add(((BigInteger.One << (bit + 1)) - 1) % p);
        }
        return [.. edges];
    }

    internal static Gen<Fr> GenFr { get; } =
        Gen.OneOf(
            Gen.Byte.Array[40].Select(bytes => Fr.ReduceModR(bytes)),
            Gen.Int[0, FrEdges.Length - 1].Select(i => FrEdges[i]).Select(Fr.FromBigInteger)
        );

    internal static Gen<Fq> GenFq { get; } =
        Gen.OneOf(
            Gen.Byte.Array[40].Select(bytes => Fq.ReduceModQ(bytes)),
            Gen.Int[0, FqEdges.Length - 1].Select(i => FqEdges[i]).Select(Fq.FromBigInteger)
        );

    [Fact]
    public void Fr_agrees_with_big_integers() =>
        Gen.Select(GenFr, GenFr)
            .Sample(
                (a, b) =>
                {
                    var (x, y, p) = (a.ToBigInteger(), b.ToBigInteger(), Fr.Modulus);
                    Assert.Equal((x + y) % p, (a + b).ToBigInteger());
                    Assert.Equal((x - y + p) % p, (a - b).ToBigInteger());
                    Assert.Equal(x * y % p, (a * b).ToBigInteger());
                    Assert.Equal((p - x) % p, (-a).ToBigInteger());
                    Assert.Equal(x * x % p, a.Square().ToBigInteger());
                    Assert.Equal(x == y, a == b);
                },
                iter: 1000
            );

    [Fact]
    public void Both_inversions_agree_and_undo_multiplication()
    {
        GenFr.Sample(
            a =>
            {
                Assert.Equal(a.Inverse(), a.InverseVariableTime());
                Assert.Equal(a.IsZero ? Fr.Zero : Fr.One, a * a.InverseVariableTime());
            },
            iter: 2000
        );
        GenFq.Sample(
            a =>
            {
                Assert.Equal(a.Inverse(), a.InverseVariableTime());
                Assert.Equal(a.IsZero ? Fq.Zero : Fq.One, a * a.InverseVariableTime());
            },
            iter: 2000
        );
    }

    [Fact]
    public void Fq_agrees_with_big_integers() =>
        Gen.Select(GenFq, GenFq)
            .Sample(
                (a, b) =>
                {
                    var (x, y, p) = (a.ToBigInteger(), b.ToBigInteger(), Fq.Modulus);
                    Assert.Equal((x + y) % p, (a + b).ToBigInteger());
                    Assert.Equal((x - y + p) % p, (a - b).ToBigInteger());
                    Assert.Equal(x * y % p, (a * b).ToBigInteger());
                    Assert.Equal((p - x) % p, (-a).ToBigInteger());
                    Assert.Equal(x * x % p, a.Square().ToBigInteger());
                    Assert.Equal(x == y, a == b);
                },
                iter: 1000
            );

    [Fact]
    public void Inverse_times_value_is_one_and_zero_stays_zero()
    {
        GenFr.Where(a => !a.IsZero).Sample(a => Assert.Equal(Fr.One, a * a.Inverse()), iter: 200);
        GenFq.Where(a => !a.IsZero).Sample(a => Assert.Equal(Fq.One, a * a.Inverse()), iter: 200);
        Assert.True(Fr.Zero.Inverse().IsZero);
    }

    [Fact]
    public void Bytes_and_decimals_round_trip() =>
        GenFr.Sample(
            a =>
            {
                Assert.True(Fr.TryParseCanonical(a.ToBytes(), out var fromBytes));
                Assert.True(Fr.TryParseDecimal(a.ToString(), out var fromText));
                Assert.Equal(a, fromBytes);
                Assert.Equal(a, fromText);
                Assert.Equal(a.ToBigInteger().ToString(CultureInfo.InvariantCulture), a.ToString());
            },
            iter: 500
        );

    [Fact]
    public void An_encoding_at_or_above_the_modulus_is_refused()
    {
        foreach (var offset in new[] { 0, 1, 2, 1000 })
        {
            var bytes = (Fr.Modulus + offset).ToByteArray(isUnsigned: true, isBigEndian: true);
            Assert.False(Fr.TryParseCanonical(bytes, out _));
            Assert.False(Fr.TryParseDecimal((Fr.Modulus + offset).ToString(CultureInfo.InvariantCulture), out _));
            var q = (Fq.Modulus + offset).ToByteArray(isUnsigned: true, isBigEndian: true);
            Assert.False(Fq.TryParseCanonical(q, out _));
        }
        var all = new byte[32];
        all.AsSpan().Fill(0xff);
        Assert.False(Fr.TryParseCanonical(all, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fr.FromBigInteger(Fr.Modulus));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fr.FromBigInteger(-1));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("01")]
    [InlineData("00")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("\u0661")]
    [InlineData("100000000000000000000000000000000000000000000000000000000000000000000000000000")]
    public void Malformed_decimal_is_refused(string? text) => Assert.False(Fr.TryParseDecimal(text, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Canonical_bytes_are_exactly_32(int length) =>
        Assert.False(Fr.TryParseCanonical(new byte[length], out _));
}
