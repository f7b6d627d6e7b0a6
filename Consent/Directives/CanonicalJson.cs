using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MedLedger.Consent.Directives;

/// <summary>
/// One byte string for one JSON value: no white space, members sorted by UTF-16 code units and strings escaped as in
/// RFC 8785, section 3.2, but numbers as they are written, because FHIR decimals carry their precision.
/// </summary>
internal static class CanonicalJson
{
    public static byte[] Digest(JsonElement value)
    {
        var text = new StringBuilder();
        Write(text, value);
        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static void Write(StringBuilder text, JsonElement value)
    {
        var first = true;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    if (!first)
                        text.Append(',');
                    first = false;
                    WriteString(text, member.Name);
                    text.Append(':');
                    Write(text, member.Value);
                }
                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (var item in value.EnumerateArray())
                {
                    if (!first)
                        text.Append(',');
                    first = false;
                    Write(text, item);
                }
                text.Append(']');
                break;
            case JsonValueKind.String:
                WriteString(text, value.GetString()!);
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var letter in value)
        {
            _ = letter switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append("\\u").Append(((int)letter).ToString("x4")),
                _ => text.Append(letter),
            };
        }
        text.Append('"');
    }
}
