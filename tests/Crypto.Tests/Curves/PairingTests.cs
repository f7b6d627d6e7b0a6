using System.Numerics;
using System.Text.Json;
using CsCheck;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Tests.Fields;
using MedLedger.Tests;

namespace MedLedger.Crypto.Tests.Curves;

public class PairingTests
{
    private static readonly JsonElement Vectors = JsonDocument
        .Parse(File.ReadAllText(RepositoryRoot.File("tests", "vectors", "eip-196-197.json")))
        .RootElement;

    /// <summary>EIP-196: two points, zero padded; infinity is (0, 0).</summary>
    [Fact]
    public void Addition_agrees_with_eip_196()
    {
        foreach (var (input, expected) in Read("add"))
        {
            var padded = new byte[128];
            input.AsSpan(0, Math.Min(128, input.Length)).CopyTo(padded);
            var parsed = G1Affine.TryParse(padded.AsSpan(0, 64), out var p);
            parsed &= G1Affine.TryParse(padded.AsSpan(64), out var q);
            Assert.Equal(expected, parsed ? (p + q).ToBytes() : null);
        }
    }

    [Fact]
    public void Multiplication_agrees_with_eip_196()
    {
        foreach (var (input, expected) in Read("multiply"))
        {
            var padded = new byte[96];
            input.AsSpan(0, Math.Min(96, input.Length)).CopyTo(padded);
            var parsed = G1Affine.TryParse(padded.AsSpan(0, 64), out var p);
            Assert.Equal(expected, parsed ? (Fr.ReduceModR(padded.AsSpan(64)) * p).ToBytes() : null);
        }
    }

    /// <summary>EIP-197: 1 when the product of the pairings is 1, else 0.</summary>
    [Fact]
    public void Pairing_check_agrees_with_eip_197()
    {
        foreach (var (input, expected) in Read("pairing"))
        {
            var g1 = new List<G1Affine>();
            var g2 = new List<G2Affine>();
            var parsed = input.Length % 192 == 0;
            for (var i = 0; parsed && i < input.Length; i += 192)
            {
                parsed &= G1Affine.TryParse(input.AsSpan(i, 64), out var p);
                parsed &= G2Affine.TryParse(input.AsSpan(i + 64, 128), out var q);
                if (!parsed)
                    break;
                g1.Add(p);
                g2.Add(q);
            }
            Assert.Equal(expected is not null, parsed);
            if (expected is not null)
                Assert.Equal(expected[31] == 1, Pairing.IsProductOne([.. g1], [.. g2]));
        }
    }

    [Fact]
    public void Bilinearity_e_aP_bQ_is_e_P_Q_to_the_ab() =>
        Gen.Select(FieldTests.GenFr, FieldTests.GenFr)
            .Sample(
                (a, b) =>
                {
                    var (p, q) = (G1Affine.Generator, G2Affine.Generator);
                    var left = Pairing.Pair(a * p, b * q);
                    Assert.True(Fq12.AreEqual(left, Pairing.Pair((a * b) * p, q)));
                    Assert.True(Fq12.AreEqual(left, Pairing.Pair(p, (a * b) * q)));
                    Assert.Equal((a * b) == Fr.One, Fq12.AreEqual(left, Pairing.Pair(p, q)));
                },
                iter: 10
            );

    [Fact]
    public void The_pairing_is_not_degenerate_and_has_order_r()
    {
        var value = Pairing.Pair(G1Affine.Generator, G2Affine.Generator);
        Assert.False(Fq12.AreEqual(value, Fq12.One));
        var inverse = Pairing.Pair(-G1Affine.Generator, G2Affine.Generator);
        Assert.True(Fq12.AreEqual(value * inverse, Fq12.One));
        Assert.True(Fq12.AreEqual(value.Square(), value.CyclotomicSquare()));
        Assert.True(Fq12.AreEqual(value * value.Inverse(), Fq12.One));
    }

