using System.Security.Cryptography;
using MedLedger.Crypto.Hpke;

namespace MedLedger.Crypto.Tests.Hpke;

public class HpkeContextTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    [Fact]
    public void Messages_open_in_any_order_under_their_own_number_only()
    {
        using var sender = HpkeSuite.Segment.SetupSender(Kem.XWing.PublicKey(Key), "info"u8)!;
        Assert.True(HpkeSuite.Segment.TrySetupRecipient(sender.Encapsulation, Key, "info"u8, out var recipient));
        using (recipient)
        {
            var first = sender.Seal("aad"u8, "one"u8, out var a);
            var second = sender.Seal("aad"u8, "one"u8, out var b);
            Assert.Equal((0UL, 1UL), (a, b));
            Assert.NotEqual(first, second);
            Assert.Equal("one"u8.ToArray(), recipient.Open(b, "aad"u8, second));
            Assert.Equal("one"u8.ToArray(), recipient.Open(a, "aad"u8, first));
            Assert.Null(recipient.Open(a, "aad"u8, second));
            Assert.Null(recipient.Open(a, "aae"u8, first));
            Assert.Null(recipient.Open(a, "aad"u8, first.AsSpan(1)));
            Assert.Null(recipient.Open(a, "aad"u8, []));
            for (var bit = 0; bit < first.Length * 8; bit++)
            {
                var changed = (byte[])first.Clone();
                changed[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.Null(recipient.Open(a, "aad"u8, changed));
            }
        }
    }

    [Fact]
    public void Another_info_or_key_opens_nothing()
    {
        using var sender = HpkeSuite.Segment.SetupSender(Kem.XWing.PublicKey(Key), "info"u8)!;
        var message = sender.Seal([], "one"u8, out var sequence);
        var other = RandomNumberGenerator.GetBytes(32);
        Assert.True(HpkeSuite.Segment.TrySetupRecipient(sender.Encapsulation, Key, "infp"u8, out var wrongInfo));
        Assert.True(HpkeSuite.Segment.TrySetupRecipient(sender.Encapsulation, other, "info"u8, out var wrongKey));
        Assert.Null(wrongInfo.Open(sequence, [], message));
        Assert.Null(wrongKey.Open(sequence, [], message));
        Assert.False(HpkeSuite.Segment.TrySetupRecipient(new byte[5], Key, "info"u8, out _));
        Assert.Null(HpkeSuite.Segment.SetupSender(new byte[1216 + 1], []));
    }

    [Fact]
    public void The_last_number_is_refused_not_repeated()
    {
        var context = new HpkeContext(HpkeAead.Aes256Gcm, new byte[32], new byte[12], new byte[32], new LabeledKdf([]));
        using var sender = new HpkeSender(context, [], limit: 2);
        sender.Seal([], [], out _);
        sender.Seal(n => [(byte)n], [], out _);
        Assert.Throws<InvalidOperationException>(() => sender.Seal([], [], out _));
        Assert.Throws<InvalidOperationException>(() => sender.Seal(n => [(byte)n], [], out _));
    }

    [Fact]
    public void Threads_never_share_a_number()
    {
        using var sender = HpkeSuite.Segment.SetupSender(Kem.XWing.PublicKey(Key), [])!;
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<ulong, byte>();
        Parallel.For(
            0,
            2000,
            _ =>
            {
                sender.Seal([], [1], out var sequence);
                Assert.True(seen.TryAdd(sequence, 0));
            }
        );
        Assert.Equal(2000, seen.Count);
    }
}
