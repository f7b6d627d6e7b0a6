using System.Text;
using MedLedger.Api.Identity;

namespace MedLedger.Api.Tests.Identity;

public sealed class TotpTests
{
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    // RFC 6238, appendix B, SHA-1.
    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void Codes_are_those_of_the_rfc(long time, string code) =>
        Assert.Equal(code, Totp.Code(Secret, time / 30, 8));

    [Fact]
    public void A_code_holds_for_a_step_around_and_works_once()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1234567890);
        var step = 1234567890 / 30;
        var code = Totp.Code(Secret, step, 6);
        Assert.Equal(step, Totp.Match(Secret, code, now, lastStep: 0));
        Assert.Equal(step, Totp.Match(Secret, code, now.AddSeconds(30), lastStep: 0));
        Assert.Equal(step, Totp.Match(Secret, code, now.AddSeconds(-30), lastStep: 0));
        Assert.Null(Totp.Match(Secret, code, now.AddSeconds(60), lastStep: 0));
        Assert.Null(Totp.Match(Secret, code, now, lastStep: step));
        Assert.Null(Totp.Match(Secret, "", now, lastStep: 0));
        Assert.Null(Totp.Match(Secret, "１２３４５６", now, lastStep: 0));
    }

    // RFC 4648, section 10, without padding.
    [Theory]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Secrets_are_typed_in_base32(string bytes, string text) =>
        Assert.Equal(text, Totp.Text(Encoding.ASCII.GetBytes(bytes)));
}
