using System.Net;

namespace MedLedger.Analytics.Records;

/// <summary>The words of an HTML or XHTML text: tags out, blocks on their own lines, references decoded. Linear, never fails.</summary>
internal static class HtmlText
{
    private static readonly string[] Blocks =
    [
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "table",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "section",
        "article",
        "header",
        "footer",
        "pre",
        "blockquote",
        "dt",
        "dd",
        "dl",
        "hr",
        "tbody",
        "thead",
        "caption",
        "title",
        "body",
    ];

    private static readonly string[] Hidden = ["script", "style", "head", "template", "noscript"];

    private const int LongestReference = 40;

    /// <summary>Whether a text begins as an HTML document does.</summary>
    public static bool Looks(string text)
    {
        var start = text.AsSpan().TrimStart();
        if (start.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase))
            start = start[(start.IndexOf('>') + 1)..].TrimStart();
        return start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The readable text.</summary>
    public static SourceText Of(string html, string contentType)
    {
        var text = new SourceTextBuilder(html.Length);
        var position = 0;
        while (position < html.Length)
        {
            if (html[position] != '<')
            {
                position = Character(html, position, text);
                continue;
            }
            if (html.AsSpan(position).StartsWith("<!--", StringComparison.Ordinal))
            {
                position = After(html, "-->", position);
                continue;
            }
            if (html.AsSpan(position).StartsWith("<![CDATA[", StringComparison.Ordinal))
            {
                var end = html.IndexOf("]]>", position, StringComparison.Ordinal);
                for (var i = position + 9; i < (end < 0 ? html.Length : end); i++)
                    Append(text, html[i], i, i + 1);
                position = end < 0 ? html.Length : end + 3;
                continue;
            }
            position = Tag(html, position, text);
        }
        return text.Build(contentType);
    }

    // One character or one character reference.
    private static int Character(string html, int position, SourceTextBuilder text)
    {
        var end = position + 1;
        if (html[position] == '&')
        {
            var length = html.AsSpan(position, Math.Min(LongestReference, html.Length - position)).IndexOf(';') + 1;
            var reference = html.Substring(position, length);
            var decoded = WebUtility.HtmlDecode(reference);
            if (decoded != reference)
            {
                foreach (var c in decoded)
                    Append(text, c, position, position + length);
                return position + length;
            }
        }
        Append(text, html[position], position, end);
        return end;
    }

    private static int Tag(string html, int open, SourceTextBuilder text)
    {
        var close = html.IndexOf('>', open);
        if (close < 0)
        {
            for (var i = open; i < html.Length; i++)
                text.Add(html[i], i, i + 1);
            return html.Length;
        }
        var inside = html.AsSpan(open + 1, close - open - 1).TrimStart('/');
        var length = 0;
        while (length < inside.Length && char.IsAsciiLetterOrDigit(inside[length]))
            length++;
        if (length == 0 && inside.Length > 0 && inside[0] is not ('!' or '?'))
        {
            text.Add('<', open, open + 1); // "a < b" in careless HTML
            return open + 1;
        }
        var name = inside[..length].ToString().ToLowerInvariant();
        if (Array.IndexOf(Hidden, name) >= 0 && html[open + 1] != '/' && !inside.EndsWith("/"))
            return After(html, ">", IndexOfEnd(html, name, close));
        if (Array.IndexOf(Blocks, name) >= 0 && text.Last is not ('\0' or '\n'))
            text.Add('\n', open, close + 1);
        else if (name is "td" or "th" && text.Last != '\0' && !char.IsWhiteSpace(text.Last))
            text.Add(' ', open, close + 1);
        return close + 1;
    }

    private static int IndexOfEnd(string html, string name, int from)
    {
        var end = html.IndexOf("</" + name, from, StringComparison.OrdinalIgnoreCase);
        return end < 0 ? html.Length : end;
    }

    private static int After(string html, string mark, int from)
    {
        var at = from < html.Length ? html.IndexOf(mark, from, StringComparison.Ordinal) : -1;
        return at < 0 ? html.Length : at + mark.Length;
    }

    // White space of any length is one space.
    private static void Append(SourceTextBuilder text, char c, int start, int end)
    {
        if (!char.IsWhiteSpace(c))
            text.Add(c, start, end);
        else if (text.Last != '\0' && !char.IsWhiteSpace(text.Last))
            text.Add(' ', start, end);
    }
}
