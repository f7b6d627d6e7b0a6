using System.Collections.Concurrent;
using System.Text.Json;
using Hl7.Fhir.Model;

namespace MedLedger.Api.Fhir;

/// <summary>
/// The values by which a resource can be found through blind tokens: exact ones (token, reference, uri). Dates, strings and
/// numbers have none; searches by them open what is permitted and compare in clear.
/// </summary>
internal static class SearchTerms
{
    private static readonly ConcurrentDictionary<string, SearchDefinition[]> WithTokens = new(StringComparer.Ordinal);

    /// <summary>The terms of a resource: parameter and normalized value, each once.</summary>
    public static IReadOnlyList<(string Parameter, string Value)> Of(JsonElement resource, string type)
    {
        var terms = new HashSet<(string, string)>();
        foreach (var definition in WithTokens.GetOrAdd(type, Find))
        {
            foreach (var value in definition.Values(resource))
            {
                if (definition.Type == SearchParamType.Token)
                {
                    foreach (var (system, code) in Tokens(value))
                    {
                        terms.Add((definition.Code, "|" + code));
                        if (system is not null)
                        {
                            terms.Add((definition.Code, system + "|" + code));
                            terms.Add((definition.Code, system + "|"));
                        }
                    }
                }
                else if (Exact(definition.Type, value) is { } text)
                {
                    terms.Add((definition.Code, text));
                }
            }
        }
        return [.. terms];
    }

    private static SearchDefinition[] Find(string type) =>
        [.. SearchDefinition.Of(type).Values.Where(definition => definition.HasTokens)];

    /// <summary>The codes of a value: Coding, CodeableConcept, Identifier, ContactPoint, code, boolean (FHIR R4, search.html#token).</summary>
    public static IEnumerable<(string? System, string Code)> Tokens(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                yield return (null, value.GetString()!);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                yield return (null, value.GetBoolean() ? "true" : "false");
                break;
            case JsonValueKind.Object when value.TryGetProperty("coding", out var codings):
                foreach (var token in codings.EnumerateArray().SelectMany(Tokens))
                    yield return token;
                break;
            case JsonValueKind.Object:
                if (Text(value, "code") is { } code)
                    yield return (Text(value, "system"), code);
                else if (Text(value, "value") is { } identifier)
                    yield return (IsContact(value) ? null : Text(value, "system"), identifier);
                break;
        }
    }

    /// <summary>The text of a reference (<c>Type/id</c>, or as it stands) or a URI; null when there is none.</summary>
    public static string? Exact(SearchParamType type, JsonElement value)
    {
        var text =
            value.ValueKind == JsonValueKind.String ? value.GetString()
            : value.ValueKind == JsonValueKind.Object ? Text(value, "reference")
            : null;
        return text is null || type != SearchParamType.Reference ? text : LiteralReference.ToTypeAndId(text) ?? text;
    }

    /// <summary>A member's text; null when it has none.</summary>
    public static string? Text(JsonElement from, string member) =>
        from.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    // ContactPoint.system is a code, not the system of its value.
    private static bool IsContact(JsonElement value) =>
        Text(value, "system") is "phone" or "fax" or "email" or "pager" or "url" or "sms" or "other";
}
