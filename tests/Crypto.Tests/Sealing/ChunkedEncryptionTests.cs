using System.IO.Compression;
using System.Security.Cryptography;
using CsCheck;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Crypto.Tests.Sealing;

public class ChunkedEncryptionTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    // Wycheproof, doc/c2sp_chunked_encryption.md: ct is zlib-compressed; invalid keys are refused when given.
    [Fact]
    public void Matches_wycheproof()
    {
        using var json = Vectors.Read("wycheproof-chunked-aes-256-gcm.json");
        var tests = 0;
        foreach (var (_, test, result, name) in Vectors.Wycheproof(json))
        {
            tests++;
            byte[] key = test.Hex("key"),
                context = test.Hex("ctx"),
                ciphertext = Inflate(test.Hex("ct"));
            if (key.Length != 32)
            {
                Assert.Throws<ArgumentException>(() => ChunkedEncryption.Decrypt(key, context, ciphertext));
                continue;
            }
            var message = ChunkedEncryption.Decrypt(key, context, ciphertext);
            Assert.True(message is not null == (result == "valid"), name);
            if (message is null)
                continue;
            Assert.Equal(test.Hex("msgSha512"), SHA512.HashData(message));
            Assert.Equal(test.GetProperty("msgLength").GetInt32(), message.Length);
            var again = ChunkedEncryption.Encrypt(key, context, message, ciphertext.AsSpan(0, 24));
            Assert.True(again.AsSpan().SequenceEqual(ciphertext), name);
        }
        Assert.Equal(35, tests);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16383)]
    [InlineData(16384)]
    [InlineData(16385)]
    [InlineData(32768)]
    [InlineData(100_000)]
    public void Round_trips_and_refuses_every_truncation_at_a_boundary(int length)
    {
        var message = RandomNumberGenerator.GetBytes(length);
        var ciphertext = ChunkedEncryption.Encrypt(Key, "context"u8, message);
        Assert.Equal(message, ChunkedEncryption.Decrypt(Key, "context"u8, ciphertext));
        Assert.Null(ChunkedEncryption.Decrypt(Key, "contexT"u8, ciphertext));
        Assert.Null(ChunkedEncryption.Decrypt(RandomNumberGenerator.GetBytes(32), "context"u8, ciphertext));
        Assert.Null(ChunkedEncryption.Decrypt(Key, "context"u8, (byte[])[.. ciphertext, 0]));
        for (var cut = ciphertext.Length - 1; cut >= 0; cut -= Math.Max(1, Math.Min(cut - 100, 4099)))
            Assert.Null(ChunkedEncryption.Decrypt(Key, "context"u8, ciphertext.AsSpan(0, cut)));
        for (var k = 0; 56 + (k * 16400) < ciphertext.Length; k++)
            Assert.Null(ChunkedEncryption.Decrypt(Key, "context"u8, ciphertext.AsSpan(0, 56 + (k * 16400))));
    }

    [Fact]
    public void One_changed_bit_is_refused() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, int.MaxValue])
            .Sample(
                t =>
                {
                    var (message, at) = t;
                    var ciphertext = ChunkedEncryption.Encrypt(Key, [], message);
                    ciphertext[at % ciphertext.Length] ^= (byte)(1 << (at % 8));
                    return ChunkedEncryption.Decrypt(Key, [], ciphertext) is null;
                },
                iter: 2000
            );

    [Fact]
    public void Swapped_chunks_are_refused()
    {
        var ciphertext = ChunkedEncryption.Encrypt(Key, [], new byte[3 * 16384]);
        var swapped = (byte[])ciphertext.Clone();
        ciphertext.AsSpan(56, 16400).CopyTo(swapped.AsSpan(56 + 16400));
        ciphertext.AsSpan(56 + 16400, 16400).CopyTo(swapped.AsSpan(56));
        Assert.Null(ChunkedEncryption.Decrypt(Key, [], swapped));
    }

    private static byte[] Inflate(byte[] compressed)
    {
        using var zlib = new ZLibStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var output = new MemoryStream();
        zlib.CopyTo(output);
        return output.ToArray();
    }
}
