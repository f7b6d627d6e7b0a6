using System.Text.Json;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Records;

/// <summary>Which resource an entry is, read from its first level only.</summary>
internal static class EntryIdentity
{
    private const string Uuid = "urn:uuid:";

    /// <summary>Type and id; the id of the full URL when the resource has none. Null when there is no telling.</summary>
    public static (string Type, string Id)? TryRead(SourceEntry entry)
    {
        string? type = null,
            id = null;
        try
        {
            var reader = new Utf8JsonReader(entry.Json.Span, new JsonReaderOptions { MaxDepth = 1 << 20 });
            while (reader.Read() && (type is null || id is null))
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;
                var isType = reader.ValueTextEquals("resourceType");
                var isId = reader.ValueTextEquals("id");
                reader.Read();
                if (isType && reader.TokenType == JsonTokenType.String)
                    type = reader.GetString();
                else if (isId && reader.TokenType == JsonTokenType.String)
                    id = reader.GetString();
                else
                    reader.TrySkip();
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return null;
        }
        id ??= entry.FullUrl is { } url ? IdOf(url) : null;
        return type is null || id is null ? null : (type, id);
    }

    /// <summary>The id that a full URL gives: the UUID of <c>urn:uuid:</c>, or the last part of a URL.</summary>
    public static string? IdOf(string fullUrl)
    {
        var id = fullUrl.StartsWith(Uuid, StringComparison.Ordinal)
            ? fullUrl[Uuid.Length..]
            : fullUrl[(fullUrl.LastIndexOf('/') + 1)..];
        return LiteralReference.IsId(id) ? id : null;
    }
}
