using System.Text.Json;
using MedLedger.Crypto.Hpke;
using Org.BouncyCastle.Crypto.Digests;

namespace MedLedger.Crypto.Tests.Hpke;

/// <summary>RFC 9180 (base mode, X25519, HKDF-SHA256) and the X-Wing suite of the HPKE working group's vectors.</summary>
public class HpkeVectorTests
{
    public static TheoryData<string, int> Cases()
    {
        var data = new TheoryData<string, int>();
        foreach (var file in new[] { "hpke-rfc9180-base.json", "hpke-xwing.json" })
        {
            using var json = Vectors.Read(file);
            for (var i = 0; i < json.RootElement.GetArrayLength(); i++)
                data.Add(file, i);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sender_and_recipient_match(string file, int index)
    {
        using var json = Vectors.Read(file);
        var vector = json.RootElement[index];
        var kem = vector.GetProperty("kem_id").GetInt32() == 0x20 ? Kem.DhKemX25519 : Kem.XWing;
        Assert.Equal(vector.GetProperty("kem_id").GetInt32(), kem.Id);
        var suite = new HpkeSuite(kem, (HpkeAead)vector.GetProperty("aead_id").GetInt32());

        Assert.Equal(vector.Hex("pkRm"), kem.PublicKey(vector.Hex("skRm")));
        if (kem == Kem.DhKemX25519)
            Assert.Equal(vector.Hex("pkRm"), kem.PublicKey(kem.DerivePrivateKey(vector.Hex("ikmR"))));

        using var sender = suite.SetupSender(vector.Hex("pkRm"), vector.Hex("info"), vector.Hex("ikmE"));
        Assert.NotNull(sender);
        Assert.Equal(vector.Hex("enc"), sender.Encapsulation.ToArray());
        Assert.True(
            suite.TrySetupRecipient(vector.Hex("enc"), vector.Hex("skRm"), vector.Hex("info"), out var recipient)
        );
        using (recipient)
        {
            if (vector.TryGetProperty("encryptions_accumulated", out _))
                CheckAccumulated(vector, sender, recipient);
            else
                CheckListed(vector, sender, recipient);
        }
    }

    private static void CheckListed(JsonElement vector, HpkeSender sender, HpkeRecipient recipient)
    {
        foreach (var message in vector.GetProperty("encryptions").EnumerateArray())
        {
            var ciphertext = sender.Seal(message.Hex("aad"), message.Hex("pt"), out var sequence);
            Assert.Equal(message.Hex("ct"), ciphertext);
            Assert.Equal(message.Hex("pt"), recipient.Open(sequence, message.Hex("aad"), ciphertext));
        }
        foreach (var export in vector.GetProperty("exports").EnumerateArray())
        {
            var expected = export.Hex("exported_value");
            Assert.Equal(expected, sender.Export(export.Hex("exporter_context"), expected.Length));
            Assert.Equal(expected, recipient.Export(export.Hex("exporter_context"), expected.Length));
        }
    }

    // The published file holds a SHAKE128 digest of 1,000 outputs over inputs drawn from SHAKE128.
    private static void CheckAccumulated(JsonElement vector, HpkeSender sender, HpkeRecipient recipient)
    {
        ShakeDigest source = new(128),
            sink = new(128);
        for (var i = 0; i < 1000; i++)
        {
            byte[] aad = Draw(source),
                plaintext = Draw(source);
            var ciphertext = sender.Seal(aad, plaintext, out var sequence);
            Assert.Equal(plaintext, recipient.Open(sequence, aad, ciphertext));
            sink.BlockUpdate(ciphertext);
        }
        Assert.Equal(vector.Hex("encryptions_accumulated"), Squeeze(sink, 16));

        (source, sink) = (new(128), new(128));
        for (var length = 0; length < 1000; length++)
        {
            var context = Draw(source);
            var value = sender.Export(context, length);
            Assert.Equal(value, recipient.Export(context, length));
            sink.BlockUpdate(value);
        }
        Assert.Equal(vector.Hex("exports_accumulated"), Squeeze(sink, 16));
    }

    private static byte[] Draw(ShakeDigest source) => Squeeze(source, Squeeze(source, 1)[0]);

    private static byte[] Squeeze(ShakeDigest shake, int length)
    {
        var output = new byte[length];
        if (length > 0)
            shake.Output(output);
        return output;
    }
}
