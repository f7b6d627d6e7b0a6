using System.Text.Json;
using System.Text.Json.Nodes;

namespace MedLedger.Api.Fhir;

/// <summary>A patch as a client sends it (FHIR R4, http.html section 3.1.0.9): a JSON Patch, or Parameters of a FHIRPath Patch.</summary>
internal sealed class ResourcePatch
{
    /// <summary>RFC 6902.</summary>
    public const string JsonPatchType = "application/json-patch+json";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    private readonly JsonNode? _json;
    private readonly bool _isJsonPatch;

    private ResourcePatch(JsonNode? json, bool isJsonPatch)
    {
        _json = json;
        _isJsonPatch = isJsonPatch;
    }

    /// <summary>Reads a patch; null with the problem.</summary>
    public static ResourcePatch? TryRead(ReadOnlyMemory<byte> body, bool isJsonPatch, out string? problem)
    {
        problem = null;
        try
        {
            if (!isJsonPatch && ResourceParser.TryParse(body.Span, out problem) is not Hl7.Fhir.Model.Parameters)
            {
                problem ??= "a FHIRPath Patch is a Parameters resource";
                return null;
            }
            if (!IsReadable(body.Span))
            {
                problem = "it has text that is no Unicode, or a number that no decimal holds";
                return null;
            }
            return new ResourcePatch(JsonNode.Parse(body.Span, documentOptions: Strict), isJsonPatch);
        }
        catch (JsonException)
        {
            problem = "the patch is not readable as JSON";
            return null;
        }
    }

    /// <summary>
    /// The patch in an entry of a Bundle: a Binary has its own media type and holds a JSON Patch (FHIR R4, http.html
    /// section 3.1.0.9.1), Parameters are a FHIRPath Patch.
    /// </summary>
    public static (byte[] Body, string MediaType) OfEntry(byte[] resource)
    {
        try
        {
            using var json = JsonDocument.Parse(resource);
            if (
                json.RootElement.ValueKind == JsonValueKind.Object
                && SearchTerms.Text(json.RootElement, "resourceType") == "Binary"
                && json.RootElement.TryGetProperty("data", out var data)
                && data.ValueKind == JsonValueKind.String
                && data.TryGetBytesFromBase64(out var body)
            )
                return (body, SearchTerms.Text(json.RootElement, "contentType") ?? "");
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // It is refused where it is read as Parameters.
        }
        return (resource, "application/fhir+json");
    }

    // JSON nodes read their values when they are asked for them: what cannot be read is refused before.
    private static bool IsReadable(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Strict.MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String)
                    reader.GetString();
                else if (reader.TokenType == JsonTokenType.Number && !reader.TryGetDecimal(out _))
                    return false;
            }
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // a lone surrogate
        }
    }

    /// <summary>The patched resource; null with the problem, which has no value of the resource.</summary>
    public JsonObject? Apply(JsonObject resource, out string? problem)
    {
        var patched = _isJsonPatch
            ? JsonPatch.Apply(resource, _json, out problem)
            : FhirPathPatch.Apply(resource, (JsonObject)_json!, out problem);
        if (problem is null && patched is not JsonObject)
            problem = "what is left is no resource";
        return problem is null ? (JsonObject)patched! : null;
    }
}
