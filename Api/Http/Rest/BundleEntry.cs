using System.Runtime.InteropServices;
using System.Text.Json;

namespace MedLedger.Api.Http.Rest;

/// <summary>One entry of a batch or transaction, as it came.</summary>
internal sealed record BundleEntry(string? FullUrl, string Method, string Url, byte[]? Resource)
{
    private const int MaxEntries = 20_000;
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 72, AllowDuplicateProperties = false };

    /// <summary>The conditions of the entry, as the headers that they stand for.</summary>
    public IReadOnlyList<(string Name, string Value)> Conditions { get; private init; } = [];

    /// <summary>The path of the URL, without its query.</summary>
    public string Path => Url.Split('?')[0].Trim('/');

    /// <summary>The query of the URL; null when it has none.</summary>
    public string? Query => Url.Split('?', 2) is [_, { Length: > 0 } query] ? query : null;

    /// <summary>A condition; null when it is not there.</summary>
    public string? Condition(string name) =>
        Conditions.Where(c => c.Name == name).Select(c => c.Value).FirstOrDefault();

    /// <summary>Reads a Bundle of requests; the problem says what is wrong with it.</summary>
    public static (string Type, IReadOnlyList<BundleEntry> Entries)? TryRead(byte[] json, out Outcome? problem)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            problem = Read(document.RootElement, out var type, out var entries);
            return problem is null ? (type, entries) : null;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            problem = Outcomes.Table.Structure("The body is not readable as JSON.");
            return null;
        }
    }

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
            var resource = item.TryGetProperty("resource", out var given)
                ? JsonMarshal.GetRawUtf8Value(given).ToArray()
                : null;
            entries.Add(
                new BundleEntry(Text(item, "fullUrl"), method, url, resource)
                {
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
