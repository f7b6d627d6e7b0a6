using System.Text;
using System.Text.Json;

namespace MedLedger.Analytics.Records;

/// <summary>Reads FHIR Attachments (R4 datatypes) that hold plain text, HTML or RTF; says why others are not read.</summary>
internal static class AttachmentText
{
    /// <summary>The text, or null and the reason.</summary>
    public static string? TryRead(JsonElement attachment, out string why)
    {
        var contentType = attachment.TryGetProperty("contentType", out var t) ? t.GetString() ?? "" : "";
        var type = contentType.Split(';')[0].Trim().ToLowerInvariant();
        why = type.Length == 0 ? "no content type" : type;
        if (SourceText.TryRead("", contentType) is null)
            return null;
        if (!attachment.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.String)
        {
            why = attachment.TryGetProperty("url", out _) ? "content is elsewhere (url)" : "no content";
            return null;
        }
        if (!data.TryGetBytesFromBase64(out var bytes))
        {
            why = "content is not base64";
            return null;
        }
        if (Decode(bytes, contentType) is not { } text)
        {
            why = "content is not in its character set";
            return null;
        }
        return SourceText.TryRead(text, contentType)?.Text;
    }

    private static string? Decode(byte[] bytes, string contentType)
    {
        var at = contentType.IndexOf("charset=", StringComparison.OrdinalIgnoreCase);
        var charset = at < 0 ? "utf-8" : contentType[(at + 8)..].Split(';')[0].Trim(' ', '"').ToLowerInvariant();
        Encoding? encoding = charset switch
        {
            "utf-8" or "us-ascii" or "ascii" => new UTF8Encoding(false, throwOnInvalidBytes: true),
            "utf-16" or "utf-16le" => new UnicodeEncoding(false, false, throwOnInvalidBytes: true),
            "utf-16be" => new UnicodeEncoding(true, false, throwOnInvalidBytes: true),
            "iso-8859-1" or "latin1" or "windows-1252" => Encoding.Latin1,
            _ => null,
        };
        try
        {
            return encoding?.GetString(bytes).TrimStart('\ufeff');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
