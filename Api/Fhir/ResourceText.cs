using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>
/// The JSON text of a resource as it is stored: the same values, numbers by their text (a decimal's precision is meaning
/// in FHIR).
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
    /// The stored text of a resource: <c>resourceType</c> first, all other members sorted by name, so that neither white
    /// space, escapes nor order of members make another content.
    /// </summary>
    /// <param name="resource">A resource that the strict parser accepted.</param>
    /// <param name="references">References that are keys here are replaced by the values.</param>
    /// <param name="newId">When not null, written as the resource's id, whatever it has.</param>
    /// <param name="isServed">Version and time of <c>meta</c> are the server's, and left out.</param>
    public static byte[] Canonical(
        JsonElement resource,
        IReadOnlyDictionary<string, string>? references = null,
        string? newId = null,
        bool isServed = false
    )
    {
        var output = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(output, Options))
        {
            writer.WriteStartObject();
            if (resource.TryGetProperty("resourceType", out var type))
                writer.WriteString("resourceType", type.GetString());
            if (newId is not null)
                writer.WriteString("id", newId);
            foreach (var member in resource.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
            {
                if (member.NameEquals("resourceType") || (newId is not null && member.NameEquals("id")))
                    continue;
                if (isServed && member.NameEquals("meta"))
                {
                    WriteMeta(writer, member.Value, references);
                    continue;
                }
                writer.WritePropertyName(member.Name);
                Write(writer, member.Value, references);
            }
            writer.WriteEndObject();
        }
        return output.WrittenSpan.ToArray();
    }

    private static void WriteMeta(
        Utf8JsonWriter writer,
        JsonElement meta,
        IReadOnlyDictionary<string, string>? references
    )
    {
        var kept = meta.EnumerateObject()
            .Where(m => !m.NameEquals("versionId") && !m.NameEquals("lastUpdated"))
            .OrderBy(m => m.Name, StringComparer.Ordinal)
            .ToList();
        if (kept.Count == 0)
            return;
        writer.WriteStartObject("meta");
        foreach (var member in kept)
        {
            writer.WritePropertyName(member.Name);
            Write(writer, member.Value, references);
        }
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, IReadOnlyDictionary<string, string>? references)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    if (
                        references is not null
                        && member.Value.ValueKind == JsonValueKind.String
                        && member.NameEquals("reference")
                        && references.TryGetValue(member.Value.GetString()!, out var replacement)
                    )
                        writer.WriteStringValue(replacement);
                    else
                        Write(writer, member.Value, references);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(writer, item, references);
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
}
