using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace MedLedger.Crypto.Tests.Sealing;

/// <summary>The framework's and BouncyCastle's primitives as we call them, against Wycheproof.</summary>
public class PrimitiveVectorTests
{
    [Fact]
    public void Aes_256_gcm()
    {
        using var json = Vectors.Read("wycheproof-aes-256-gcm.json");
        foreach (var (_, test, result, name) in Vectors.Wycheproof(json))
        {
            using var aes = new AesGcm(test.Hex("key"), 16);
            byte[] ciphertext = test.Hex("ct"),
                plaintext = new byte[ciphertext.Length];
            var opened = true;
            try
            {
                aes.Decrypt(test.Hex("iv"), ciphertext, test.Hex("tag"), plaintext, test.Hex("aad"));
            }
            catch (AuthenticationTagMismatchException)
            {
                opened = false;
            }
            Assert.True(opened == (result == "valid"), name);
            if (opened)
                Assert.Equal(test.Hex("msg"), plaintext);
        }
    }

    [Fact]
    public void Hkdf_sha256()
    {
        using var json = Vectors.Read("wycheproof-hkdf-sha256.json");
        foreach (var (_, test, result, name) in Vectors.Wycheproof(json))
        {
            var size = test.GetProperty("size").GetInt32();
            byte[] Derive() =>
                HKDF.DeriveKey(HashAlgorithmName.SHA256, test.Hex("ikm"), size, test.Hex("salt"), test.Hex("info"));
            if (result == "valid")
                Assert.Equal(test.Hex("okm"), Derive());
            else
                Assert.ThrowsAny<ArgumentException>(() => Derive());
            Assert.NotEmpty(name);
        }
    }

    // "acceptable" are points of small order and on the twist: X25519 computes; HPKE refuses the all-zero result.
    [Fact]
    public void X25519_shared_secret()
    {
        using var json = Vectors.Read("wycheproof-x25519.json");
        foreach (var (_, test, _, name) in Vectors.Wycheproof(json))
        {
            var shared = new byte[32];
            var accepted = X25519.CalculateAgreement(test.Hex("private"), test.Hex("public"), shared);
            Assert.True(shared.AsSpan().SequenceEqual(test.Hex("shared")), name);
            Assert.True(accepted == test.Hex("shared").AsSpan().ContainsAnyExcept((byte)0), name);
        }
    }
}
