using System.Globalization;
using System.Text;

namespace MedLedger.Analytics.Text;

/// <summary>
/// Cuts text into tokens without changing it: a run of letters, digits and their combining marks is one token, digits in
/// front of letters are a token of their own ("50mg" is 50, mg), and any other character that is not white space stands
/// alone. One pass, linear; a lone surrogate is a token like any other sign.
/// </summary>
public static class Tokenizer
{
    private enum Kind
    {
        Space,
        Digit,
        Letter,
        Mark,
        Sign,
    }

    /// <summary>The tokens of <paramref name="text"/>, in order.</summary>
    public static List<TextSpan> Tokenize(string text)
    {
        var tokens = new List<TextSpan>((text.Length / 5) + 1);
        var position = 0;
        while (position < text.Length)
        {
            var kind = KindAt(text, position, out var width);
            var end = position + width;
            if (kind is Kind.Digit or Kind.Letter)
                end = kind == Kind.Digit ? EndOfNumber(text, end) : EndOfWord(text, end);
            if (kind != Kind.Space)
                tokens.Add(new TextSpan(position, end));
            position = end;
        }
        return tokens;
    }

    private static int EndOfNumber(string text, int end)
    {
        while (end < text.Length)
        {
            var kind = KindAt(text, end, out var width);
            if (kind == Kind.Letter)
                return end;
            if (kind != Kind.Digit)
                return kind == Kind.Mark ? EndOfWord(text, end) : end;
            end += width;
        }
        return end;
    }

    private static int EndOfWord(string text, int end)
    {
        while (end < text.Length && KindAt(text, end, out var width) is Kind.Digit or Kind.Letter or Kind.Mark)
            end += width;
        return end;
    }

    private static Kind KindAt(string text, int position, out int width)
    {
        var c = text[position];
        width = 1;
        if (char.IsAscii(c))
            return char.IsAsciiLetter(c) ? Kind.Letter
                : char.IsAsciiDigit(c) ? Kind.Digit
                : char.IsWhiteSpace(c) ? Kind.Space
                : Kind.Sign;
        if (!Rune.TryGetRuneAt(text, position, out var rune))
            return Kind.Sign;
        width = rune.Utf16SequenceLength;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.DecimalDigitNumber => Kind.Digit,
            UnicodeCategory.UppercaseLetter
            or UnicodeCategory.LowercaseLetter
            or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter
            or UnicodeCategory.OtherLetter
            or UnicodeCategory.LetterNumber
            or UnicodeCategory.OtherNumber => Kind.Letter,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark =>
                Kind.Mark,
            _ => Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Sign,
        };
    }
}
