using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Records;

/// <summary>
/// A resource as it leaves: the sealed content as it stands, but for <c>meta</c>, which gets version, time and all labels
/// (those that the rules derived, too), whatever stood there.
/// </summary>
internal static class ResourceBody
{
    private const int LargestMeta = 512;

    private static readonly JsonReaderOptions Reading = new() { MaxDepth = 512 };
    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>The resource.</summary>
    /// <param name="content">A canonical JSON object, UTF-8.</param>
    /// <param name="reference"><c>Type/id</c>.</param>
    /// <param name="version">From 1.</param>
    /// <param name="written">When it was written.</param>
    /// <param name="labels">All labels.</param>
    public static byte[] Of(
        ReadOnlySpan<byte> content,
        string reference,
        int version,
        DateTimeOffset written,
        IReadOnlyList<Coding> labels
    )
    {
        var others = new List<Range>();
        byte[]? meta = null;
        var reader = new Utf8JsonReader(content, Reading);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            var isMeta = reader.ValueTextEquals("meta"u8);
            var isName = reader.ValueTextEquals("resourceType"u8) || reader.ValueTextEquals("id"u8);
            reader.Read();
            if (isMeta)
                start = (int)reader.TokenStartIndex;
            reader.Skip();
            var end = (int)reader.BytesConsumed;
            if (isMeta)
                meta = content[start..end].ToArray();
            else if (!isName)
                others.Add(start..end);
        }

        var output = new ArrayBufferWriter<byte>(content.Length + LargestMeta);
        using (var writer = new Utf8JsonWriter(output, Writing))
        {
            var slash = reference.IndexOf('/', StringComparison.Ordinal);
            writer.WriteStartObject();
            writer.WriteString("resourceType"u8, reference.AsSpan(0, slash));
            writer.WriteString("id"u8, reference.AsSpan(slash + 1));
            writer.WriteStartObject("meta"u8);
            writer.WriteString("versionId"u8, version.ToString(CultureInfo.InvariantCulture));
            writer.WriteString("lastUpdated"u8, ReadableRecord.Instant(written));
            WriteMeta(writer, meta, labels);
            writer.WriteEndObject();
        }
        foreach (var other in others)
        {
            output.Write(","u8);
            output.Write(content[other]);
        }
        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }

    private static void WriteMeta(Utf8JsonWriter writer, byte[]? given, IReadOnlyList<Coding> all)
    {
        if (given is null && all.Count == 0)
            return;
        using var document = JsonDocument.Parse(given ?? "{}"u8.ToArray());
        var own = new HashSet<(string?, string)>();
        var labels = new List<JsonElement>();
        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.NameEquals("security"))
                {
                    labels.AddRange(member.Value.EnumerateArray());
                }
                else if (!member.NameEquals("versionId") && !member.NameEquals("lastUpdated"))
                {
                    writer.WritePropertyName(member.Name);
                    writer.WriteRawValue(member.Value.GetRawText(), skipInputValidation: true);
                }
            }
        }
        foreach (var label in labels)
        {
            own.Add(
                (
                    label.TryGetProperty("system", out var system) ? system.GetString() : null,
                    label.TryGetProperty("code", out var code) ? code.GetString()! : ""
                )
            );
        }
        var derived = all.Where(label => !own.Contains((label.System, label.Code))).ToList();
        if (labels.Count + derived.Count == 0)
            return;
        writer.WriteStartArray("security");
        foreach (var label in labels)
            writer.WriteRawValue(label.GetRawText(), skipInputValidation: true);
        foreach (var label in derived)
        {
            writer.WriteStartObject();
            if (label.System is not null)
                writer.WriteString("system", label.System);
            writer.WriteString("code", label.Code);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}