    [Fact]
    public void Points_off_the_curve_or_not_canonical_are_refused()
    {
        var bytes = G1Affine.Generator.ToBytes();
        Assert.True(G1Affine.TryParse(bytes, out _));
        bytes[63] ^= 1;
        Assert.False(G1Affine.TryParse(bytes, out _));
        var aliased = (Fq.Modulus + 1).ToByteArray(isUnsigned: true, isBigEndian: true);
        Assert.False(G1Affine.TryParse([.. aliased, .. Fq.From(2).ToBytes()], out _));
    }

    /// <summary>Each of the four coordinates changed by one, and written as itself plus q.</summary>
    [Fact]
    public void Points_of_g2_off_the_curve_or_not_canonical_are_refused() =>
        Gen.Select(FieldTests.GenFr.Where(a => !a.IsZero), Gen.Int[0, 3])
            .Sample(
                (a, coordinate) =>
                {
                    var point = a * G2Affine.Generator;
                    var bytes = point.ToBytes();
                    Assert.True(G2Affine.TryParse(bytes, out var parsed));
                    Assert.Equal(point, parsed);
                    var place = bytes.AsSpan(32 * coordinate, 32);
                    var value = new BigInteger(place, isUnsigned: true, isBigEndian: true);
                    Write((value + 1) % Fq.Modulus, place);
                    Assert.False(G2Affine.TryParse(bytes, out _));
                    Write(value + Fq.Modulus, place);
                    Assert.False(G2Affine.TryParse(bytes, out _));
                },
                iter: 50
            );

    private static void Write(BigInteger value, Span<byte> place)
    {
        place.Clear();
        value.ToByteArray(isUnsigned: true, isBigEndian: true).CopyTo(place[(32 - value.GetByteCount(true))..]);
    }

    /// <summary>snarkjs's isValid accepts these: on the curve, but of another order.</summary>
    [Fact]
    public void Twist_points_outside_the_subgroup_are_refused()
    {
        var found = 0;
        for (ulong i = 1; found < 4; i++)
        {
            var x = new Fq2(Fq.From(i), Fq.One);
            if (!SquareRoots.TrySquareRoot(x.Square() * x + G2Affine.B, out var y))
                continue;
            found++;
            var point = new AffinePoint<Fq2>(x, y);
            Assert.True(G2Affine.IsOnCurve(point));
            var timesR = CurvePoint<Fq2>.Multiply(point, Fr.FromBigInteger(Fr.Modulus - 1).ToCanonical()) + point;
            Assert.Equal(timesR.IsInfinity, G2Affine.IsInSubgroup(point));
            Assert.False(G2Affine.TryCreate(x, y, out _));
        }
    }

    [Fact]
    public void Subgroup_points_are_accepted() =>
        FieldTests.GenFr.Sample(
            a =>
            {
                var point = a * G2Affine.Generator;
                Assert.True(G2Affine.TryCreate(point.X, point.Y, out _));
            },
            iter: 20
        );

    [Fact]
    public void Group_law_holds_in_every_special_case()
    {
        var p = Fr.From(5) * G1Affine.Generator;
        Assert.Equal(G1Affine.Infinity, p + -p);
        Assert.Equal(Fr.From(2) * p, p + p);
        Assert.Equal(p, p + G1Affine.Infinity);
        Assert.Equal(p, G1Affine.Infinity + p);
        Assert.True((Fr.Zero * p).IsInfinity);
        Assert.Equal(-p, -Fr.One * p);
        var q = Fr.From(5) * G2Affine.Generator;
        Assert.Equal(G2Affine.Infinity, q + -q);
        Assert.Equal(Fr.From(2) * q, q + q);
    }

    /// <summary>Null is expected where the precompiled contract fails.</summary>
    private static IEnumerable<(byte[] Input, byte[]? Expected)> Read(string name) =>
        Vectors
            .GetProperty(name)
            .EnumerateArray()
            .Select(v =>
                (
                    Convert.FromHexString(v.GetProperty("input").GetString()!),
                    v.GetProperty("expected").GetString() is { } answer ? Convert.FromHexString(answer) : null
                )
            );
}
