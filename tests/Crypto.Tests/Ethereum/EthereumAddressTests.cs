using CsCheck;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Crypto.Tests.Ethereum;

public class EthereumAddressTests
{
    // EIP-55, test cases.
    [Theory]
    [InlineData("0x52908400098527886E0F7030069857D2E4169EE7")]
    [InlineData("0x8617E340B3D01FA5F11F306F4090FD50E238070D")]
    [InlineData("0xde709f2102306220921060314715629080e2fb77")]
    [InlineData("0x27b1fdb04752bbc536007a920d24acb045561c26")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [InlineData("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    [InlineData("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    public void ToString_writes_the_checksum_of_eip_55(string text)
    {
        Assert.True(EthereumAddress.TryParse(text, out var address));
        Assert.Equal(text, address.ToString());
        Assert.True(EthereumAddress.TryParse(text.ToLowerInvariant(), out var lower));
        Assert.Equal(address, lower);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedd")]
    [InlineData("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1bea e")]
    public void TryParse_refuses_other_forms_and_wrong_checksums(string? text) =>
        Assert.False(EthereumAddress.TryParse(text, out _));

    [Fact]
    public void Bytes_and_text_round_trip() =>
        Gen
            .Byte.Array[20]
            .Sample(bytes =>
            {
                var address = new EthereumAddress(bytes);
                return address.ToBytes().AsSpan().SequenceEqual(bytes)
                    && EthereumAddress.TryParse(address.ToString(), out var parsed)
                    && parsed == address;
            });

    [Fact]
    public void Constructor_refuses_other_lengths()
    {
        Assert.Throws<ArgumentException>(() => new EthereumAddress(new byte[19]));
        Assert.Throws<ArgumentException>(() => new EthereumAddress(new byte[21]));
        Assert.Throws<ArgumentException>(() => EthereumAddress.FromPublicKey(new byte[65]));
        Assert.Throws<ArgumentException>(() => EthereumAddress.Zero.WriteTo(new byte[19]));
        Assert.True(EthereumAddress.Zero.IsZero);
    }
}
