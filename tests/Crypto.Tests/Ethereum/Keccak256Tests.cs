using System.Text;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Crypto.Tests.Ethereum;

public class Keccak256Tests
{
    // Keccak team's and Ethereum's published digests (not FIPS 202, whose padding differs).
    [Theory]
    [InlineData("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    [InlineData("transfer(address,uint256)", "a9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b")]
    public void Hash_matches_the_published_digest(string text, string digest) =>
        Assert.Equal(digest, Convert.ToHexStringLower(Keccak256.Hash(Encoding.UTF8.GetBytes(text))));

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Hash_refuses_a_destination_of_another_length(int length) =>
        Assert.Throws<ArgumentException>(() => Keccak256.Hash([1], new byte[length]));
}
