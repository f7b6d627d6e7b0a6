using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace MedLedger.Consent.Directives;

/// <summary>
/// JSON as a consent must be: UTF-8, no comments, no trailing commas, no member twice, no deeper than
/// <see cref="MaxDepth"/>, no larger than <see cref="MaxBytes"/>. (FHIR's own JSON says that members are unique;
/// two readers that pick different ones would decide differently.)
/// </summary>
public static class StrictJson
{
    /// <summary>The deepest nesting that is read. The FHIR SDK stops at 64, which nested provisions exceed.</summary>
    public const int MaxDepth = 256;

    /// <summary>The largest document that is read, 32 MiB.</summary>
    public const int MaxBytes = 32 << 20;

    private static readonly JsonDocumentOptions Options = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = MaxDepth,
    };

    /// <summary>Reads one JSON object. A byte order mark before it is skipped. False for anything else, without a reason.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        if (utf8.Span.StartsWith("\uFEFF"u8))
            utf8 = utf8[3..];
        if (utf8.Length > MaxBytes || !System.Text.Unicode.Utf8.IsValid(utf8.Span))
            return false;
        try
        {
            document = JsonDocument.Parse(utf8, Options);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return true;
        document.Dispose();
        document = null;
        return false;
    }

    /// <summary>A member that is a non-empty string; null when it is absent, of another kind, or not valid Unicode.</summary>
    public static string? Text(JsonElement element, string name)
    {
        if (
            element.ValueKind != JsonValueKind.Object
            || !element.TryGetProperty(name, out var value)
            || value.ValueKind != JsonValueKind.String
        )
            return null;
        return Text(value);
    }

    /// <summary>The value of a JSON string; null when it is empty or holds half of a surrogate pair.</summary>
    public static string? Text(JsonElement value)
    {
        try
        {
            return value.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
