using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Consent.Access;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Records;

/// <summary>One record version that the gate permitted, opened: the only thing that response bodies are made of.</summary>
internal sealed class ReadableRecord(StoredRecord stored, OpenedRecord opened) : IDisposable
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
        MaxDepth = 128,
    };

    /// <summary><c>Type/id</c>.</summary>
    public string Reference => opened.Reference;

    /// <summary>The FHIR resource type.</summary>
    public string Type => Reference[..Reference.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>The id.</summary>
    public string Id => Reference[(Type.Length + 1)..];

    /// <summary>The opaque storage key.</summary>
    public string RecordKey => opened.RecordKey;

    /// <summary>From 1; <c>meta.versionId</c>.</summary>
    public int Version => opened.Version;

    /// <summary><c>meta.lastUpdated</c>.</summary>
    public DateTimeOffset Written => stored.Written;

    /// <summary>The version that says that the record was deleted.</summary>
    public bool IsDeleted => stored.IsDeleted;

    /// <summary>The newest version.</summary>
    public bool IsCurrent => stored.IsCurrent;

    /// <summary>The content as it was sealed, UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Content => opened.Content();

    /// <summary>
    /// The resource as it leaves: the sealed content, with version, time and all labels (those that the rules derived, too)
    /// in <c>meta</c>, whatever stood there.
    /// </summary>
    public byte[] ToBody() => ToBody(Content, Reference, Version, Written, Facts.Labels);

    /// <summary>Keys of the patients' compartments it is in; empty when it is the organization's.</summary>
    public IReadOnlyList<string> PatientKeys =>
        [.. opened.Permits.Where(p => p.Basis != PermitBasis.Organization).Select(p => p.PatientKey)];

    /// <summary>The facts that were sealed with it.</summary>
    public ResourceFacts Facts => opened.Facts;

    /// <summary>The labels that stand in the content itself; <see cref="Facts"/> has those that the rules derived, too.</summary>
    public IReadOnlyList<Coding> StatedLabels
    {
        get
        {
            using var document = JsonDocument.Parse(Content);
            return ResourceDescription.Labels(document.RootElement);
        }
    }

    /// <summary>The same, of a record that was just written.</summary>
    public static byte[] ToBody(
        ReadOnlyMemory<byte> content,
        string reference,
        int version,
        DateTimeOffset written,
        IReadOnlyList<Coding> labels
    )
    {
        var slash = reference.IndexOf('/', StringComparison.Ordinal);
        using var document = JsonDocument.Parse(content);
        var output = new ArrayBufferWriter<byte>(content.Length + 256);
        using (var writer = new Utf8JsonWriter(output, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("resourceType", reference[..slash]);
            writer.WriteString("id", reference[(slash + 1)..]);
            writer.WriteStartObject("meta");
            writer.WriteString("versionId", version.ToString(CultureInfo.InvariantCulture));
            writer.WriteString("lastUpdated", Instant(written));
            WriteMeta(writer, document.RootElement.TryGetProperty("meta", out var meta) ? meta : null, labels);
            writer.WriteEndObject();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.NameEquals("resourceType") || member.NameEquals("id") || member.NameEquals("meta"))
                    continue;
                writer.WritePropertyName(member.Name);
                writer.WriteRawValue(member.Value.GetRawText(), skipInputValidation: true);
            }
            writer.WriteEndObject();
        }
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A FHIR instant in UTC, to the millisecond.</summary>
    public static string Instant(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public void Dispose() => opened.Dispose();

    private static void WriteMeta(Utf8JsonWriter writer, JsonElement? given, IReadOnlyList<Coding> all)
    {
        var own = new HashSet<(string?, string)>();
        var labels = new List<JsonElement>();
        if (given is { ValueKind: JsonValueKind.Object } meta)
        {
            foreach (var member in meta.EnumerateObject())
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
        if (labels.Count + derived.Count > 0)
        {
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
}
