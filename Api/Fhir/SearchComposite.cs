using System.Text.Json;
using Hl7.Fhir.Model;

namespace MedLedger.Api.Fhir;

/// <summary>A searched tuple, <c>value$value</c>: one element has all of it (FHIR R4, search.html#composite).</summary>
internal sealed class SearchComposite : SearchValue
{
    private readonly IReadOnlyList<(SearchDefinition Component, SearchValue Value)> _parts;

    private SearchComposite(IReadOnlyList<(SearchDefinition, SearchValue)> parts) => _parts = parts;

    /// <summary>The part by which candidates are found: its parameter alone has to match, too.</summary>
    public (SearchDefinition Definition, SearchValue Value)? Indexed =>
        _parts
            .Where(p => p.Component.Type == SearchParamType.Token && p.Value.Terms is not null)
            .Cast<(SearchDefinition, SearchValue)?>()
            .FirstOrDefault();

    /// <summary>Reads a value; null when it has not one part for each component, or one of them cannot be read.</summary>
    public static SearchComposite? TryParse(SearchDefinition definition, string text, DateTimeOffset now)
    {
        var texts = SearchText.Split(text, '$');
        if (texts.Count != definition.Components.Count)
            return null;
        var parts = new List<(SearchDefinition, SearchValue)>();
        foreach (var (component, part) in definition.Components.Zip(texts))
        {
            if (TryParse(component, "", part, now, out _) is not { } value)
                return null;
            parts.Add((component, value));
        }
        return new SearchComposite(parts);
    }

    /// <inheritdoc/>
    public override bool Matches(JsonElement value) =>
        _parts.All(part => part.Component.Values(value).Any(part.Value.Matches));
}
