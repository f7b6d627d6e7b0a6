using System.Text.Json;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Fhir;

/// <summary>What is read from a resource once, on write: whom it is about, and the facts that consent rules speak of.</summary>
/// <param name="Facts">The facts for the gate.</param>
/// <param name="Patients"><c>Patient/id</c> of the compartments it belongs to, in order; by its own type's paths.</param>
/// <param name="Mentioned">Every other patient that it refers to anywhere.</param>
internal sealed record ResourceDescription(
    ResourceFacts Facts,
    IReadOnlyList<string> Patients,
    IReadOnlyList<string> Mentioned
)
{
    /// <summary>Describes a resource that the strict parser accepted.</summary>
    public static ResourceDescription Of(JsonElement resource)
    {
        var type = resource.GetProperty("resourceType").GetString()!;
        var id = resource.GetProperty("id").GetString()!;
        var paths = ResourcePaths.Of(type);
        var codes = new HashSet<Coding>();
        var refers = new List<string>();
        Walk(resource, codes, refers);

        var patients = new SortedSet<string>(StringComparer.Ordinal);
        if (type == "Patient")
            patients.Add($"Patient/{id}");
        patients.UnionWith(References(resource, paths.Patient).Where(IsPatient));

        var labels = Labels(resource);
        codes.ExceptWith(labels);
        var facts = new ResourceFacts
        {
            Reference = $"{type}/{id}",
            Type = type,
            Codes = [.. codes],
            Labels = labels,
            Date = Date(resource, paths),
            Authors = [.. References(resource, paths.Author)],
            Encounter = References(resource, EncounterPaths)
                .FirstOrDefault(r => r.StartsWith("Encounter/", StringComparison.Ordinal)),
            RefersTo = [.. refers.Distinct(StringComparer.Ordinal)],
        };
        return new ResourceDescription(
            facts,
            [.. patients],
            [.. facts.RefersTo.Where(IsPatient).Except(patients, StringComparer.Ordinal)]
        );
    }

    private static readonly string[][] EncounterPaths =
    [
        ["encounter"],
        ["context"],
        ["context", "encounter"],
    ];

    private static bool IsPatient(string reference) => reference.StartsWith("Patient/", StringComparison.Ordinal);

    private static IEnumerable<string> References(JsonElement resource, IReadOnlyList<string[]> paths) =>
        paths
            .SelectMany(path => ResourcePaths.Follow(resource, [.. path, "reference"]))
            .Where(value => value.ValueKind == JsonValueKind.String)
            .Select(value => value.GetString()!)
            .Select(text => LiteralReference.ToTypeAndId(text) ?? text)
            .Distinct(StringComparer.Ordinal);

    private static string? Date(JsonElement resource, ResourcePaths paths) =>
        paths
            .Date.SelectMany(path => ResourcePaths.Follow(resource, path))
            .FirstOrDefault(value => value.ValueKind == JsonValueKind.String)
            is { ValueKind: JsonValueKind.String } date
            ? date.GetString()
            : null;

    /// <summary>The security labels in <c>meta</c>.</summary>
    public static IReadOnlyList<Coding> Labels(JsonElement resource) =>
        [
            .. ResourcePaths
                .Follow(resource, ["meta", "security"])
                .Select(ToCoding)
                .Where(coding => coding is not null)
                .Select(coding => coding!.Value),
        ];

    private static Coding? ToCoding(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty("code", out var code)
        && code.ValueKind == JsonValueKind.String
            ? new Coding(
                value.TryGetProperty("system", out var system) && system.ValueKind == JsonValueKind.String
                    ? system.GetString()
                    : null,
                code.GetString()!
            )
            : null;

    private static void Walk(JsonElement value, HashSet<Coding> codes, List<string> refers)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                // A Quantity has system and code too; its unit is a coded value like any other.
                if (value.TryGetProperty("system", out _) && ToCoding(value) is { } coding)
                    codes.Add(coding);
                foreach (var member in value.EnumerateObject())
                {
                    if (member.Value.ValueKind == JsonValueKind.String && member.NameEquals("reference"))
                        refers.Add(
                            LiteralReference.ToTypeAndId(member.Value.GetString()!) ?? member.Value.GetString()!
                        );
                    else
                        Walk(member.Value, codes, refers);
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    Walk(item, codes, refers);
                break;
        }
    }
}
