using CsCheck;
using MedLedger.Analytics.Records;
using MedLedger.Analytics.Text;

namespace MedLedger.Tests.Analytics;

/// <summary>What is found in the words of HTML and RTF is told by the offsets of the source.</summary>
public sealed class SourceTextTests
{
    [Theory]
    [InlineData("note.html", "<p>Denies <b>fe</b>ver &amp; chills.</p>", "fever", "fe</b>ver")]
    [InlineData("note.html", "<p>Denies <b>fe</b>ver &amp; chills.</p>", "& chills", "&amp; chills")]
    [InlineData("note.htm", "<td>Asthma</td><td>Gout</td>", "Gout", "Gout")]
    [InlineData("note", "<!DOCTYPE html><title>x</title><body>Jos&eacute; has gout", "José", "Jos&eacute;")]
    [InlineData("-", " <?xml version='1.0'?><html>Has <!-- old -->gout</html>", "gout", "gout")]
    [InlineData("note.html", "<![CDATA[a < b]]>&#128512; gout", "\ud83d\ude00 gout", "&#128512; gout")]
    [InlineData("note.rtf", @"{\rtf1 Denies \b fe\b0 ver.}", "fever", @"fe\b0 ver")]
    [InlineData("note", @"{\rtf1 Caf\'e9 au lait\par spots}", "Café", @"Caf\'e9")]
    [InlineData("note", @"{\rtf1 a \u8364? b}", "€ b", @"\u8364? b")]
    [InlineData("note.txt", "Denies <b>fever</b>.", "<b>fever", "<b>fever")]
    public void Words_are_found_where_they_stand(string name, string source, string words, string there)
    {
        var read = SourceText.OfFile(name, source);
        var at = read.Text.IndexOf(words, StringComparison.Ordinal);
        Assert.True(at >= 0, read.Text);
        Assert.Equal(there, read.InSource(new TextSpan(at, at + words.Length)).Of(source).ToString());
    }

    [Theory]
    [InlineData("text/html; charset=utf-8", "a b")]
    [InlineData("application/xhtml+xml", "a b")]
    [InlineData("text/plain", "<i>a</i> b")]
    [InlineData("text/markdown", "<i>a</i> b")]
    [InlineData("application/pdf", null)]
    [InlineData("", null)]
    public void Content_types_say_how_a_text_is_read(string contentType, string? expected) =>
        Assert.Equal(expected, SourceText.TryRead("<i>a</i> b", contentType)?.Text);

    [Fact]
    public void Any_source_has_words_in_order()
    {
        string[] pieces =
        [
            "<",
            ">",
            "<p>",
            "</p",
            "&",
            "&lt;",
            "&#x1f600;",
            ";",
            "<!--",
            "-->",
            "{\\rtf1 ",
            "}",
            "\\'e9",
            "\\u8364?",
            "\\",
            " ",
            "\n",
            "a",
            "\ud83d",
            "<script>",
            "<![CDATA[",
            "]]>",
        ];
        Gen.Int[0, pieces.Length - 1]
            .Select(i => pieces[i])
            .Array[0, 30]
            .Select(string.Concat)
            .Sample(source =>
            {
                foreach (var name in (string[])["a.html", "a.rtf", "a"])
                {
                    var read = SourceText.OfFile(name, source);
                    var at = 0;
                    for (var i = 0; i < read.Text.Length; i++)
                    {
                        var (start, end) = read.InSource(new TextSpan(i, i + 1));
                        Assert.InRange(start, at, source.Length - 1);
                        Assert.InRange(end, start + 1, source.Length);
                        at = start;
                        var empty = read.InSource(new TextSpan(i, i));
                        Assert.Equal(empty.Start, empty.End);
                    }
                }
            });
    }
}
