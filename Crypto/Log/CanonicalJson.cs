using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MedLedger.Crypto.Log;

/// <summary>
/// The canonical form of JSON (RFC 8785) for what we sign. Numbers are integers between -(2^53 - 1) and 2^53 - 1 in
/// their shortest form; others are refused, so that no two readers can differ on them.
/// </summary>
public static class CanonicalJson
{
    private const long MaxInteger = (1L << 53) - 1;

    private static readonly JsonDocumentOptions Strict = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = 16,
    };

    /// <summary>Reads UTF-8 JSON without duplicate members, comments or trailing commas, at most 16 levels deep.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        try
        {
            document = JsonDocument.Parse(utf8, Strict);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false; // the second for a member name with a lone surrogate
        }
    }

    /// <summary>The canonical bytes of a value; false when a number or a string has none.</summary>
    /// <param name="value">The value.</param>
    /// <param name="without">Members of the outermost object that are left out (a signature).</param>
    /// <param name="bytes">UTF-8.</param>
    public static bool TryWrite(
        JsonElement value,
        IReadOnlyCollection<string> without,
        [NotNullWhen(true)] out byte[]? bytes
    )
    {
        bytes = null;
        var output = new StringBuilder();
        try
        {
            if (!TryWrite(value, without, output))
                return false;
            bytes = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(output.ToString());
            return true;
        }
        catch (Exception e) when (e is EncoderFallbackException or InvalidOperationException)
        {
            return false; // a lone surrogate, escaped or not
        }
    }

    private static bool TryWrite(JsonElement value, IReadOnlyCollection<string> without, StringBuilder output)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                return TryWriteObject(value, without, output);
            case JsonValueKind.Array:
                output.Append('[');
                foreach (var (item, i) in value.EnumerateArray().Select((item, i) => (item, i)))
                {
                    if (i > 0)
                        output.Append(',');
                    if (!TryWrite(item, [], output))
                        return false;
                }
                output.Append(']');
                return true;
            case JsonValueKind.String:
                WriteString(value.GetString()!, output);
                return true;
            case JsonValueKind.Number:
                return TryWriteInteger(value, output);
            case JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null:
                output.Append(value.GetRawText());
                return true;
            default:
                return false;
        }
    }

    private static bool TryWriteObject(JsonElement value, IReadOnlyCollection<string> without, StringBuilder output)
    {
        output.Append('{');
        // RFC 8785, section 3.2.3: members sorted by their UTF-16 code units.
        var members = value
            .EnumerateObject()
            .Where(m => !without.Contains(m.Name, StringComparer.Ordinal))
            .OrderBy(m => m.Name, StringComparer.Ordinal);
        var first = true;
        foreach (var member in members)
        {
            if (!first)
                output.Append(',');
            first = false;
            WriteString(member.Name, output);
            output.Append(':');
            if (!TryWrite(member.Value, [], output))
                return false;
        }
        output.Append('}');
        return true;
    }

    private static bool TryWriteInteger(JsonElement value, StringBuilder output)
    {
        if (!value.TryGetInt64(out var number) || number is < -MaxInteger or > MaxInteger)
            return false;
        var text = number.ToString(CultureInfo.InvariantCulture);
        if (!string.Equals(text, value.GetRawText(), StringComparison.Ordinal))
            return false;
        output.Append(text);
        return true;
    }

    // RFC 8785, section 3.2.2.2
    private static void WriteString(string text, StringBuilder output)
    {
        output.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => output.Append("\\\""),
                '\\' => output.Append("\\\\"),
                '\b' => output.Append("\\b"),
                '\t' => output.Append("\\t"),
                '\n' => output.Append("\\n"),
                '\f' => output.Append("\\f"),
                '\r' => output.Append("\\r"),
                < ' ' => output.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => output.Append(c),
            };
        }
        output.Append('"');
    }
}
