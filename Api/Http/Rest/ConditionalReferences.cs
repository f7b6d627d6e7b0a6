using MedLedger.Api.Fhir;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// Conditional references (FHIR R4, http.html section 3.1.0.11.2): <c>Type?criteria</c> in a resource that is written is
/// replaced by what the caller's own search finds. One that finds nothing, or several, refuses the write.
/// </summary>
internal static class ConditionalReferences
{
    private const int Most = 500;

    /// <summary>Those in a resource.</summary>
    public static IEnumerable<string> Of(PreparedRecord? record) =>
        (record?.Description.Facts.RefersTo ?? []).Where(r => TypeOf(r) is not null);

    /// <summary>What each names, as <c>Type/id</c>.</summary>
    public static async Task<(IReadOnlyDictionary<string, string>? Names, Outcome? Problem)> ResolveAsync(
        FhirExchange exchange,
        IEnumerable<string> references
    )
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var reference in references.Distinct(StringComparer.Ordinal))
        {
            if (names.Count == Most)
                return (null, Outcomes.Table.TooCostly($"More than {Most} conditional references are not resolved."));
            var type = TypeOf(reference)!;
            var (match, problem) = await ConditionalApi.FindAsync(exchange, type, reference[type.Length..]);
            using (match)
            {
                if (problem is not null)
                    return (null, problem);
                if (match is null)
                    return (null, Outcomes.Table.NoMatch);
                names.Add(reference, match.Reference);
            }
        }
        return (names, null);
    }

    private static string? TypeOf(string reference)
    {
        var at = reference.IndexOf('?', StringComparison.Ordinal);
        return at > 0 && ResourceParser.ResourceTypes.Contains(reference[..at]) ? reference[..at] : null;
    }
}
