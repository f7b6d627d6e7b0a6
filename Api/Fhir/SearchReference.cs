using System.Text.Json;
using Hl7.Fhir.Model;

namespace MedLedger.Api.Fhir;

/// <summary>
/// A searched reference: <c>id</c>, <c>Type/id</c>, a URL, with <c>:Type</c>, and <c>:identifier</c> (FHIR R4,
/// search.html#reference). Relative and absolute references to the same type and id are the same.
/// </summary>
internal sealed class SearchReference : SearchValue
{
    private readonly IReadOnlyList<string> _references;

    private SearchReference(IReadOnlyList<string> references) => _references = references;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Terms => _references;

    /// <summary>A value that is one of these references.</summary>
    public static SearchReference AnyOf(IReadOnlyList<string> references) => new(references);

    /// <summary>Reads a value; null when it is none, contradicts its modifier, or names a version.</summary>
    public static SearchValue? TryParse(SearchDefinition definition, string modifier, string text)
    {
        if (modifier == "identifier")
            return SearchToken.TryParse(definition, "", text) is { } token ? new Logical(token) : null;
        var value = SearchText.Unescape(text);
        if (definition.IsCanonical && value.Contains(':', StringComparison.Ordinal))
            return modifier.Length == 0 ? new SearchCanonical(value) : null;
        if (value.Contains("/_history/", StringComparison.Ordinal))
            return null;
        if (LiteralReference.ToTypeAndId(value) is { } literal)
        {
            return modifier.Length == 0 || literal.StartsWith(modifier + "/", StringComparison.Ordinal)
                ? new SearchReference([literal])
                : null;
        }
        if (!LiteralReference.IsId(value))
            return modifier.Length == 0 ? new SearchReference([value]) : null;
        IReadOnlyList<string> types = modifier.Length > 0 ? [modifier] : definition.Targets;
        return new SearchReference([.. types.Select(type => $"{type}/{value}")]);
    }

    /// <inheritdoc/>
    public override bool Matches(JsonElement value) =>
        SearchTerms.Exact(SearchParamType.Reference, value) is { } reference
        && _references.Contains(reference, StringComparer.Ordinal);

    /// <summary><c>:identifier</c>: what <c>Reference.identifier</c> says.</summary>
    private sealed class Logical(SearchValue token) : SearchValue
    {
        public override bool Matches(JsonElement value) =>
            value.ValueKind == JsonValueKind.Object
            && value.TryGetProperty("identifier", out var identifier)
            && token.Matches(identifier);
    }
}
