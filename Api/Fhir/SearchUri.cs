using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>A searched URI, whole; <c>:below</c> and <c>:above</c> go by the segments of a URL's path (FHIR R4, search.html#uri).</summary>
internal sealed class SearchUri : SearchValue
{
    private readonly string _uri;
    private readonly string _modifier;

    private SearchUri(string modifier, string uri) => (_modifier, _uri) = (modifier, uri);

    /// <inheritdoc/>
    public override IReadOnlyList<string>? Terms => _modifier.Length == 0 ? [_uri] : null;

    /// <summary>Reads a value; null for <c>:below</c> and <c>:above</c> of what is no URL.</summary>
    public static SearchValue? TryParse(SearchDefinition definition, string modifier, string uri)
    {
        if (modifier.Length > 0 && !uri.Contains("://", StringComparison.Ordinal))
            return null;
        return definition.IsCanonical && modifier.Length == 0 ? new SearchCanonical(uri) : new SearchUri(modifier, uri);
    }

    /// <inheritdoc/>
    public override bool Matches(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
        && value.GetString()! is var found
        && _modifier switch
        {
            "below" => IsBelow(found, _uri),
            "above" => IsBelow(_uri, found),
            _ => found == _uri,
        };

    private static bool IsBelow(string uri, string parent) =>
        uri == parent || uri.StartsWith(parent.EndsWith('/') ? parent : parent + "/", StringComparison.Ordinal);
}
