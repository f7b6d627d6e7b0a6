using System.Text.Json;
using Hl7.Fhir.Model;
using MedLedger.Api.Fhir;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>The order of matches (FHIR R4, search.html#sort): of several values the one that comes first decides.</summary>
internal static class SearchOrder
{
    /// <summary>Orders matches; the storage key decides between equals, so that pages fit.</summary>
    public static IReadOnlyList<ReadableRecord> Of(IReadOnlyList<ReadableRecord> found, IReadOnlyList<SearchSort> sort)
    {
        // The newest first, unless something else is asked.
        if (sort.Count == 0)
            return [.. found.OrderByDescending(r => r.Written).ThenBy(r => r.RecordKey, StringComparer.Ordinal)];
        var keyed = found.Select(record => (Record: record, Keys: KeysOf(record, sort))).ToList();
        var ordered = keyed.OrderBy(_ => 0);
        for (var i = 0; i < sort.Count; i++)
        {
            var at = i;
            ordered = sort[i].IsDescending
                ? ordered.ThenByDescending(k => k.Keys[at])
                : ordered.ThenBy(k => k.Keys[at]);
        }
        return [.. ordered.ThenBy(k => k.Record.RecordKey, StringComparer.Ordinal).Select(k => k.Record)];
    }

    private static SortKey[] KeysOf(ReadableRecord record, IReadOnlyList<SearchSort> sort)
    {
        using var document = JsonDocument.Parse(record.Content);
        return [.. sort.Select(one => KeyOf(record, document.RootElement, one))];
    }

    private static SortKey KeyOf(ReadableRecord record, JsonElement resource, SearchSort sort)
    {
        if (sort.Definition is null)
            return sort.Name == "_id" ? new SortKey(0, record.Id) : new SortKey(record.Written.UtcTicks, "");
        var keys = sort.Definition.Values(resource).Select(v => KeyOf(v, sort.Definition)).Order().ToList();
        return keys.Count == 0 ? default
            : sort.IsDescending ? keys[^1]
            : keys[0];
    }

    private static SortKey KeyOf(JsonElement value, SearchDefinition definition) =>
        definition.Type switch
        {
            SearchParamType.Date => new SortKey(FhirRange.OfDate(value)?.Low ?? 0, ""),
            SearchParamType.Number => new SortKey(Number(value), ""),
            SearchParamType.Quantity
                when value.ValueKind == JsonValueKind.Object && value.TryGetProperty("value", out var number) =>
                new SortKey(Number(number), ""),
            SearchParamType.Token => new SortKey(0, SearchTerms.Tokens(value).FirstOrDefault().Code ?? ""),
            SearchParamType.Reference => new SortKey(0, SearchTerms.Exact(definition.Type, value) ?? ""),
            SearchParamType.String when value.ValueKind == JsonValueKind.Object => new SortKey(
                0,
                FhirRange.Fold(SearchTerms.Text(value, "family") ?? SearchTerms.Text(value, "text") ?? "")
            ),
            _ => new SortKey(0, value.ValueKind == JsonValueKind.String ? FhirRange.Fold(value.GetString()!) : ""),
        };

    private static decimal Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) ? number : 0;

    private readonly record struct SortKey(decimal Number, string? Text) : IComparable<SortKey>
    {
        public int CompareTo(SortKey other) =>
            Number != other.Number
                ? Number.CompareTo(other.Number)
                : string.CompareOrdinal(Text ?? "", other.Text ?? "");

        public static bool operator <(SortKey left, SortKey right) => left.CompareTo(right) < 0;

        public static bool operator >(SortKey left, SortKey right) => left.CompareTo(right) > 0;

        public static bool operator <=(SortKey left, SortKey right) => left.CompareTo(right) <= 0;

        public static bool operator >=(SortKey left, SortKey right) => left.CompareTo(right) >= 0;
    }
}
