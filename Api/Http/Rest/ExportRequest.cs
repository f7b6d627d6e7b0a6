using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;

namespace MedLedger.Api.Http.Rest;

/// <summary>What a kick-off request asks for; everything in it is understood, or it is refused.</summary>
/// <param name="Types">Resource types; null for all.</param>
/// <param name="Since">Unix milliseconds; 0 for all.</param>
internal sealed record ExportRequest(HashSet<string>? Types, long Since)
{
    private static readonly string[] Formats = ["application/fhir+ndjson", "application/ndjson", "ndjson"];

    /// <summary>Reads the parameters of a kick-off request.</summary>
    public static (ExportRequest? Asked, Outcome? Problem) Read(
        IReadOnlyList<KeyValuePair<string, string>> given,
        Scopes scopes
    )
    {
        var asked = new ExportRequest(null, 0);
        foreach (var (name, value) in given)
        {
            switch (name)
            {
                // A plus sign that was not escaped comes as a space.
                case "_outputFormat" when Formats.Contains(value.Replace(' ', '+'), StringComparer.Ordinal):
                    break;
                case "_outputFormat":
                    return (null, Outcomes.Table.NotSearchable("_outputFormat is application/fhir+ndjson"));
                case "_since" when ParameterText.Instant(value) is { } since:
                    asked = asked with { Since = since };
                    break;
                case "_type" when value.Split(',') is var types && types.All(ResourceParser.ResourceTypes.Contains):
                    if (!types.All(type => scopes.Allow(type, ScopePermissions.Read | ScopePermissions.Search)))
                        return (null, Outcomes.Table.OutsideScope);
                    asked = asked with { Types = types.Concat(asked.Types ?? []).ToHashSet(StringComparer.Ordinal) };
                    break;
                default:
                    const string Form = "an export takes _type (resource types), _since (an instant) and _outputFormat";
                    return (null, Outcomes.Table.NotSearchable(Form));
            }
        }
        return (asked, null);
    }

    /// <summary><c>Patient/id</c> of the members of a Group that belong to it now.</summary>
    public static IEnumerable<string> Members(JsonElement group) =>
        group.TryGetProperty("member", out var members)
            ? members
                .EnumerateArray()
                .Where(m => !m.TryGetProperty("inactive", out var ended) || ended.ValueKind != JsonValueKind.True)
                .SelectMany(m => ResourcePaths.Follow(m, ["entity", "reference"]))
                .Select(reference => LiteralReference.ToTypeAndId(reference.GetString()!))
                .OfType<string>()
                .Where(reference => reference.StartsWith("Patient/", StringComparison.Ordinal))
            : [];
}
