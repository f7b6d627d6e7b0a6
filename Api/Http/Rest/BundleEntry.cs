using System.Runtime.InteropServices;
using System.Text.Json;

namespace MedLedger.Api.Http.Rest;

/// <summary>One entry of a batch or transaction, as it came; it lasts as long as its <see cref="BundleRequest"/>.</summary>
internal sealed record BundleEntry(string? FullUrl, string Method, string Url)
{
    /// <summary>The resource; undefined for none.</summary>
    public JsonElement Json { get; init; }

    /// <summary>Whether there is a resource.</summary>
    public bool HasResource => Json.ValueKind != JsonValueKind.Undefined;

    /// <summary>A copy of the resource's bytes; null for none.</summary>
    public byte[]? Resource => HasResource ? JsonMarshal.GetRawUtf8Value(Json).ToArray() : null;

    /// <summary>The conditions of the entry, as the headers that they stand for.</summary>
    public IReadOnlyList<(string Name, string Value)> Conditions { get; init; } = [];

    /// <summary>The path of the URL, without its query.</summary>
    public string Path => Url.Split('?')[0].Trim('/');

    /// <summary>The query of the URL; null when it has none.</summary>
    public string? Query => Url.Split('?', 2) is [_, { Length: > 0 } query] ? query : null;

    /// <summary>A condition; null when it is not there.</summary>
    public string? Condition(string name) =>
        Conditions.Where(c => c.Name == name).Select(c => c.Value).FirstOrDefault();
}

/// <summary>A batch or transaction, as it came: the entries are parts of its JSON.</summary>
internal sealed class BundleRequest : IDisposable
{
    private const int MaxEntries = 20_000;

    // What a resource may have (ResourceInput), below the Bundle, its list and the entry.
    private static readonly JsonDocumentOptions Options = new()
    {
        MaxDepth = ResourceInput.MaxDepth + 3,
        AllowDuplicateProperties = false,
    };

    private readonly JsonDocument _document;

    private BundleRequest(JsonDocument document, string type, IReadOnlyList<BundleEntry> entries) =>
        (_document, Type, Entries) = (document, type, entries);

    /// <summary><c>batch</c> or <c>transaction</c>.</summary>
    public string Type { get; }

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<BundleEntry> Entries { get; }

    /// <summary>Reads a Bundle of requests; the problem says what is wrong with it.</summary>
    public static BundleRequest? TryRead(byte[] json, out Outcome? problem)
    {
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(json, Options);
            problem = Read(document.RootElement, out var type, out var entries);
            if (problem is null)
                return new BundleRequest(document, type, entries);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            problem = Outcomes.Table.Structure("The body is not readable as JSON.");
        }
        document?.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _document.Dispose();

    private static Outcome? Read(JsonElement root, out string type, out List<BundleEntry> entries)
    {
        type = "";
        entries = [];
        if (root.ValueKind != JsonValueKind.Object || Text(root, "resourceType") != "Bundle")
            return Outcomes.Table.Structure("The body is not a Bundle.");
        if (Text(root, "type") is not ("batch" or "transaction"))
            return Outcomes.Table.BadRequest("Only Bundles of type batch and transaction are taken here.");
        type = Text(root, "type")!;
        if (!root.TryGetProperty("entry", out var list))
            return null;
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxEntries)
            return Outcomes.Table.BadRequest($"A Bundle has a list of at most {MaxEntries} entries.");
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("request", out var request))
                return Outcomes.Table.BadRequest($"entry[{entries.Count}] has no request.");
            if (request.ValueKind != JsonValueKind.Object || Text(request, "method") is not { } method)
                return Outcomes.Table.BadRequest($"entry[{entries.Count}].request has no method.");
            if (Text(request, "url") is not { } url)
                return Outcomes.Table.BadRequest($"entry[{entries.Count}].request has no url.");
            entries.Add(
                new BundleEntry(Text(item, "fullUrl"), method, url)
                {
                    Json = item.TryGetProperty("resource", out var resource) ? resource : default,
                    Conditions = [.. ConditionsOf(request)],
                }
            );
        }
        return null;
    }

    private static IEnumerable<(string, string)> ConditionsOf(JsonElement request)
    {
        foreach (
            var (member, header) in new[]
            {
                ("ifMatch", "If-Match"),
                ("ifNoneMatch", "If-None-Match"),
                ("ifModifiedSince", "If-Modified-Since"),
                ("ifNoneExist", "If-None-Exist"),
            }
        )
        {
            if (Text(request, member) is { } value && !value.AsSpan().ContainsAny('\r', '\n'))
                yield return (header, value);
        }
    }

    private static string? Text(JsonElement from, string member) =>
        from.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
