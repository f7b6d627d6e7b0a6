using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>
/// One <c>_typeFilter</c> of a bulk export (FHIR Bulk Data Access 2.0): a search of one type, by parameters that a resource
/// answers by itself. Of several for a type one has to match.
/// </summary>
internal sealed class ExportFilter
{
    private readonly IReadOnlyList<SearchCriterion> _criteria;

    private ExportFilter(string type, IReadOnlyList<SearchCriterion> criteria) => (Type, _criteria) = (type, criteria);

    /// <summary>The resource type that it is about.</summary>
    public string Type { get; }

    /// <summary>Reads <c>Type?parameter=value&amp;...</c>; null with the reason when it cannot be answered.</summary>
    /// <param name="text">The filter, no longer escaped as a value of the export's own URL.</param>
    /// <param name="now">The time from which <c>ap</c> looks at a date.</param>
    /// <param name="problem">Why not.</param>
    public static ExportFilter? TryParse(string text, DateTimeOffset now, out string? problem)
    {
        problem = "_typeFilter is a search of one type";
        if (text.Split('?', 2) is not [var type, { Length: > 0 } query] || !ResourceParser.ResourceTypes.Contains(type))
            return null;
        var criteria = new List<SearchCriterion>();
        foreach (var pair in query.Split('&'))
        {
            if (pair.Split('=', 2) is not [var name, var value])
                return null;
            var (code, modifier) = Uri.UnescapeDataString(name).Split(':', 2) is [var c, var m] ? (c, m) : (name, "");
            if (!SearchDefinition.Of(type).TryGetValue(code, out var definition))
            {
                problem = $"_typeFilter takes parameters of {type} without chains, includes and results";
                return null;
            }
            var unescaped = Uri.UnescapeDataString(value.Replace('+', ' '));
            if (SearchCriterion.TryRead(definition, modifier, unescaped, now, out problem) is not { } criterion)
                return null;
            criteria.Add(criterion);
        }
        problem = null;
        return new ExportFilter(type, criteria);
    }

    /// <summary>Whether a resource of the type matches.</summary>
    public bool Matches(JsonElement resource) => _criteria.All(criterion => criterion.Matches(resource));
}
