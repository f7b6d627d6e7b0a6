using System.Xml;

namespace MedLedger.Api.Fhir;

/// <summary>
/// What the schema of FHIR's XHTML leaves open (the strict parser holds narrative to it: no script, no form, no event
/// handler): nothing is fetched from elsewhere or run by a link. What breaks this is refused and not rewritten: the text is
/// what somebody attested.
/// </summary>
internal static class NarrativeCheck
{
    private const int MaxDepth = 64;

    private static readonly string[] Links = ["http:", "https:", "mailto:", "tel:", "urn:"];
    private static readonly string[] InStyle =
    [
        "url(",
        "expression",
        "@import",
        "javascript:",
        "behavior",
        "-moz-binding",
        "\\",
        "/*",
    ];

    /// <summary>What is wrong with a <c>div</c>; null when nothing is.</summary>
    public static string? Problem(string div)
    {
        try
        {
            using var text = new StringReader(div);
            using var reader = XmlReader.Create(
                text,
                new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null }
            );
            while (reader.Read())
            {
                if (reader.Depth > MaxDepth)
                    return "the narrative is nested too deeply";
                if (reader.NodeType == XmlNodeType.ProcessingInstruction)
                    return "the narrative has a processing instruction";
                if (reader.NodeType == XmlNodeType.Element && Check(reader) is { } problem)
                    return problem;
            }
            return null;
        }
        catch (XmlException)
        {
            return "the narrative is no well-formed XHTML";
        }
    }

    private static string? Check(XmlReader reader)
    {
        var element = reader.LocalName;
        for (var more = reader.MoveToFirstAttribute(); more; more = reader.MoveToNextAttribute())
        {
            var isSafe = reader.Name switch
            {
                "href" => IsLink(reader.Value),
                "src" => element == "img" && IsImage(reader.Value),
                "longdesc" or "cite" or "usemap" => IsLink(reader.Value),
                "style" => !Array.Exists(InStyle, s => reader.Value.Contains(s, StringComparison.OrdinalIgnoreCase)),
                _ => true,
            };
            if (!isSafe)
                return "the narrative links to or fetches what a browser must not";
        }
        reader.MoveToElement();
        return null;
    }

    // Links are followed by a click only; anything with a scheme that runs something is none.
    private static bool IsLink(string value) =>
        !HasScheme(value)
        || Array.Exists(Links, s => value.TrimStart().StartsWith(s, StringComparison.OrdinalIgnoreCase));

    // An image is fetched without a click: it lies in the resource, or beside it on this server.
    private static bool IsImage(string value) =>
        value.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase)
            ? !value.StartsWith("data:image/svg", StringComparison.OrdinalIgnoreCase)
            : !HasScheme(value) && !value.TrimStart().StartsWith("//", StringComparison.Ordinal);

    private static bool HasScheme(string value)
    {
        var text = string.Concat(value.Where(c => !char.IsControl(c) && !char.IsWhiteSpace(c)));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var end = text.AsSpan().IndexOfAny('/', '?', '#');
        return colon >= 0 && (end < 0 || colon < end);
    }
}
