using System.Globalization;

namespace MedLedger.Analytics.Records;

/// <summary>
/// The words of an RTF document (Rich Text Format Specification 1.9.1): control words out, paragraphs and tabs kept,
/// <c>\'hh</c> read as Windows-1252, <c>\u</c> as UTF-16. Linear, never fails; groups may nest to any depth.
/// </summary>
internal sealed class RtfText
{
    // Windows-1252, 0x80 to 0x9f; undefined bytes become U+FFFD.
    private const string HighControls =
        "\u20ac\ufffd\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\ufffd\u017d\ufffd"
        + "\ufffd\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\ufffd\u017e\u0178";

    private static readonly string[] Destinations =
    [
        "fonttbl",
        "colortbl",
        "stylesheet",
        "info",
        "pict",
        "object",
        "header",
        "footer",
        "headerl",
        "headerr",
        "footerl",
        "footerr",
        "listtable",
        "listoverridetable",
        "themedata",
        "datastore",
        "generator",
        "fldinst",
        "xmlnstbl",
        "rsidtbl",
        "latentstyles",
        "colorschememapping",
        "bkmkstart",
        "bkmkend",
    ];

    private readonly string _rtf;
    private readonly SourceTextBuilder _text;
    private readonly Stack<(bool Hidden, int Skip)> _groups = new();
    private bool _hidden;
    private int _skipAfterUnicode = 1;
    private int _position;

    // Where what is read now begins.
    private int _from;

    private RtfText(string rtf) => (_rtf, _text) = (rtf, new SourceTextBuilder(rtf.Length));

    /// <summary>Whether the content says that it is RTF.</summary>
    public static bool Looks(string text) => text.AsSpan().TrimStart().StartsWith("{\\rtf", StringComparison.Ordinal);

    /// <summary>The readable text.</summary>
    public static SourceText Of(string rtf, string contentType) => new RtfText(rtf).Read(contentType);

    private SourceText Read(string contentType)
    {
        while (_position < _rtf.Length)
        {
            _from = _position;
            var c = _rtf[_position++];
            switch (c)
            {
                case '{':
                    _groups.Push((_hidden, _skipAfterUnicode));
                    break;
                case '}':
                    if (_groups.TryPop(out var outer))
                        (_hidden, _skipAfterUnicode) = outer;
                    break;
                case '\\':
                    Control();
                    break;
                case '\r' or '\n':
                    break;
                default:
                    Write(c);
                    break;
            }
        }
        return _text.Build(contentType);
    }

    private void Control()
    {
        if (_position >= _rtf.Length)
            return;
        var c = _rtf[_position];
        if (!char.IsAsciiLetter(c))
        {
            _position++;
            Symbol(c);
            return;
        }
        var start = _position;
        while (_position < _rtf.Length && char.IsAsciiLetter(_rtf[_position]))
            _position++;
        var word = _rtf[start.._position];
        start = _position;
        if (_position < _rtf.Length && _rtf[_position] == '-')
            _position++;
        while (_position < _rtf.Length && char.IsAsciiDigit(_rtf[_position]))
            _position++;
        var given = int.TryParse(_rtf.AsSpan(start, _position - start), CultureInfo.InvariantCulture, out var number);
        if (_position < _rtf.Length && _rtf[_position] == ' ')
            _position++;
        Word(word, given ? number : null);
    }

    private void Symbol(char c)
    {
        switch (c)
        {
            case '\'':
                if (
                    _position + 2 <= _rtf.Length
                    && byte.TryParse(
                        _rtf.AsSpan(_position, 2),
                        NumberStyles.HexNumber,
                        CultureInfo.InvariantCulture,
                        out var code
                    )
                )
                {
                    _position += 2;
                    Write(code is >= 0x80 and < 0xa0 ? HighControls[code - 0x80] : (char)code);
                }
                break;
            case '*':
                _hidden = true;
                break;
            case '~':
                Write(' ');
                break;
            case '\\' or '{' or '}':
                Write(c);
                break;
            case '_':
                Write('-');
                break;
            case '\r' or '\n':
                Write('\n');
                break;
            default:
                break;
        }
    }

    private void Word(string word, int? number)
    {
        switch (word)
        {
            case "par" or "line" or "sect" or "page" or "row":
                Write('\n');
                break;
            case "tab" or "cell":
                Write('\t');
                break;
            case "uc":
                _skipAfterUnicode = Math.Clamp(number ?? 1, 0, 16);
                break;
            case "u" when number is { } code:
                Write((char)(code & 0xffff));
                SkipFallback();
                break;
            case "lquote" or "rquote":
                Write('\'');
                break;
            case "ldblquote" or "rdblquote":
                Write('"');
                break;
            case "endash" or "emdash":
                Write('-');
                break;
            case "bullet":
                Write('\u2022');
                break;
            case "bin":
                _position = (int)Math.Min(_rtf.Length, (long)_position + Math.Max(0, number ?? 0));
                break;
            default:
                if (Array.IndexOf(Destinations, word) >= 0)
                    _hidden = true;
                break;
        }
    }

    private void SkipFallback()
    {
        for (var i = 0; i < _skipAfterUnicode && _position < _rtf.Length; i++)
        {
            if (_rtf[_position] is '{' or '}')
                return;
            if (_rtf[_position] != '\\')
                _position++;
            else if (_position + 4 <= _rtf.Length && _rtf[_position + 1] == '\'')
                _position += 4;
            else
                return;
        }
    }

    private void Write(char c)
    {
        if (!_hidden)
            _text.Add(c, _from, _position);
    }
}
