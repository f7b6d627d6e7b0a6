using System.Globalization;
using System.Text.Json;
using Hl7.Fhir.Model;

namespace MedLedger.Api.Fhir;

/// <summary>One parameter of a search with its alternatives: any of the values, and every criterion, has to match.</summary>
internal sealed class SearchCriterion
{
    private readonly SearchDefinition _definition;
    private readonly string _modifier;
    private readonly IReadOnlyList<string> _values;

    private SearchCriterion(SearchDefinition definition, string modifier, IReadOnlyList<string> values)
    {
        _definition = definition;
        _modifier = modifier;
        _values = values;
    }

    /// <summary>The parameter.</summary>
    public SearchDefinition Definition => _definition;

    /// <summary>Blind terms of which a match has one; null when the criterion has to be compared in clear.</summary>
    public IReadOnlyList<string>? Terms { get; private init; }

    /// <summary>Reads one parameter; null with the reason when it cannot be answered rightly.</summary>
    public static SearchCriterion? TryRead(
        SearchDefinition definition,
        string modifier,
        string text,
        out string? problem
    )
    {
        problem = null;
        var values = SplitValues(text);
        if (modifier == "missing")
        {
            if (text is not ("true" or "false"))
                problem = ":missing is true or false";
        }
        else
        {
            problem = Check(definition, modifier, values);
        }
        return problem is null
            ? new SearchCriterion(definition, modifier, values) { Terms = TermsOf(definition, modifier, values) }
            : null;
    }

    /// <summary>A criterion that one of these references is named.</summary>
    public static SearchCriterion AnyOf(SearchDefinition definition, IReadOnlyList<string> references) =>
        new(definition, "", references) { Terms = references };

    /// <summary>Whether a resource matches.</summary>
    public bool Matches(JsonElement resource)
    {
        var found = _definition.Values(resource);
        return _modifier switch
        {
            "missing" => found.Any() == (_values[0] == "false"),
            "not" => !found.Any(value => _values.Any(wanted => MatchesToken(value, wanted))),
            _ => found.Any(value => _values.Any(wanted => MatchesOne(value, wanted))),
        };
    }

    private bool MatchesOne(JsonElement value, string wanted) =>
        _definition.Type switch
        {
            SearchParamType.Token => MatchesToken(value, wanted),
            SearchParamType.Reference => SearchTerms.Exact(SearchParamType.Reference, value) is { } reference
                && References(_definition, _modifier, wanted).Contains(reference, StringComparer.Ordinal),
            SearchParamType.Uri => SearchTerms.Exact(SearchParamType.Uri, value) is { } uri
                && (_modifier == "below" ? uri.StartsWith(wanted, StringComparison.Ordinal) : uri == wanted),
            SearchParamType.String => Strings(value).Any(text => MatchesString(text, wanted)),
            SearchParamType.Date => FhirRange.OfDate(value) is { } span
                && FhirRange.Prefix(wanted) is var (prefix, date)
                && FhirRange.OfDate(date) is { } searched
                && FhirRange.Compare(prefix, span, searched),
            SearchParamType.Number => value.ValueKind == JsonValueKind.Number
                && MatchesNumber(value.GetRawText(), wanted),
            SearchParamType.Quantity => MatchesQuantity(value, wanted),
            _ => false,
        };

    private static bool MatchesToken(JsonElement value, string wanted)
    {
        var bar = wanted.IndexOf('|', StringComparison.Ordinal);
        var (system, code) = bar < 0 ? (null, wanted) : (wanted[..bar], wanted[(bar + 1)..]);
        return SearchTerms
            .Tokens(value)
            .Any(token =>
                (code.Length == 0 || token.Code == code)
                && (system is null || (system.Length == 0 ? token.System is null : token.System == system))
            );
    }

    private bool MatchesString(string text, string wanted) =>
        _modifier switch
        {
            "exact" => text == wanted,
            "contains" => FhirRange.Fold(text).Contains(FhirRange.Fold(wanted), StringComparison.Ordinal),
            _ => FhirRange.Fold(text).StartsWith(FhirRange.Fold(wanted), StringComparison.Ordinal),
        };

