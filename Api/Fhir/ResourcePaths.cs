using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>
/// Where a resource type keeps what the gate asks for. Data: <c>resource-paths.json</c>; the patient paths are those of the
/// R4 CompartmentDefinition "patient", with the types that name a patient although the compartment leaves them out.
/// </summary>
/// <param name="Patient">Paths of references that put an instance into a patient's compartment.</param>
/// <param name="Date">Paths of the clinical date; the first that is there wins.</param>
/// <param name="Author">Paths of references to who made the statement.</param>
internal sealed record ResourcePaths(
    IReadOnlyList<string[]> Patient,
    IReadOnlyList<string[]> Date,
    IReadOnlyList<string[]> Author
)
{
    private static readonly Dictionary<string, ResourcePaths> All = Load();
    private static readonly ResourcePaths None = new([], [], []);

    /// <summary>The paths of a type; empty for a type of no patient.</summary>
    public static ResourcePaths Of(string type) => All.GetValueOrDefault(type, None);

    /// <summary>Every value that a path reaches, through arrays.</summary>
    public static IEnumerable<JsonElement> Follow(JsonElement from, string[] path, int at = 0)
    {
        if (from.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in from.EnumerateArray())
            foreach (var found in Follow(item, path, at))
                yield return found;
        }
        else if (at == path.Length)
        {
            yield return from;
        }
        else if (from.ValueKind == JsonValueKind.Object && from.TryGetProperty(path[at], out var next))
        {
            foreach (var found in Follow(next, path, at + 1))
                yield return found;
        }
    }

    /// <summary>
    /// When the care took place that a resource is about, as a span: of the first of its dates that is there, a Period
    /// with its end. Null when it has none.
    /// </summary>
    public static FhirRange? CareDate(JsonElement resource, string type) =>
        Of(type)
            .Date.Select(path => path is [.. var period, "start"] && period.Length > 0 ? period : path)
            .SelectMany(path => Follow(resource, path))
            .Select(FhirRange.OfDate)
            .FirstOrDefault(span => span is not null);

    private static Dictionary<string, ResourcePaths> Load()
    {
        using var data = typeof(ResourcePaths).Assembly.GetManifestResourceStream("resource-paths.json")!;
        var raw = JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string[]>>>(data)!;
        return raw.ToDictionary(
            type => type.Key,
            type => new ResourcePaths(
                Split(type.Value, "patient"),
                Split(type.Value, "date"),
                Split(type.Value, "author")
            ),
            StringComparer.Ordinal
        );
    }

    private static string[][] Split(Dictionary<string, string[]> paths, string kind) =>
        [.. paths.GetValueOrDefault(kind, []).Select(path => path.Split('.'))];
}
