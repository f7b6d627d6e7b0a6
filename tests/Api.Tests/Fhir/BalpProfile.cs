using System.Text.Json.Nodes;

namespace MedLedger.Api.Tests.Fhir;

/// <summary>
/// A profile of IHE BALP with those that it derives from: cardinalities, patterns, slices by type, and required bindings
/// of its differentials. The base resource is checked by the strict parser.
/// </summary>
internal sealed class BalpProfile
{
    private readonly string _folder;
    private readonly List<JsonObject> _elements = [];

    public BalpProfile(string folder, string url)
    {
        _folder = folder;
        for (string? next = url; next is not null && next.Contains("IHE.BasicAudit", StringComparison.Ordinal); )
        {
            var file = Path.Combine(folder, "json", $"StructureDefinition-{next[(next.LastIndexOf('/') + 1)..]}.json");
            var definition = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            _elements.InsertRange(0, definition["differential"]!["element"]!.AsArray().Select(e => e!.AsObject()));
            next = (string?)definition["baseDefinition"];
        }
    }

    /// <summary>What is wrong; nothing for a resource that meets the profile.</summary>
    public IReadOnlyList<string> Problems(JsonObject resource)
    {
        var problems = new List<string>();
        foreach (var element in _elements)
        {
            var id = (string)element["id"]!;
            var path = id["AuditEvent.".Length..].Split('.');
            // The element itself in each of its parents.
            foreach (var parent in Select([resource], path[..^1]))
            {
                var found = Select([parent], [path[^1]]).ToList();
                Check(id, element, found, problems);
            }
        }
        return problems;
    }

    private void Check(string id, JsonObject element, List<JsonNode> found, List<string> problems)
    {
        if ((int?)element["min"] is { } min && found.Count < min)
            problems.Add($"{id}: {found.Count} of at least {min}");
        if ((string?)element["max"] is { } max && max != "*" && found.Count > int.Parse(max, null))
            problems.Add($"{id}: {found.Count} of at most {max}");
        var pattern = element.FirstOrDefault(m => m.Key.StartsWith("pattern", StringComparison.Ordinal)).Value;
        if (pattern is not null && found.Exists(one => !Contains(one, pattern)))
            problems.Add($"{id}: is not {pattern.ToJsonString()}");
        if ((string?)element["binding"]?["strength"] == "required" && found.Exists(one => !IsBound(one, element)))
            problems.Add($"{id}: is not of its value set");
    }

    private IEnumerable<JsonNode> Select(IEnumerable<JsonNode> from, string[] path)
    {
        var at = from;
        foreach (var step in path)
        {
            var (name, slice) = step.Split(':') is [var n, var s] ? (n, s) : (step, null);
            at = at.OfType<JsonObject>()
                .SelectMany(parent =>
                    (parent[name] ?? parent["_" + name]) switch
                    {
                        JsonArray many => many.Select(one => one!),
                        { } one => [one],
                        null => [],
                    }
                );
            if (slice is not null)
                at = at.Where(one => IsOfSlice(one, name, slice));
        }
        return at;
    }

    // BALP slices agents and entities by type, subtypes by their own value.
    private bool IsOfSlice(JsonNode one, string name, string slice)
    {
        var isOwn = name == "subtype";
        var definition = _elements.First(e =>
            (string)e["id"]! == $"AuditEvent.{name}:{slice}" + (isOwn ? "" : ".type")
        );
        var value = isOwn ? one : one["type"];
        var pattern = definition.FirstOrDefault(m => m.Key.StartsWith("pattern", StringComparison.Ordinal)).Value;
        return value is not null && (pattern is null ? IsBound(value, definition) : Contains(value, pattern));
    }

    private bool IsBound(JsonNode value, JsonObject element)
    {
        var url = (string)element["binding"]!["valueSet"]!;
        var file = Path.Combine(_folder, "json", $"ValueSet-{url[(url.LastIndexOf('/') + 1)..]}.json");
        var sets = JsonNode.Parse(File.ReadAllText(file))!["compose"]!["include"]!.AsArray();
        var codings = value["coding"] is JsonArray many ? many.Select(c => c!) : [value];
        return codings.Any(coding =>
            sets.Any(set =>
                (string?)set!["system"] == (string?)coding["system"]
                && set["concept"]!.AsArray().Any(c => (string?)c!["code"] == (string?)coding["code"])
            )
        );
    }

    private static bool Contains(JsonNode value, JsonNode pattern) =>
        pattern switch
        {
            JsonObject members => value is JsonObject own
                && members.All(m => own[m.Key] is { } member && Contains(member, m.Value!)),
            JsonArray items => value is JsonArray own && items.All(i => own.Any(o => Contains(o!, i!))),
            _ => JsonNode.DeepEquals(value, pattern),
        };
}
