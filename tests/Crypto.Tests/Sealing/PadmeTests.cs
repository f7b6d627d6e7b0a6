using System.Numerics;
using CsCheck;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Crypto.Tests.Sealing;

public class PadmeTests
{
    // The paper's table: lengths keep at most log2(log2 L) + 1 significant bits.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(9, 10)]
    [InlineData(100, 104)]
    [InlineData(1000, 1024)]
    [InlineData(9999, 10240)]
    [InlineData(1_000_000, 1_015_808)]
    public void PaddedLength_matches(int length, int padded) => Assert.Equal(padded, Padme.PaddedLength(length));

    [Fact]
    public void Overhead_is_at_most_twelve_percent_and_few_lengths_remain() =>
        Gen.Int[2, int.MaxValue / 2]
            .Sample(length =>
            {
                var padded = Padme.PaddedLength(length);
                Assert.InRange(padded, length, length + (length * 0.12));
                Assert.Equal(padded, Padme.PaddedLength(padded));
                var e = BitOperations.Log2((uint)length);
                Assert.True(BitOperations.TrailingZeroCount(padded) >= e - BitOperations.Log2((uint)e) - 1);
            });

    [Fact]
    public void Unpad_gives_back_and_refuses_other_padding() =>
        Gen
            .Byte.Array[0, 300]
            .Sample(content =>
            {
                var padded = Padme.Pad(content);
                Assert.True(Padme.TryUnpad(padded, out var back));
                Assert.True(back.SequenceEqual(content));
                Assert.False(Padme.TryUnpad((byte[])[.. padded, 0], out _));
                Assert.False(Padme.TryUnpad(padded.AsSpan(0, padded.Length - 1), out _));
                if (padded.Length > content.Length + 4)
                {
                    padded[^1] = 1;
                    Assert.False(Padme.TryUnpad(padded, out _));
                }
            });

    [Theory]
    [InlineData("")]
    [InlineData("000000")]
    [InlineData("00000001")]
    [InlineData("ffffffff")]
    [InlineData("7fffffff00")]
    public void Unpad_refuses_lengths_that_do_not_fit(string hex) =>
        Assert.False(Padme.TryUnpad(Convert.FromHexString(hex), out _));
}
