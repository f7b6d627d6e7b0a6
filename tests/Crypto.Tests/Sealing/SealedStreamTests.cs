using System.Security.Cryptography;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Crypto.Tests.Sealing;

public class SealedStreamTests
{
    private static readonly SecretKey Key = SecretKey.Generate();

    public static TheoryData<int> Lengths => [0, 1, 16_383, 16_384, 16_385, 49_152, 100_000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void What_was_written_is_read_and_is_c2sp_chunked_encryption(int length)
    {
        var message = RandomNumberGenerator.GetBytes(length);
        var bytes = Seal(message);
        Assert.Equal(message, Read(bytes, "context"u8));
        using var derived = Key.Derive("label");
        Assert.Equal(message, ChunkedEncryption.Decrypt(derived.Bytes, "context"u8, bytes));
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void A_stream_that_was_cut_off_anywhere_is_refused(int length)
    {
        var bytes = Seal(RandomNumberGenerator.GetBytes(length));
        const int Header = ChunkedEncryption.HeaderSize;
        const int Chunk = ChunkedEncryption.ChunkSize + ChunkedEncryption.TagSize;
        int[] cuts = [0, 1, Header - 1, Header, Header + 15, Header + Chunk, Header + Chunk + 16, bytes.Length - 1];
        foreach (var cut in cuts.Where(cut => cut < bytes.Length))
            Assert.Null(Read(bytes[..cut], "context"u8));
    }

    [Fact]
    public void Any_flipped_byte_exchanged_chunk_other_key_or_context_is_refused()
    {
        var bytes = Seal(RandomNumberGenerator.GetBytes(40_000));
        for (var at = 0; at < bytes.Length; at += 997)
        {
            var changed = bytes.ToArray();
            changed[at] ^= 1;
            Assert.Null(Read(changed, "context"u8));
        }
        const int Chunk = ChunkedEncryption.ChunkSize + ChunkedEncryption.TagSize;
        var exchanged = bytes.ToArray();
        bytes
            .AsSpan(ChunkedEncryption.HeaderSize, Chunk)
            .CopyTo(exchanged.AsSpan(ChunkedEncryption.HeaderSize + Chunk));
        Assert.Null(Read(exchanged, "context"u8));
        Assert.Null(Read(bytes, "other"u8));
        Assert.Null(Read([.. bytes, 0], "context"u8));
        using var other = SecretKey.Generate();
        Assert.Null(OpeningStream.TryOpen(new MemoryStream(bytes), other, "label", "context"u8));
        Assert.Null(OpeningStream.TryOpen(new MemoryStream(bytes), Key, "other", "context"u8));
    }

    [Fact]
    public void A_stream_that_was_not_completed_is_refused_and_takes_nothing_more()
    {
        using var output = new MemoryStream();
        using (var writer = new SealingStream(output, Key, "label", "context"u8))
            writer.Write(new byte[20_000]);
        Assert.Null(Read(output.ToArray(), "context"u8));

        using var whole = new SealingStream(new MemoryStream(), Key, "label", "context"u8);
        whole.Complete();
        Assert.Throws<ObjectDisposedException>(() => whole.Write([1]));
        Assert.Throws<ObjectDisposedException>(whole.Complete);
    }

    [Fact]
    public void A_passphrase_makes_the_same_key_again_and_another_one_does_not()
    {
        using var key = BackupKey.Stretch("correct horse"u8, out var parameters);
        using var again = BackupKey.TryStretch("correct horse"u8, parameters);
        using var other = BackupKey.TryStretch("correct house"u8, parameters);
        Assert.Equal(KeyFile.Fingerprint(key), KeyFile.Fingerprint(again!));
        Assert.NotEqual(KeyFile.Fingerprint(key), KeyFile.Fingerprint(other!), StringComparer.Ordinal);
        Assert.Null(BackupKey.TryStretch("x"u8, parameters.Replace("t=3", "t=9999", StringComparison.Ordinal)));
        Assert.Null(BackupKey.TryStretch([], parameters));
        Assert.Throws<ArgumentException>(() => BackupKey.Stretch([], out _));
    }

    private static byte[] Seal(byte[] message)
    {
        using var output = new MemoryStream();
        using var writer = new SealingStream(output, Key, "label", "context"u8);
        for (var at = 0; at < message.Length; at += 10_007)
            writer.Write(message.AsSpan(at, Math.Min(10_007, message.Length - at)));
        writer.Complete();
        return output.ToArray();
    }

    private static byte[]? Read(byte[] bytes, ReadOnlySpan<byte> context)
    {
        using var reader = OpeningStream.TryOpen(new MemoryStream(bytes), Key, "label", context);
        if (reader is null)
            return null;
        using var message = new MemoryStream();
        try
        {
            reader.CopyTo(message);
            return message.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
