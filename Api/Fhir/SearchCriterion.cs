using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>One parameter of a search with its alternatives: any of the values, and every criterion, has to match.</summary>
internal sealed class SearchCriterion
{
    private readonly string _modifier;
    private readonly IReadOnlyList<SearchValue> _values;
    private readonly bool _isMissing;

    private SearchCriterion(
        SearchDefinition definition,
        string modifier,
        IReadOnlyList<SearchValue> values,
        bool isMissing = false
    )
    {
        Definition = definition;
        _modifier = modifier;
        _values = values;
        _isMissing = isMissing;
        // Where what is not there matches, too, no term narrows.
        Terms =
            modifier is "missing" or "not" || !definition.IsIndexed || values.Any(v => v.Terms is null)
                ? null
                : [.. values.SelectMany(v => v.Terms!)];
    }

    /// <summary>The parameter.</summary>
    public SearchDefinition Definition { get; }

    /// <summary>Blind terms of which a match has one; null when the criterion has to be compared in clear.</summary>
    public IReadOnlyList<string>? Terms { get; }

    /// <summary>
    /// Reads one parameter, whose modifier <see cref="SearchValue.Allows"/>; null with the reason when a value is none.
    /// </summary>
    public static SearchCriterion? TryRead(
        SearchDefinition definition,
        string modifier,
        string text,
        DateTimeOffset now,
        out string? problem
    )
    {
        if (!SearchValue.Allows(definition, modifier, out problem))
            return null;
        if (modifier == "missing")
        {
            problem = text is "true" or "false" ? null : ":missing is true or false";
            return problem is null ? new SearchCriterion(definition, modifier, [], text == "true") : null;
        }
        var values = new List<SearchValue>();
        foreach (var one in SearchText.Split(text, ','))
        {
            if (SearchValue.TryParse(definition, modifier, one, now, out problem) is not { } value)
                return null;
            values.Add(value);
        }
        return new SearchCriterion(definition, modifier, values);
    }

    /// <summary>A criterion that one of these references is named.</summary>
    public static SearchCriterion AnyOf(SearchDefinition definition, IReadOnlyList<string> references) =>
        new(definition, "", [SearchReference.AnyOf(references)]);

    /// <summary>
    /// What a composite criterion says of one of its parts alone, which finds candidates by blind terms; null where there
    /// is no such part.
    /// </summary>
    public SearchCriterion? Implied()
    {
        var parts = _values.Select(v => (v as SearchComposite)?.Indexed).ToList();
        return parts.Count > 0 && parts.TrueForAll(p => p is not null)
            ? new SearchCriterion(parts[0]!.Value.Definition.Base!, "", [.. parts.Select(p => p!.Value.Value)])
            : null;
    }

    /// <summary>Whether a resource matches.</summary>
    public bool Matches(JsonElement resource)
    {
        var found = Definition.Values(resource);
        return _modifier switch
        {
            "missing" => found.Any() != _isMissing,
            "not" => !found.Any(MatchesAny),
            _ => found.Any(MatchesAny),
        };
    }

    private bool MatchesAny(JsonElement value) => _values.Any(wanted => wanted.Matches(value));
}
