using CsCheck;
using MedLedger.Analytics.Text;

namespace MedLedger.Tests.Analytics;

public sealed class TokenizerTests
{
    [Theory]
    [InlineData("50mg", "50|mg")]
    [InlineData("MK-801", "MK|-|801")]
    [InlineData("5-HT1A", "5|-|HT1A")]
    [InlineData("it's 3.5%", "it|'|s|3|.|5|%")]
    [InlineData("fie\u0301vre", "fie\u0301vre")]
    [InlineData("a\u00a0b", "a|b")]
    [InlineData("a\U0001F600b", "a|\U0001F600|b")]
    [InlineData("x_y", "x|_|y")]
    [InlineData("", "")]
    [InlineData(" \t\r\n", "")]
    [InlineData("10\u00b2", "10|\u00b2")]
    public void Tokens_are(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Tokenizer.Tokenize(text).Select(t => t.Of(text).ToString())));

    [Fact]
    public void A_lone_surrogate_is_a_token() =>
        Assert.Equal([new TextSpan(0, 1), new TextSpan(1, 2)], Tokenizer.Tokenize("\ud83dx"));

    [Fact]
    public void Tokens_cover_everything_that_is_not_white_space() =>
        Gen.String.Sample(text =>
        {
            var tokens = Tokenizer.Tokenize(text);
            var at = 0;
            foreach (var token in tokens)
            {
                Assert.True(token.Start >= at && token.End > token.Start && token.End <= text.Length);
                Assert.True(string.IsNullOrWhiteSpace(text[at..token.Start]));
                at = token.End;
            }
            Assert.True(string.IsNullOrWhiteSpace(text[at..]));
        });

    [Fact]
    public void Sentences_partition_the_tokens() =>
        Gen.String[Gen.Char[" .!?ABcd1\n\r\"()"], 0, 400]
            .Sample(text =>
            {
                var tokens = Tokenizer.Tokenize(text);
                var next = 0;
                foreach (var sentence in SentenceSplitter.Split(text, tokens))
                {
                    Assert.Equal(next, sentence.Start.Value);
                    Assert.InRange(sentence.End.Value - sentence.Start.Value, 1, SentenceSplitter.Longest);
                    next = sentence.End.Value;
                }
                Assert.Equal(tokens.Count, next);
            });

    [Theory]
    [InlineData("Dr. Smith came. He left.", 2)]
    [InlineData("Fever.\nCough.", 2)]
    [InlineData("a wrapped\nline goes on.", 1)]
    [InlineData("One\n\ntwo", 2)]
    [InlineData("Potassium 3.5 was low.", 1)]
    [InlineData("J. R. Smith signed.", 1)]
    [InlineData("Pain! Fever? Yes.", 3)]
    [InlineData("HISTORY:\r\nasthma", 2)]
    public void Sentences_are_counted(string text, int count) =>
        Assert.Equal(count, SentenceSplitter.Split(text, Tokenizer.Tokenize(text)).Count);

    [Fact]
    public void A_line_of_a_megabyte_is_cut_into_bounded_sentences()
    {
        var text = string.Concat(Enumerable.Repeat("word, ", 200_000));
        var sentences = SentenceSplitter.Split(text, Tokenizer.Tokenize(text));
        Assert.All(sentences, s => Assert.True(s.End.Value - s.Start.Value <= SentenceSplitter.Longest));
    }
}
