using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;

namespace MedLedger.Api.Http.Rest;

/// <summary>What a kick-off request asks for; everything in it is understood, or it is refused.</summary>
/// <param name="Types">Resource types; null for all.</param>
/// <param name="Since">Unix milliseconds; 0 for all.</param>
internal sealed record ExportRequest(HashSet<string>? Types, long Since)
{
    /// <summary><c>_elements</c>; null for whole resources.</summary>
    public string? Elements { get; private init; }

    /// <summary>Each <c>_typeFilter</c>.</summary>
    public IReadOnlyList<string> Filters { get; private init; } = [];

    /// <summary>The names of the format of the files.</summary>
    public static IReadOnlyList<string> Formats { get; } = [ExportDownload.MediaType, "application/ndjson", "ndjson"];

    /// <summary>Reads the parameters of a kick-off request.</summary>
    public static (ExportRequest? Asked, Outcome? Problem) Read(
        IReadOnlyList<KeyValuePair<string, string>> given,
        Scopes scopes,
        DateTimeOffset now
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
                case "_elements" when ExportElements.TryParse(value) is not null:
                    asked = asked with { Elements = asked.Elements is { } some ? $"{some},{value}" : value };
                    break;
                case "_elements":
                    return (null, Outcomes.Table.NotSearchable("_elements are names of elements, or Type.element"));
                case "_typeFilter":
                    if (ExportFilter.TryParse(value, now, out var problem) is not { } filter)
                        return (null, Outcomes.Table.NotSearchable(problem!));
                    if (!scopes.Allow(filter.Type, ScopePermissions.Search))
                        return (null, Outcomes.Table.OutsideScope);
                    asked = asked with { Filters = [.. asked.Filters, value] };
                    break;
                default:
                    const string Form =
                        "an export takes _type (resource types), _since (an instant), _elements, _typeFilter and _outputFormat";
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
