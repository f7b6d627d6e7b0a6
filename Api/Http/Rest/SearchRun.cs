using System.Text.Json;
using Hl7.Fhir.Model;
using MedLedger.Api.Fhir;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// One search with the searches inside it: chains and <c>_has</c> are searches of their own by the same caller, so that
/// they show nothing that the caller could not search for.
/// </summary>
internal sealed class SearchRun(
    RecordSearch finder,
    LedgerContext context,
    List<ReadableRecord> opened,
    CancellationToken cancellation
)
{
    private const int MaxDepth = 3;

    /// <summary>The matches in their order; null with the reason when the search cannot be answered.</summary>
    public async Task<(IReadOnlyList<ReadableRecord> Matches, string? Problem)> MatchAsync(
        SearchRequest search,
        int depth = 0
    )
    {
        if (depth > MaxDepth)
            return ([], "a chain is too long");
        var criteria = new List<SearchCriterion>();
        foreach (var (name, modifier, chain, value) in search.Criteria)
        {
            var definition = SearchDefinition.Of(search.Type)[name];
            if (chain is null)
            {
                if (SearchCriterion.TryRead(definition, modifier, value, out var problem) is not { } criterion)
                    return ([], problem);
                criteria.Add(criterion);
                continue;
            }
            var (references, refused) = await ChainAsync(definition, modifier, chain, value, depth);
            if (refused is not null)
                return ([], refused);
            criteria.Add(SearchCriterion.AnyOf(definition, references));
        }
        var ids = search.Ids;
        foreach (var (path, value) in search.Has)
        {
            var (referred, refused) = await HasAsync(search.Type, path, value, depth);
            if (refused is not null)
                return ([], refused);
            ids = ids is null ? [.. referred] : [.. ids.Intersect(referred, StringComparer.Ordinal)];
        }
        var query = new RecordQuery(search.Type, criteria) { Ids = ids, LastUpdated = search.LastUpdated };
        var found = await finder.FindAsync(context, query, cancellation);
        opened.AddRange(found);
        return (Order(found, search), null);
    }

    /// <summary>What the page's records name, and what names them, as the includes ask.</summary>
    public async Task<IReadOnlyList<ReadableRecord>> IncludeAsync(
        SearchRequest search,
        IReadOnlyList<ReadableRecord> page
    )
    {
        var there = page.Select(r => r.Reference).ToHashSet(StringComparer.Ordinal);
        var included = new List<ReadableRecord>();
        foreach (var include in search.Includes)
        {
            var references = page.SelectMany(record => References(record, include.Definition))
                .Where(r => include.Target is null || r.StartsWith(include.Target + "/", StringComparison.Ordinal))
                .Where(there.Add)
                .ToList();
            var found = await finder.OpenReferencesAsync(context, references, cancellation);
            opened.AddRange(found);
            included.AddRange(found);
        }
        foreach (var include in search.ReverseIncludes)
        {
            var criterion = SearchCriterion.AnyOf(include.Definition, [.. page.Select(r => r.Reference)]);
            var found = await finder.FindAsync(context, new RecordQuery(include.Type, [criterion]), cancellation);
            opened.AddRange(found);
            included.AddRange(found.Where(r => there.Add(r.Reference)));
        }
        return included;
    }

    private async Task<(IReadOnlyList<string> References, string? Problem)> ChainAsync(
        SearchDefinition definition,
        string modifier,
        string chain,
        string value,
        int depth
    )
    {
        IReadOnlyList<string> types = modifier.Length > 0 ? [modifier] : definition.Targets;
        var references = new List<string>();
        var isKnown = false;
        foreach (var type in types.Where(ResourceParser.ResourceTypes.Contains))
        {
            var code = chain.Split('.', ':')[0];
            if (code != "_id" && !SearchDefinition.Of(type).ContainsKey(code))
                continue;
            isKnown = true;
            if (SearchRequest.TryRead(type, [KeyValuePair.Create(chain, value)], out var problem) is not { } inner)
                return ([], problem);
            var (matches, refused) = await MatchAsync(inner, depth + 1);
            if (refused is not null)
                return ([], refused);
            references.AddRange(matches.Select(m => m.Reference));
        }
        return isKnown ? (references, null) : ([], "a chain names no parameter of its target");
    }

    private async Task<(IReadOnlyList<string> Ids, string? Problem)> HasAsync(
        string target,
        string path,
        string value,
        int depth
    )
    {
        var parts = path.Split(':', 3);
        if (
            parts.Length != 3
            || !ResourceParser.ResourceTypes.Contains(parts[0])
            || !SearchDefinition.Of(parts[0]).TryGetValue(parts[1], out var definition)
            || definition.Type != SearchParamType.Reference
        )
            return ([], "_has is _has:Type:reference:parameter");
        if (SearchRequest.TryRead(parts[0], [KeyValuePair.Create(parts[2], value)], out var problem) is not { } inner)
            return ([], problem);
        var (matches, refused) = await MatchAsync(inner, depth + 1);
        var prefix = target + "/";
        return (
            [
                .. matches
                    .SelectMany(m => References(m, definition))
                    .Where(r => r.StartsWith(prefix, StringComparison.Ordinal))
                    .Select(r => r[prefix.Length..])
                    .Distinct(StringComparer.Ordinal),
            ],
            refused
        );
    }

    private static List<string> References(ReadableRecord record, SearchDefinition definition)
    {
        if (!SearchDefinition.Of(record.Type).TryGetValue(definition.Code, out var own))
            return [];
        using var document = JsonDocument.Parse(record.Content);
        return
        [
            .. own.Values(document.RootElement)
                .Select(value => SearchTerms.Exact(SearchParamType.Reference, value))
                .OfType<string>(),
        ];
    }

    private static List<ReadableRecord> Order(IReadOnlyList<ReadableRecord> found, SearchRequest search)
    {
        // The newest first, unless something else is asked; the storage key decides between equals, so that pages fit.
        if (search.Sort.Count == 0)
            return [.. found.OrderByDescending(r => r.Written).ThenBy(r => r.RecordKey, StringComparer.Ordinal)];
        IOrderedEnumerable<(ReadableRecord Record, SortKey[] Keys)>? ordered = null;
        var keyed = found.Select(record => (record, KeysOf(record, search))).ToList();
        for (var i = 0; i < search.Sort.Count; i++)
        {
            var at = i;
            var isDescending = search.Sort[i].IsDescending;
            ordered = ordered is null
                ? isDescending
                    ? keyed.OrderByDescending(k => k.Item2[at])
                    : keyed.OrderBy(k => k.Item2[at])
                : isDescending
                    ? ordered.ThenByDescending(k => k.Keys[at])
                    : ordered.ThenBy(k => k.Keys[at]);
        }
        return [.. ordered!.ThenBy(k => k.Record.RecordKey, StringComparer.Ordinal).Select(k => k.Record)];
    }

    private static SortKey[] KeysOf(ReadableRecord record, SearchRequest search)
    {
        using var document = JsonDocument.Parse(record.Content);
        return
        [
            .. search.Sort.Select(sort =>
                sort.Name == "_id" ? new SortKey(0, record.Id)
                : sort.Definition is null ? new SortKey(record.Written.UtcTicks, "")
                : sort
                    .Definition.Values(document.RootElement)
                    .Select(v => KeyOf(v, sort.Definition))
                    .Order()
                    .FirstOrDefault()
            ),
        ];
    }

    private static SortKey KeyOf(JsonElement value, SearchDefinition definition) =>
        definition.Type switch
        {
            SearchParamType.Date => new SortKey(FhirRange.OfDate(value)?.Low ?? 0, ""),
            SearchParamType.Number when value.ValueKind == JsonValueKind.Number => new SortKey(value.GetDecimal(), ""),
            SearchParamType.Quantity
                when value.ValueKind == JsonValueKind.Object && value.TryGetProperty("value", out var number) =>
                new SortKey(number.GetDecimal(), ""),
            SearchParamType.Token => new SortKey(
                0,
                SearchTerms.Tokens(value).Select(t => t.Code).FirstOrDefault() ?? ""
            ),
            SearchParamType.String when value.ValueKind == JsonValueKind.Object => new SortKey(
                0,
                FhirRange.Fold(SearchTerms.Text(value, "family") ?? SearchTerms.Text(value, "text") ?? "")
            ),
            _ => new SortKey(0, value.ValueKind == JsonValueKind.String ? FhirRange.Fold(value.GetString()!) : ""),
        };

    private readonly record struct SortKey(decimal Number, string Text) : IComparable<SortKey>
    {
        public int CompareTo(SortKey other) =>
            Number != other.Number ? Number.CompareTo(other.Number) : string.CompareOrdinal(Text, other.Text);

        public static bool operator <(SortKey left, SortKey right) => left.CompareTo(right) < 0;

        public static bool operator >(SortKey left, SortKey right) => left.CompareTo(right) > 0;

        public static bool operator <=(SortKey left, SortKey right) => left.CompareTo(right) <= 0;

        public static bool operator >=(SortKey left, SortKey right) => left.CompareTo(right) >= 0;
    }
}
