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

    // The definitions of Resource, which the SDK leaves out.
    private static readonly (string Name, SearchParamType Type, string Expression)[] OfEveryType =
    [
        ("_profile", SearchParamType.Uri, "Resource.meta.profile"),
        ("_security", SearchParamType.Token, "Resource.meta.security"),
        ("_source", SearchParamType.Uri, "Resource.meta.source"),
        ("_tag", SearchParamType.Token, "Resource.meta.tag"),
    ];

    private static readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, SearchDefinition>> Cache = new(
        StringComparer.Ordinal
    );

    /// <summary>The system that values of type code have by their required binding, where they have one.</summary>
    public string? ImpliedSystem { get; private init; }

    /// <summary>Whether the values are canonical URLs, which may end in a version.</summary>
    public bool IsCanonical { get; private init; }

    /// <summary>The parts of a composite parameter, whose paths begin at what its own reach; empty for others.</summary>
    public IReadOnlyList<SearchDefinition> Components { get; private init; } = [];

    /// <summary>Of a component: the parameter of the resource type that it is an instance of.</summary>
    public SearchDefinition? Base { get; private init; }

    /// <summary>Whether the values have blind tokens; what is not there has none, nor has what stands in <c>meta</c>.</summary>
    public bool HasTokens =>
        !Code.StartsWith('_')
        && !Paths.Any(p => p.IsTruth)
        && Type is SearchParamType.Token or SearchParamType.Reference or SearchParamType.Uri;

    /// <summary>Whether values that match have tokens in common: canonical URLs match without their version, too.</summary>
    public bool IsIndexed => HasTokens && !IsCanonical;

    /// <summary>The searchable parameters of a type, by name.</summary>
    public static IReadOnlyDictionary<string, SearchDefinition> Of(string resourceType) =>
        Cache.GetOrAdd(resourceType, Load);

    /// <summary>The values in a resource.</summary>
    public IEnumerable<JsonElement> Values(JsonElement resource) => Paths.SelectMany(path => path.Follow(resource));

    private static Dictionary<string, SearchDefinition> Load(string resourceType)
    {
        var found = new Dictionary<string, SearchDefinition>(StringComparer.Ordinal);
        var byUrl = new Dictionary<string, SearchDefinition>(StringComparer.Ordinal);
        var composites = new List<SearchParamDefinition>();
        foreach (
            var one in Definitions[resourceType].Concat(Definitions["DomainResource"]).Concat(Definitions["Resource"])
        )
        {
            // Special parameters have no values of their own.
            if (
                one.Type is SearchParamType.Special
                || string.IsNullOrEmpty(one.Expression)
                || one.Name is null
                || one.Name.StartsWith('_')
            )
                continue;
            if (one.Type == SearchParamType.Composite)
                composites.Add(one);
            else if (SearchPath.TryCompile(one.Expression, resourceType) is { } paths)
            {
                var definition = Describe(one.Name, one.Type, paths, TargetsOf(one, paths, resourceType), resourceType);
                if (found.TryAdd(one.Name, definition) && one.Url is not null)
                    byUrl.TryAdd(one.Url, definition);
            }
        }
        foreach (var (name, type, expression) in OfEveryType)
        {
            if (SearchPath.TryCompile(expression, resourceType) is { } paths)
                found.Add(name, Describe(name, type, paths, [], resourceType));
        }
        foreach (var one in composites)
        {
            if (TryCompose(one, resourceType, byUrl) is { } composite)
                found.TryAdd(composite.Code, composite);
        }
        return found;
    }

    // What the paths can find is often less than what is declared for all types that share a parameter: `patient` is no Group.
    private static List<string> TargetsOf(
        SearchParamDefinition one,
        IReadOnlyList<SearchPath> paths,
        string resourceType
    )
    {
        List<string> declared = [.. one.Target?.Select(t => t.ToString()) ?? []];
        var found = paths.Select(path => path.Targets(resourceType)).ToList();
        if (found.Contains(null))
            return declared;
        var both = declared.Intersect(found.SelectMany(types => types!), StringComparer.Ordinal).ToList();
        return both.Count > 0 ? both : declared;
    }

    private static SearchDefinition Describe(
        string name,
        SearchParamType type,
        IReadOnlyList<SearchPath> paths,
        IReadOnlyList<string> targets,
        string resourceType
    )
    {
        var elements = paths.Select(path => path.ElementType(resourceType)).ToList();
        var systems = elements.Select(ElementTypes.SystemOf).Distinct(StringComparer.Ordinal).ToList();
        return new SearchDefinition(name, type, paths, targets)
        {
            ImpliedSystem = systems is [var system] ? system : null,
            // The SDK's Meta is that of several versions of FHIR, of which one has URIs here.
            IsCanonical = name == "_profile" || elements.Contains(typeof(Canonical)),
        };
    }

    // A component that is no path from the composite's element (%resource) leaves the parameter out: it is refused.
    private static SearchDefinition? TryCompose(
        SearchParamDefinition one,
        string resourceType,
        Dictionary<string, SearchDefinition> byUrl
    )
    {
        if (SearchPath.TryCompile(one.Expression!, resourceType) is not { } paths)
            return null;
        var components = new List<SearchDefinition>();
        foreach (var component in one.Component ?? [])
        {
            if (
                !byUrl.TryGetValue(component.Definition ?? "", out var known)
                || SearchPath.TryCompileInner(component.Expression ?? "%") is not { } inner
            )
                return null;
            components.Add(known with { Paths = inner, Base = known });
        }
        return components.Count == 0
            ? null
            : new SearchDefinition(one.Name!, one.Type, paths, []) { Components = components };
    }
}
