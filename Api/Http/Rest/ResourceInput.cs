using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>Reads resources that clients send, before anything is looked up.</summary>
internal static class ResourceInput
{
    private const int LongestKnown = 16 << 20;
    private const int FirstPart = 1 << 20;

    /// <summary>Levels of JSON that a resource may have.</summary>
    public const int MaxDepth = 64;

    // A member that stands twice would mean one thing here and another to who reads the record.
    private static readonly JsonDocumentOptions Options = new()
    {
        MaxDepth = MaxDepth,
        AllowDuplicateProperties = false,
    };

    private static readonly IReadOnlyDictionary<string, string> NoReferences = new Dictionary<string, string>(
        StringComparer.Ordinal
    );

    /// <summary>The body of a request; null with the problem.</summary>
    public static async Task<(byte[]? Body, Outcome? Problem)> ReadAsync(
        HttpRequest request,
        CancellationToken cancellation
    )
    {
        return FhirBody.IsReadable(request.ContentType)
            ? await ReadBytesAsync(request, cancellation)
            : (null, Outcomes.Table.WrongMediaType);
    }

    /// <summary>The same of any media type.</summary>
    public static async Task<(byte[]? Body, Outcome? Problem)> ReadBytesAsync(
        HttpRequest request,
        CancellationToken cancellation
    )
    {
        if (request.ContentLength is { } length and > 0 and <= LongestKnown)
            return (await ReadKnownAsync(request.Body, (int)length, cancellation), null);
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellation);
        return body.Length > ImportSource.MaxResourceBytes * 2
            ? (null, Outcomes.Table.TooLarge)
            : (body.ToArray(), null);
    }

    // Into one array, which a stream that grows would copy at its end. It is at most twice what came: a length that is only
    // claimed takes no memory.
    private static async Task<byte[]> ReadKnownAsync(Stream body, int length, CancellationToken cancellation)
    {
        var (all, read) = (new byte[Math.Min(length, FirstPart)], 0);
        while (true)
        {
            read += await body.ReadAtLeastAsync(all.AsMemory(read), all.Length - read, false, cancellation);
            if (read < all.Length)
                return all[..read];
            if (read == length)
                return all;
            Array.Resize(ref all, (int)Math.Min(length, 2L * all.Length));
        }
    }

    /// <summary>Type and id on the first level of a resource; null when it is no JSON object with a type.</summary>
    public static (string Type, string? Id)? Identity(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json);
        return document is null ? null : Identity(document.RootElement);
    }

    /// <summary>The same of a resource in a Bundle.</summary>
    public static (string Type, string? Id)? Identity(JsonElement resource)
    {
        try
        {
            if (
                resource.ValueKind != JsonValueKind.Object
                || !resource.TryGetProperty("resourceType", out var type)
                || type.ValueKind != JsonValueKind.String
            )
                return null;
            var hasId = resource.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String;
            return (type.GetString()!, hasId ? id.GetString() : null);
        }
        catch (InvalidOperationException)
        {
            return null; // text that is no Unicode
        }
    }

    // Null when it is no JSON, or has a member twice.
    private static JsonDocument? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, Options);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>
    /// The same for the type of the URL, with the conditional references resolved by the caller's own searches.
    /// </summary>
    public static Task<(PreparedRecord? Record, Outcome? Problem)> PrepareAsync(
        FhirExchange exchange,
        ReadOnlyMemory<byte> json,
        string id,
        bool isOwnId
    ) => PrepareAsync(exchange, json, exchange.Type, id, isOwnId, NoReferences);

    /// <summary>The same with references that are known already.</summary>
    public static async Task<(PreparedRecord? Record, Outcome? Problem)> PrepareAsync(
        FhirExchange exchange,
        ReadOnlyMemory<byte> json,
        string type,
        string id,
        bool isOwnId,
        IReadOnlyDictionary<string, string> references
    )
    {
        var prepared = Prepare(json, type, id, isOwnId, references);
        var conditional = ConditionalReferences.Of(prepared.Record).ToList();
        if (conditional.Count == 0)
            return prepared;
        var (names, problem) = await ConditionalReferences.ResolveAsync(exchange, conditional);
        if (problem is not null)
            return (null, problem);
        var all = new Dictionary<string, string>(references, StringComparer.Ordinal);
        foreach (var (reference, name) in names!)
            all[reference] = name;
        return Prepare(json, type, id, isOwnId, all);
    }

    /// <summary>
    /// Prepares a resource of the type of the URL. <paramref name="id"/> is the id it gets; with
    /// <paramref name="isOwnId"/> the body has to have the same.
    /// </summary>
    public static (PreparedRecord? Record, Outcome? Problem) Prepare(
        ReadOnlyMemory<byte> json,
        string type,
        string id,
        bool isOwnId,
        IReadOnlyDictionary<string, string>? references = null
    )
    {
        using var document = Parse(json);
        return Prepare(document?.RootElement ?? default, type, id, isOwnId, references);
    }

    /// <summary>The same of one that is read already, without a member that stands twice; undefined for none.</summary>
    public static (PreparedRecord? Record, Outcome? Problem) Prepare(
        JsonElement resource,
        string type,
        string id,
        bool isOwnId,
        IReadOnlyDictionary<string, string>? references = null
    )
    {
        if (Identity(resource) is not { } identity)
            return (null, Outcomes.Table.Structure("The body is not one FHIR resource in JSON."));
        if (!ResourceParser.ResourceTypes.Contains(identity.Type))
            return (null, Outcomes.Table.Structure("The body has no resource type of FHIR R4."));
        if (identity.Type != type)
            return (null, Outcomes.Table.BadRequest("The body's resource type is not that of the URL."));
        if (isOwnId && identity.Id != id)
            return (null, Outcomes.Table.BadRequest("The body's id is not that of the URL."));
        var record = PreparedRecord.TryPrepareServed(resource, references, id, out var issues);
        return record is null ? (null, Outcomes.Table.Invalid(issues)) : (record, null);
    }
}
