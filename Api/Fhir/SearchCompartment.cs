using System.Collections.Concurrent;
using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>
/// The compartment of an Encounter, Practitioner, RelatedPerson or Device (FHIR R4, compartmentdefinition.html): the
/// resource, and what names it by the search parameters that the R4 CompartmentDefinition lists for its type. Data:
/// <c>compartments.json</c>. A patient's compartment is that of <see cref="ResourcePaths"/>.
/// </summary>
/// <param name="Reference"><c>Type/id</c> of the resource that it is of.</param>
internal sealed record SearchCompartment(string Reference)
{
    private static readonly Dictionary<string, Dictionary<string, string[]>> Definitions = Load();
    private readonly ConcurrentDictionary<string, IReadOnlyList<SearchCriterion>> _criteria = new(
        StringComparer.Ordinal
    );

    /// <summary>The types that have one, a patient's included.</summary>
    public static IReadOnlyList<string> Types { get; } =
    [.. Definitions.Keys.Append("Patient").Order(StringComparer.Ordinal)];

    /// <summary>The compartment of a resource; null for a patient's, and for none.</summary>
    public static SearchCompartment? Find(string? reference) =>
        reference is not null && Definitions.ContainsKey(reference.Split('/')[0])
            ? new SearchCompartment(reference)
            : null;

    /// <summary>The parameters by which resources of a type are in the compartments of another.</summary>
    public static IReadOnlyDictionary<string, string[]> Parameters(string compartment) => Definitions[compartment];

    /// <summary>The types that may be in it, beside its own.</summary>
    public IEnumerable<string> Contents => Definition.Keys;

    private Dictionary<string, string[]> Definition => Definitions[Reference.Split('/')[0]];

    /// <summary>What puts a resource of a type into it, any of them; none for a type that is never in it.</summary>
    public IReadOnlyList<SearchCriterion> Of(string type) =>
        _criteria.GetOrAdd(
            type,
            _ =>
                [
                    .. Definition
                        .GetValueOrDefault(type, [])
                        .Select(code => SearchCriterion.AnyOf(SearchDefinition.Of(type)[code], [Reference])),
                ]
        );

    private static Dictionary<string, Dictionary<string, string[]>> Load()
    {
        using var data = typeof(SearchCompartment).Assembly.GetManifestResourceStream("compartments.json")!;
        return JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string[]>>>(data)!;
    }
}
