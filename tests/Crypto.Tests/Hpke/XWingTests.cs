using System.Security.Cryptography;
using MedLedger.Crypto.Hpke;

namespace MedLedger.Crypto.Tests.Hpke;

public class XWingTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Matches_the_vectors_of_the_draft(int index)
    {
        using var json = Vectors.Read("xwing.json");
        var vector = json.RootElement[index];
        var sk = vector.Hex("sk");
        Assert.Equal(vector.Hex("pk"), Kem.XWing.PublicKey(sk));

        var secret = new byte[32];
        var encapsulation = new byte[1120];
        Assert.True(Kem.XWing.TryEncapsulate(vector.Hex("pk"), vector.Hex("eseed"), secret, encapsulation));
        Assert.Equal(vector.Hex("ct"), encapsulation);
        Assert.Equal(vector.Hex("ss"), secret);

        secret.AsSpan().Clear();
        Assert.True(Kem.XWing.TryDecapsulate(encapsulation, sk, secret));
        Assert.Equal(vector.Hex("ss"), secret);
    }

    // Wycheproof, ML-KEM-768 encapsulation keys whose coefficients are not reduced (FIPS 203, section 7.2).
    [Fact]
    public void Refuses_the_encapsulation_keys_that_wycheproof_calls_invalid()
    {
        using var json = Vectors.Read("wycheproof-mlkem-768-encaps.json");
        var invalid = 0;
        foreach (var (_, test, result, name) in Vectors.Wycheproof(json))
        {
            byte[] publicKey = [.. test.Hex("ek"), .. Kem.DhKemX25519.PublicKey(new byte[32])];
            byte[] randomness = [.. test.Hex("m"), .. RandomNumberGenerator.GetBytes(32)];
            var encapsulation = new byte[1120];
            var accepted = Kem.XWing.TryEncapsulate(publicKey, randomness, new byte[32], encapsulation);
            Assert.True(accepted == (result == "valid"), name);
            if (accepted)
                Assert.Equal(test.Hex("c"), encapsulation[..1088]);
            else
                invalid++;
        }
        Assert.Equal(9, invalid);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1087)]
    [InlineData(1088)]
    [InlineData(1119)]
    public void Another_encapsulation_gives_another_secret(int at)
    {
        var sk = RandomNumberGenerator.GetBytes(32);
        var secret = new byte[32];
        var encapsulation = new byte[1120];
        var randomness = RandomNumberGenerator.GetBytes(64);
        Assert.True(Kem.XWing.TryEncapsulate(Kem.XWing.PublicKey(sk), randomness, secret, encapsulation));
        encapsulation[at] ^= 1;
        var other = new byte[32];
        Assert.True(Kem.XWing.TryDecapsulate(encapsulation, sk, other));
        Assert.NotEqual(secret, other);
    }

    [Fact]
    public void Refuses_other_lengths()
    {
        var pk = Kem.XWing.PublicKey(RandomNumberGenerator.GetBytes(32));
        Assert.False(Kem.XWing.TryEncapsulate(pk.AsSpan(1), new byte[64], new byte[32], new byte[1120]));
        Assert.False(Kem.XWing.TryDecapsulate(new byte[1119], new byte[32], new byte[32]));
        Assert.Throws<ArgumentException>(() => Kem.XWing.PublicKey(new byte[31]));
    }
}
