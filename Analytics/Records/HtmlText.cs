using System.Net;
using System.Text;

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

    /// <summary>The readable text.</summary>
    public static string Of(string html)
    {
        var text = new StringBuilder(html.Length);
        var position = 0;
        while (position < html.Length)
        {
            if (html[position] != '<')
            {
                var next = html.IndexOf('<', position);
                next = next < 0 ? html.Length : next;
                Append(text, WebUtility.HtmlDecode(html[position..next]));
                position = next;
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
                Append(text, html[(position + 9)..(end < 0 ? html.Length : Math.Max(end, position + 9))]);
                position = end < 0 ? html.Length : end + 3;
                continue;
            }
            position = Tag(html, position, text);
        }
        return text.ToString().Trim();
    }

    private static int Tag(string html, int open, StringBuilder text)
    {
        var close = html.IndexOf('>', open);
        if (close < 0)
        {
            text.Append(html.AsSpan(open));
            return html.Length;
        }
        var inside = html.AsSpan(open + 1, close - open - 1).TrimStart('/');
        var length = 0;
        while (length < inside.Length && char.IsAsciiLetterOrDigit(inside[length]))
            length++;
        if (length == 0 && inside.Length > 0 && inside[0] is not ('!' or '?'))
        {
            text.Append('<'); // "a < b" in careless HTML
            return open + 1;
        }
        var name = inside[..length].ToString().ToLowerInvariant();
        if (Array.IndexOf(Hidden, name) >= 0 && html[open + 1] != '/' && !inside.EndsWith("/"))
            return After(html, ">", IndexOfEnd(html, name, close));
        if (Array.IndexOf(Blocks, name) >= 0 && text.Length > 0 && text[^1] != '\n')
            text.Append('\n');
        else if (name is "td" or "th" && text.Length > 0 && !char.IsWhiteSpace(text[^1]))
            text.Append(' ');
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

    private static void Append(StringBuilder text, string words)
    {
        foreach (var c in words)
        {
            if (!char.IsWhiteSpace(c))
                text.Append(c);
            else if (text.Length > 0 && !char.IsWhiteSpace(text[^1]))
                text.Append(' ');
        }
    }
}
