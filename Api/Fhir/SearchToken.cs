using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>A searched token: <c>code</c>, <c>system|code</c>, <c>|code</c>, <c>system|</c>, and <c>:text</c>, <c>:of-type</c> (FHIR R4, search.html#token).</summary>
internal sealed class SearchToken : SearchValue
{
    private readonly string? _system;
    private readonly string _code;
    private readonly string? _implied;

    private SearchToken(string? system, string code, string? implied) =>
        (_system, _code, _implied) = (system, code, implied);

    /// <inheritdoc/>
    public override IReadOnlyList<string>? Terms =>
        (_system, _code) switch
        {
            // Code of any system and code without system share a term; what is opened tells them apart.
            (null or "", _) => ["|" + _code],
            (_, "") => _system == _implied ? null : [_system + "|"],
            // A code element is stored without its system.
            _ => _system == _implied ? [$"{_system}|{_code}", "|" + _code] : [$"{_system}|{_code}"],
        };

    /// <summary>Reads a value; null when it has no system and no code, or not the parts of <c>:of-type</c>.</summary>
    public static SearchValue? TryParse(SearchDefinition definition, string modifier, string text)
    {
        if (modifier == "text")
            return DisplayText.TryParse(SearchText.Unescape(text));
        var parts = SearchText.Split(text, '|').Select(SearchText.Unescape).ToList();
        if (modifier == "of-type")
        {
            return parts is [{ Length: > 0 } system, { Length: > 0 } code, { Length: > 0 } value]
                ? new TypedIdentifier(system, code, value)
                : null;
        }
        return parts switch
        {
            [{ Length: > 0 } code] => new SearchToken(null, code, definition.ImpliedSystem),
            [var system, var code] when system.Length + code.Length > 0 => new SearchToken(
                system,
                code,
                definition.ImpliedSystem
            ),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public override bool Matches(JsonElement value)
    {
        // The elements of type code say no system: it is that of their binding.
        var implied = value.ValueKind == JsonValueKind.String ? _implied : null;
        return SearchTerms
            .Tokens(value)
            .Any(token =>
                (_code.Length == 0 || token.Code == _code)
                && (
                    _system is null
                    || (_system.Length == 0 ? token.System is null : (token.System ?? implied) == _system)
                )
            );
    }

    /// <summary><c>:text</c>: what people read of a code begins with it.</summary>
    private sealed class DisplayText : SearchValue
    {
        private readonly string _folded;

        private DisplayText(string folded) => _folded = folded;

        public static DisplayText? TryParse(string text) =>
            FhirRange.Fold(text) is { Length: > 0 } folded ? new DisplayText(folded) : null;

        public override bool Matches(JsonElement value) =>
            Texts(value).Any(t => FhirRange.Fold(t).StartsWith(_folded, StringComparison.Ordinal));

        private static IEnumerable<string> Texts(JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Object)
                return [];
            var codings =
                value.TryGetProperty("coding", out var all) && all.ValueKind == JsonValueKind.Array
                    ? all.EnumerateArray().Select(c => SearchTerms.Text(c, "display"))
                    : [];
            var type =
                value.TryGetProperty("type", out var kind) && kind.ValueKind == JsonValueKind.Object
                    ? SearchTerms.Text(kind, "text")
                    : null;
            return codings
                .Append(SearchTerms.Text(value, "text"))
                .Append(SearchTerms.Text(value, "display"))
                .Append(type)
                .OfType<string>();
        }
    }

    /// <summary><c>:of-type</c>: an Identifier with this value, whose type has this code.</summary>
    private sealed class TypedIdentifier(string system, string code, string wanted) : SearchValue
    {
        public override IReadOnlyList<string> Terms => ["|" + wanted];

        public override bool Matches(JsonElement value) =>
            value.ValueKind == JsonValueKind.Object
            && SearchTerms.Text(value, "value") == wanted
            && value.TryGetProperty("type", out var type)
            && SearchTerms.Tokens(type).Contains((system, code));
    }
}
