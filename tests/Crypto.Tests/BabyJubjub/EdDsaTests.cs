using System.Text.Json;
using CsCheck;
using MedLedger.Crypto.BabyJubjub;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Tests.Fields;
using MedLedger.Tests;

namespace MedLedger.Crypto.Tests.BabyJubjub;

public class EdDsaTests
{
    private static readonly JsonElement Vectors = JsonDocument
        .Parse(File.ReadAllText(RepositoryRoot.File("tests", "vectors", "eddsa-poseidon.json")))
        .RootElement;

    [Fact]
    public void Blake512_agrees_with_the_reference()
    {
        foreach (var vector in Vectors.GetProperty("blake512").EnumerateArray())
        {
            var length = vector.GetProperty("length").GetInt32();
            var message = Enumerable.Range(0, length).Select(i => (byte)((i * 7 + length) & 255)).ToArray();
            var hash = new byte[Blake512.SizeInBytes];
            Blake512.Hash(message, hash);
            Assert.Equal(vector.GetProperty("hash").GetString(), Convert.ToHexStringLower(hash));
        }
    }

    [Fact]
    public void Keys_and_signatures_agree_with_circomlibjs()
    {
        foreach (var vector in Vectors.GetProperty("signatures").EnumerateArray())
        {
            using var key = EdDsaPrivateKey.FromSeed(Convert.FromHexString(vector.GetProperty("seed").GetString()!));
            var message = Element(vector, "message");
            var signature = key.Sign(message);
            Assert.Equal(Element(vector, "x"), key.PublicKey.X);
            Assert.Equal(Element(vector, "y"), key.PublicKey.Y);
            Assert.Equal(Element(vector, "r8X"), signature.R8X);
            Assert.Equal(Element(vector, "r8Y"), signature.R8Y);
            Assert.Equal(Element(vector, "s"), signature.S);
            Assert.True(key.PublicKey.Verify(message, signature));
        }
    }

    [Fact]
    public void What_is_signed_verifies_and_nothing_else_does()
    {
        using var key = EdDsaPrivateKey.Generate();
        using var other = EdDsaPrivateKey.Generate();
        FieldTests.GenFr.Sample(
            message =>
            {
                var signature = key.Sign(message);
                Assert.True(key.PublicKey.Verify(message, signature));
                Assert.False(key.PublicKey.Verify(message + Fr.One, signature));
                Assert.False(other.PublicKey.Verify(message, signature));
                Assert.Equal(signature, key.Sign(message));
                var moved = EdDsaSignature.TryCreate(signature.R8X, signature.R8Y, signature.S - Fr.One);
                Assert.True(moved is null || !key.PublicKey.Verify(message, moved));
            },
            iter: 10
        );
    }

    [Fact]
    public void Any_flipped_bit_of_a_signature_is_refused()
    {
        using var key = EdDsaPrivateKey.Generate();
        var message = Fr.From(42);
        var bytes = key.Sign(message).ToBytes();
        Gen.Int[0, bytes.Length * 8 - 1]
            .Sample(
                bit =>
                {
                    var flipped = (byte[])bytes.Clone();
                    flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                    var signature = EdDsaSignature.TryParse(flipped);
                    Assert.True(signature is null || !key.PublicKey.Verify(message, signature));
                },
                iter: 300
            );
    }

    [Fact]
    [Trait("threat", "aliased number")]
    public void An_aliased_response_is_refused()
    {
        using var key = EdDsaPrivateKey.Generate();
        var signature = key.Sign(Fr.One);
        var order = Fr.FromCanonicalUnchecked(SubgroupOrder.Value);
        Assert.Null(EdDsaSignature.TryCreate(signature.R8X, signature.R8Y, signature.S + order));
        Assert.Null(EdDsaSignature.TryCreate(signature.R8X + Fr.One, signature.R8Y, signature.S));
    }

    [Fact]
    [Trait("threat", "unsigned grant")]
    public void A_key_outside_the_prime_subgroup_is_refused()
    {
        using var key = EdDsaPrivateKey.Generate();
        var (x, y) = (key.PublicKey.X, key.PublicKey.Y);
        Assert.NotNull(EdDsaPublicKey.TryCreate(x, y));
        // (0, -1) has order 2: adding it negates both coordinates.
        Assert.Null(EdDsaPublicKey.TryCreate(-x, -y));
        Assert.Null(EdDsaPublicKey.TryCreate(Fr.Zero, Fr.One));
        Assert.Null(EdDsaPublicKey.TryCreate(Fr.Zero, -Fr.One));
        Assert.Null(EdDsaPublicKey.TryCreate(x, y + Fr.One));
        Assert.NotNull(EdDsaPublicKey.TryParse(key.PublicKey.ToBytes()));
        Assert.Null(EdDsaPublicKey.TryParse(key.PublicKey.ToBytes().AsSpan(1)));
    }

    [Fact]
    public void A_disposed_key_signs_no_more()
    {
        var key = EdDsaPrivateKey.Generate();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign(Fr.One));
        Assert.Throws<ArgumentException>(() => EdDsaPrivateKey.FromSeed(new byte[31]));
    }

    private static Fr Element(JsonElement vector, string name) =>
        Fr.TryParseDecimal(vector.GetProperty(name).GetString(), out var value)
            ? value
            : throw new FormatException(name);
}
