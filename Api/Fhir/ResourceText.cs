using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>
/// The JSON text of a resource as it is stored: white space removed, everything else as it came, numbers by their text
/// (a decimal's precision is meaning in FHIR).
/// </summary>
internal static class ResourceText
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
        MaxDepth = 128,
    };

    /// <summary>
    /// Compacts a well-formed resource. References that are keys of <paramref name="references"/> are replaced by its values;
    /// <paramref name="newId"/>, when not null, is written as the resource's id.
    /// </summary>
    public static byte[] Compact(
        ReadOnlySpan<byte> json,
        IReadOnlyDictionary<string, string>? references = null,
        string? newId = null
    )
    {
        var output = new ArrayBufferWriter<byte>(json.Length + 64);
        using var writer = new Utf8JsonWriter(output, Options);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 128 });
        var isReference = false;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    writer.WriteStartObject();
                    if (newId is not null && reader.CurrentDepth == 0)
                        writer.WriteString("id", newId);
                    break;
                case JsonTokenType.EndObject:
                    writer.WriteEndObject();
                    break;
                case JsonTokenType.StartArray:
                    writer.WriteStartArray();
                    break;
                case JsonTokenType.EndArray:
                    writer.WriteEndArray();
                    break;
                case JsonTokenType.PropertyName:
                    isReference = reader.ValueTextEquals("reference");
                    WriteName(writer, ref reader);
                    continue;
                case JsonTokenType.String when isReference && references is not null:
                    var value = reader.GetString()!;
                    writer.WriteStringValue(references.GetValueOrDefault(value, value));
                    break;
                case JsonTokenType.String:
                    WriteString(writer, ref reader);
                    break;
                case JsonTokenType.Number:
                    writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    writer.WriteBooleanValue(reader.TokenType == JsonTokenType.True);
                    break;
                default:
                    writer.WriteNullValue();
                    break;
            }
            isReference = false;
        }
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>
    /// SHA-256 over the text with members sorted by name, so that neither white space, escapes nor order of members
    /// make another content. 32 bytes.
    /// </summary>
    public static byte[] Digest(JsonElement resource)
    {
        var output = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(output, Options))
            WriteSorted(writer, resource);
        return SHA256.HashData(output.WrittenSpan);
    }

    private static void WriteSorted(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    WriteSorted(writer, member.Value);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    WriteSorted(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(value.GetRawText(), skipInputValidation: true);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteName(Utf8JsonWriter writer, ref Utf8JsonReader reader)
    {
        if (reader.ValueIsEscaped)
            writer.WritePropertyName(reader.GetString()!);
        else
            writer.WritePropertyName(reader.ValueSpan);
    }

    private static void WriteString(Utf8JsonWriter writer, ref Utf8JsonReader reader)
    {
        if (reader.ValueIsEscaped)
            writer.WriteStringValue(reader.GetString());
        else
            writer.WriteStringValue(reader.ValueSpan);
    }
}
