using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Records;

/// <summary>
/// The words of a plain, HTML or RTF text, and where each of them stands in the text as it was given: what is found in the
/// words is told by the offsets of the source. Tags and control words are no words.
/// </summary>
public sealed class SourceText
{
    private const string Html = "text/html";
    private const string Rtf = "application/rtf";
    private const string Plain = "text/plain";

    private readonly int[]? _starts;
    private readonly int[]? _ends;

    private SourceText(string contentType, string text) => (ContentType, Text) = (contentType, text);

    /// <summary>Words of which the unit i comes from the units starts[i] to ends[i] of the source.</summary>
    internal SourceText(string contentType, string text, int[] starts, int[] ends)
        : this(contentType, text) => (_starts, _ends) = (starts, ends);

    /// <summary>A text whose words are the text itself.</summary>
    public static SourceText OfPlain(string text) => new(Plain, text);

    /// <summary>What the source was read as: text/plain, text/html or application/rtf.</summary>
    public string ContentType { get; }

    /// <summary>Whether the words are the source itself.</summary>
    public bool IsPlain => _starts is null;

    /// <summary>The words.</summary>
    public string Text { get; }

    /// <summary>
    /// Reads a text of a content type (RFC 2046; parameters ignored): text/plain, text/markdown, text/html,
    /// application/xhtml+xml, text/rtf, application/rtf. Null when it is of another type.
    /// </summary>
    public static SourceText? TryRead(string text, string contentType) =>
        contentType.Split(';')[0].Trim().ToLowerInvariant() switch
        {
            Html or "application/xhtml+xml" => HtmlText.Of(text, Html),
            Rtf or "text/rtf" => RtfText.Of(text, Rtf),
            Plain or "text/markdown" => RtfText.Looks(text) ? RtfText.Of(text, Rtf) : OfPlain(text),
            _ => null,
        };

    /// <summary>
    /// Reads a file's text: by the ending of its name (.html, .htm, .xhtml, .rtf), else as what it begins like, else as plain
    /// text.
    /// </summary>
    public static SourceText OfFile(string name, string text) =>
        Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".html" or ".htm" or ".xhtml" => HtmlText.Of(text, Html),
            ".rtf" => RtfText.Of(text, Rtf),
            _ when RtfText.Looks(text) => RtfText.Of(text, Rtf),
            _ when HtmlText.Looks(text) => HtmlText.Of(text, Html),
            _ => OfPlain(text),
        };

    /// <summary>Where a span of <see cref="Text"/> stands in the source.</summary>
    public TextSpan InSource(TextSpan span)
    {
        if (_starts is null || _ends is null)
            return span;
        if (span.Length > 0)
            return new TextSpan(_starts[span.Start], _ends[span.End - 1]);
        var at = span.Start > 0 ? _ends[span.Start - 1] : 0;
        return new TextSpan(at, at);
    }
}
