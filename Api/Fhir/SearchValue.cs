using System.Text.Json;
using Hl7.Fhir.Model;

namespace MedLedger.Api.Fhir;

/// <summary>One value of a search parameter, read once and compared with what stands in many resources.</summary>
internal abstract class SearchValue
{
    /// <summary>Blind terms of which a match has one; null when it can be compared in clear only.</summary>
    public virtual IReadOnlyList<string>? Terms => null;

    /// <summary>Whether what a parameter's path reached is what was searched.</summary>
    public abstract bool Matches(JsonElement value);

    /// <summary>Whether a parameter of this type can have the modifier; the problem says why not.</summary>
    public static bool Allows(SearchDefinition definition, string modifier, out string? problem)
    {
        var allowed = definition.Type switch
        {
            _ when modifier is "" or "missing" => true,
            SearchParamType.Token => modifier is "not" or "text" or "of-type",
            SearchParamType.String => modifier is "exact" or "contains",
            SearchParamType.Uri => modifier is "below" or "above",
            SearchParamType.Reference => modifier == "identifier" || ResourceParser.ResourceTypes.Contains(modifier),
            _ => false,
        };
        problem =
            allowed ? null
            : definition.Type == SearchParamType.Token && modifier is "in" or "not-in" or "above" or "below"
                ? $"the modifier :{modifier} of {definition.Code} needs a terminology service, which this server has not"
            : $"the modifier :{modifier} of {definition.Code} cannot be answered";
        return allowed;
    }

    /// <summary>Reads one value, still escaped, with a modifier that is allowed; null with the reason when it is none.</summary>
    /// <param name="definition">The parameter.</param>
    /// <param name="modifier">Without its colon.</param>
    /// <param name="text">The value.</param>
    /// <param name="now">The time from which <c>ap</c> looks at a date.</param>
    /// <param name="problem">Why not.</param>
    public static SearchValue? TryParse(
        SearchDefinition definition,
        string modifier,
        string text,
        DateTimeOffset now,
        out string? problem
    )
    {
        SearchValue? value =
            text.Length == 0
                ? null
                : definition.Type switch
                {
                    SearchParamType.Token => SearchToken.TryParse(definition, modifier, text),
                    SearchParamType.String => SearchString.TryParse(modifier, SearchText.Unescape(text)),
                    SearchParamType.Reference => SearchReference.TryParse(definition, modifier, text),
                    SearchParamType.Uri => SearchUri.TryParse(definition, modifier, SearchText.Unescape(text)),
                    SearchParamType.Date => SearchDate.TryParse(text, now),
                    SearchParamType.Number => SearchQuantity.TryParse(text, hasUnit: false),
                    SearchParamType.Quantity => SearchQuantity.TryParse(text, hasUnit: true),
                    SearchParamType.Composite => SearchComposite.TryParse(definition, text, now),
                    _ => null,
                };
        problem =
            value is not null ? null
            : text.Length == 0 ? $"{definition.Code} has no value"
            : $"a value of {definition.Code} is no {definition.Type}".ToLowerInvariant();
        return value;
    }
}
