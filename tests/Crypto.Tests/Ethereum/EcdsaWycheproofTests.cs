using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Crypto.Tests.Ethereum;

public class EcdsaWycheproofTests
{
    private static readonly BigInteger Order = BigInteger.Parse(
        "0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        System.Globalization.NumberStyles.HexNumber
    );

    // Ours has no DER form: each signature is read, brought to low s, and the key must be among the recovered ones.
    [Fact]
    public void Recovery_finds_the_key_of_valid_signatures_and_of_no_other()
    {
        using var json = Vectors.Read("wycheproof-ecdsa-secp256k1.json");
        var recovered = 0;
        foreach (var (group, test, result, name) in Vectors.Wycheproof(json))
        {
            if (!TryReadDer(test.Hex("sig"), out var r, out var s))
            {
                Assert.True(result == "invalid", name);
                continue;
            }
            var publicKey = group.GetProperty("publicKey").Hex("uncompressed")[1..];
            var found = Recovers(r, s, SHA256.HashData(test.Hex("msg")), publicKey);
            // r + n as x is outside our form: the one kind of valid signature that is not recovered.
            if (found)
                recovered++;
            Assert.True(!found || result == "valid", name);
        }
        Assert.True(recovered > 100, $"{recovered}");
    }

    private static bool Recovers(BigInteger r, BigInteger s, byte[] hash, byte[] publicKey)
    {
        if (r.Sign <= 0 || s.Sign <= 0 || r >= Order || s >= Order)
            return false;
        s = s > Order / 2 ? Order - s : s;
        foreach (var parity in new[] { 0, 1 })
        {
            if (
                EcdsaSignature.TryCreate(Bytes(r), Bytes(s), parity, out var signature)
                && signature.TryRecoverPublicKey(hash, out var found)
                && found.AsSpan().SequenceEqual(publicKey)
            )
                return true;
        }
        return false;
    }

    private static byte[] Bytes(BigInteger value)
    {
        var bytes = new byte[32];
        var minimal = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        minimal.CopyTo(bytes, 32 - minimal.Length);
        return bytes;
    }

    private static bool TryReadDer(byte[] der, out BigInteger r, out BigInteger s)
    {
        (r, s) = (default, default);
        try
        {
            var reader = new AsnReader(der, AsnEncodingRules.DER);
            var sequence = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            (r, s) = (sequence.ReadInteger(), sequence.ReadInteger());
            sequence.ThrowIfNotEmpty();
            return true;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
