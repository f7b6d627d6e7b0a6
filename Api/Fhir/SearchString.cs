using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>A searched string: a value begins with it, without case and accents; <c>:contains</c>, <c>:exact</c> (FHIR R4, search.html#string).</summary>
internal sealed class SearchString(string modifier, string text) : SearchValue
{
    private readonly string _folded = FhirRange.Fold(text);

    /// <summary>Reads a value; null when nothing is left of it to compare (<c>*</c>, <c>%</c>): every text begins with that.</summary>
    public static SearchString? TryParse(string modifier, string text)
    {
        var value = new SearchString(modifier, text);
        return modifier == "exact" || value._folded.Length > 0 ? value : null;
    }

    /// <inheritdoc/>
    public override bool Matches(JsonElement value) =>
        Strings(value)
            .Any(found =>
                modifier switch
                {
                    "exact" => found == text,
                    "contains" => FhirRange.Fold(found).Contains(_folded, StringComparison.Ordinal),
                    _ => FhirRange.Fold(found).StartsWith(_folded, StringComparison.Ordinal),
                }
            );

    // HumanName and Address are searched by each of their parts.
    private static IEnumerable<string> Strings(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => [value.GetString()!],
            JsonValueKind.Object => value
                .EnumerateObject()
                .Where(m => m.Name is not ("use" or "period" or "id" or "type" or "extension"))
                .Where(m => !m.Name.StartsWith('_'))
                .SelectMany(m =>
                    m.Value.ValueKind == JsonValueKind.Array ? m.Value.EnumerateArray().SelectMany(Strings)
                    : m.Value.ValueKind == JsonValueKind.String ? [m.Value.GetString()!]
                    : []
                ),
            _ => [],
        };
}