    private static bool MatchesNumber(string text, string wanted)
    {
        if (
            FhirRange.Prefix(wanted) is not var (prefix, number)
            || FhirRange.OfNumber(number) is not { } searched
            || !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        )
            return false;
        // Only equality looks at precision; order compares the number itself.
        if (prefix is "eq" or "ne")
            return (value >= searched.Low && value < searched.High) == (prefix == "eq");
        var exact = decimal.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
        return prefix switch
        {
            "gt" or "sa" => value > exact,
            "lt" or "eb" => value < exact,
            "ge" => value >= exact,
            _ => value <= exact,
        };
    }

    private static bool MatchesQuantity(JsonElement value, string wanted)
    {
        if (
            value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("value", out var number)
            || number.ValueKind != JsonValueKind.Number
        )
            return false;
        var parts = wanted.Split('|');
        if (!MatchesNumber(number.GetRawText(), parts[0]))
            return false;
        if (parts.Length < 3)
            return parts.Length == 1;
        var (system, code) = (SearchTerms.Text(value, "system"), SearchTerms.Text(value, "code"));
        return (parts[1].Length == 0 || parts[1] == system)
            && (
                parts[2].Length == 0
                || parts[2] == code
                || (parts[1].Length == 0 && parts[2] == SearchTerms.Text(value, "unit"))
            );
    }

    // HumanName and Address are searched by each of their parts.
    private static IEnumerable<string> Strings(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
            return [value.GetString()!];
        return value.ValueKind == JsonValueKind.Object
            ? value
                .EnumerateObject()
                .Where(m => m.Name is not ("use" or "period" or "id" or "type"))
                .SelectMany(m =>
                    m.Value.ValueKind == JsonValueKind.Array ? m.Value.EnumerateArray().SelectMany(Strings)
                    : m.Value.ValueKind == JsonValueKind.String ? [m.Value.GetString()!]
                    : []
                )
            : [];
    }

    private static string? Check(SearchDefinition definition, string modifier, IReadOnlyList<string> values)
    {
        var allowed = definition.Type switch
        {
            SearchParamType.Token => modifier is "" or "not",
            SearchParamType.String => modifier is "" or "exact" or "contains",
            SearchParamType.Uri => modifier is "" or "below",
            SearchParamType.Reference => modifier.Length == 0 || ResourceParser.ResourceTypes.Contains(modifier),
            _ => modifier.Length == 0,
        };
        if (!allowed)
            return $"the modifier :{modifier} of {definition.Code} cannot be answered";
        var isRange = definition.Type is SearchParamType.Date or SearchParamType.Number or SearchParamType.Quantity;
        foreach (var value in values)
        {
            if (value.Length == 0)
                return $"{definition.Code} has no value";
            if (!isRange)
                continue;
            if (FhirRange.Prefix(value) is not var (_, rest))
                return $"the prefix of a value of {definition.Code} cannot be answered";
            var number = rest.Split('|')[0];
            var range = definition.Type == SearchParamType.Date ? FhirRange.OfDate(rest) : FhirRange.OfNumber(number);
            if (range is null)
                return $"a value of {definition.Code} is no {definition.Type}".ToLowerInvariant();
        }
        return null;
    }

    private static List<string>? TermsOf(SearchDefinition definition, string modifier, IReadOnlyList<string> values)
    {
        if (modifier is "missing" or "not" or "below")
            return null;
        return definition.Type switch
        {
            // Code of any system and code without system share a term; what is opened tells them apart.
            SearchParamType.Token => [.. values.Select(v => v.Contains('|', StringComparison.Ordinal) ? v : "|" + v)],
            SearchParamType.Reference => [.. values.SelectMany(v => References(definition, modifier, v))],
            SearchParamType.Uri => [.. values],
            _ => null,
        };
    }

    private static IEnumerable<string> References(SearchDefinition definition, string modifier, string value)
    {
        if (LiteralReference.ToTypeAndId(value) is { } literal)
            return [literal];
        if (!LiteralReference.IsId(value))
            return [value];
        return modifier.Length > 0 ? [$"{modifier}/{value}"] : definition.Targets.Select(type => $"{type}/{value}");
    }

    private static List<string> SplitValues(string text)
    {
        var values = new List<string>();
        var current = new System.Text.StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
                current.Append(text[++i]);
            else if (text[i] == ',')
            {
                values.Add(current.ToString());
                current.Clear();
            }
            else
                current.Append(text[i]);
        }
        values.Add(current.ToString());
        return values;
    }
}
