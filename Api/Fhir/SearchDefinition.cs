using System.Collections.Concurrent;
using System.Text.Json;
using Hl7.Fhir.Model;

namespace MedLedger.Api.Fhir;

/// <summary>A search parameter of one resource type, from the R4 definitions, ready to be evaluated on JSON.</summary>
/// <param name="Code">Its name in a search.</param>
/// <param name="Type">What kind of values it has.</param>
/// <param name="Paths">Where they stand.</param>
/// <param name="Targets">The types that a reference may have.</param>
internal sealed record SearchDefinition(
    string Code,
    SearchParamType Type,
    IReadOnlyList<SearchPath> Paths,
    IReadOnlyList<string> Targets
)
{
    private static readonly ILookup<string, SearchParamDefinition> Definitions = ModelInfo.SearchParameters.ToLookup(
        p => p.Resource ?? "",
        StringComparer.Ordinal
    );

    private static readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, SearchDefinition>> Cache = new(
        StringComparer.Ordinal
    );

    /// <summary>The searchable parameters of a type, by name.</summary>
    public static IReadOnlyDictionary<string, SearchDefinition> Of(string resourceType) =>
        Cache.GetOrAdd(resourceType, Load);

    /// <summary>The values in a resource.</summary>
    public IEnumerable<JsonElement> Values(JsonElement resource) => Paths.SelectMany(path => path.Follow(resource));

    private static Dictionary<string, SearchDefinition> Load(string resourceType)
    {
        var found = new Dictionary<string, SearchDefinition>(StringComparer.Ordinal);
        foreach (
            var one in Definitions[resourceType].Concat(Definitions["DomainResource"]).Concat(Definitions["Resource"])
        )
        {
            // Composite and special parameters have no values of their own.
            if (
                one.Type is SearchParamType.Composite or SearchParamType.Special
                || string.IsNullOrEmpty(one.Expression)
                || one.Name is null
                || one.Name.StartsWith('_') && one.Name is not ("_tag" or "_profile" or "_security" or "_source")
            )
                continue;
            if (SearchPath.TryCompile(one.Expression, resourceType) is { } paths)
            {
                var targets = one.Target?.Select(t => t.ToString()) ?? [];
                found.TryAdd(one.Name, new SearchDefinition(one.Name, one.Type, paths, [.. targets]));
            }
        }
        return found;
    }
}
