using System.Text;
using MedLedger.Crypto.Log;

namespace MedLedger.Crypto.Tests.Log;

public class CanonicalJsonTests
{
    [Theory]
    [InlineData("""{"b":1,"a":[true,false,null,"x"]}""", """{"a":[true,false,null,"x"],"b":1}""")]
    [InlineData(""" { "a" : -0 } """, null)]
    [InlineData("""{"a":9007199254740991}""", """{"a":9007199254740991}""")]
    [InlineData("""{"a":-9007199254740991}""", """{"a":-9007199254740991}""")]
    [InlineData("""{"a":9007199254740992}""", null)]
    [InlineData("""{"a":1.0}""", null)]
    [InlineData("""{"a":1e1}""", null)]
    [InlineData("""{"a":"\u0041\/\u00e9"}""", """{"a":"A/é"}""")]
    [InlineData("""{"a":"\ud800"}""", null)]
    [InlineData(
        """{"a":"\u0000\u001f\b\t\n\f\r\"\\\u007f"}""",
        "{\"a\":\"\\u0000\\u001f\\b\\t\\n\\f\\r\\\"\\\\\u007f\"}"
    )]
    // RFC 8785, section 3.2.3: the sort is by UTF-16 code units, so U+1F600 (d83d) stands before U+FB33.
    [InlineData(
        """{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}""",
        "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\ud83d\ude00\":5,\"\ufb33\":3}"
    )]
    [InlineData("[]", "[]")]
    public void Writes_the_canonical_form_or_refuses(string json, string? canonical)
    {
        Assert.True(CanonicalJson.TryParse(Encoding.UTF8.GetBytes(json), out var document));
        using (document)
        {
            Assert.Equal(canonical is not null, CanonicalJson.TryWrite(document.RootElement, [], out var bytes));
            if (canonical is not null)
                Assert.Equal(canonical, Encoding.UTF8.GetString(bytes!));
        }
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"a":1} x""")]
    [InlineData("""/* c */ {}""")]
    [InlineData("""{"a":01}""")]
    [InlineData("")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]")]
    public void Refuses_what_two_readers_could_read_differently(string json) =>
        Assert.False(CanonicalJson.TryParse(Encoding.UTF8.GetBytes(json), out _));

    [Fact]
    public void Leaves_out_members_of_the_outermost_object_only()
    {
        Assert.True(CanonicalJson.TryParse("""{"s":1,"a":{"s":2}}"""u8.ToArray(), out var document));
        using (document)
        {
            Assert.True(CanonicalJson.TryWrite(document.RootElement, ["s"], out var bytes));
            Assert.Equal("""{"a":{"s":2}}""", Encoding.UTF8.GetString(bytes));
        }
    }
}
