using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>Writes Bundles of opened records: searchset and history (FHIR R4, bundle.html).</summary>
internal sealed class BundleWriter(string type, string baseUrl)
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly List<(string Relation, string Url)> _links = [];
    private readonly List<Action<Utf8JsonWriter>> _entries = [];

    /// <summary>How many match in all, of those that the caller may see; null when it is not told.</summary>
    public int? Total { get; init; }

    /// <summary>Adds a link.</summary>
    public void Link(string relation, string url) => _links.Add((relation, url));

    /// <summary>Adds the link to what was asked.</summary>
    public void Self(HttpRequest request) =>
        Link("self", $"{request.Scheme}://{request.Host}{request.Path}{request.QueryString}");

    /// <summary>Adds a version of a resource, with the request that made it.</summary>
    public void AddVersion(ReadableRecord record)
    {
        var (body, reference) = (record.IsDeleted ? null : record.ToBody(), record.Reference);
        var (version, written, resourceType) = (record.Version, record.Written, record.Type);
        _entries.Add(writer =>
        {
            writer.WriteString("fullUrl", $"{baseUrl}/{reference}");
            if (body is not null)
            {
                writer.WritePropertyName("resource");
                writer.WriteRawValue(body, skipInputValidation: true);
            }
            writer.WriteStartObject("request");
            writer.WriteString(
                "method",
                body is null ? "DELETE"
                    : version == 1 ? "POST"
                    : "PUT"
            );
            writer.WriteString("url", body is not null && version == 1 ? resourceType : reference);
            writer.WriteEndObject();
            writer.WriteStartObject("response");
            writer.WriteString(
                "status",
                body is null ? "204"
                    : version == 1 ? "201"
                    : "200"
            );
            writer.WriteString("etag", FhirBody.ETag(version));
            writer.WriteString("lastModified", ReadableRecord.Instant(written));
            writer.WriteEndObject();
        });
    }

    /// <summary>Adds a resource that a search found.</summary>
    /// <param name="reference"><c>Type/id</c>; null for an OperationOutcome.</param>
    /// <param name="body">The resource.</param>
    /// <param name="mode">match, include or outcome.</param>
    public void AddFound(string? reference, byte[] body, string mode) =>
        _entries.Add(writer =>
        {
            if (reference is not null)
                writer.WriteString("fullUrl", $"{baseUrl}/{reference}");
            writer.WritePropertyName("resource");
            writer.WriteRawValue(body, skipInputValidation: true);
            writer.WriteStartObject("search");
            writer.WriteString("mode", mode);
            writer.WriteEndObject();
        });

    /// <summary>The Bundle.</summary>
    public byte[] ToBody()
    {
        var output = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(output, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("resourceType", "Bundle");
            writer.WriteString("type", type);
            if (Total is { } total)
                writer.WriteNumber("total", total);
            if (_links.Count > 0)
            {
                writer.WriteStartArray("link");
                foreach (var (relation, url) in _links)
                {
                    writer.WriteStartObject();
                    writer.WriteString("relation", relation);
                    writer.WriteString("url", url);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            }
            // FHIR JSON has no empty arrays.
            if (_entries.Count > 0)
            {
                writer.WriteStartArray("entry");
                foreach (var entry in _entries)
                {
                    writer.WriteStartObject();
                    entry(writer);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        return output.WrittenSpan.ToArray();
    }
}
