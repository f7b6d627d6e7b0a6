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
    /// <summary>The matches in their order.</summary>
    public async Task<IReadOnlyList<ReadableRecord>> MatchAsync(SearchRequest search)
    {
        var criteria = search.Criteria.ToList();
        foreach (var chain in search.Chains)
        {
            var references = new List<string>();
            foreach (var inner in chain.Inner)
                references.AddRange((await MatchAsync(inner)).Select(m => m.Reference));
            criteria.Add(SearchCriterion.AnyOf(chain.Definition, references));
        }
        var ids = search.Ids;
        foreach (var has in search.Has)
        {
            var referred = await ReferredAsync(search.Type, has);
            ids = ids is null ? [.. referred] : [.. ids.Intersect(referred, StringComparer.Ordinal)];
        }
        var query = new RecordQuery(search.Type, criteria)
        {
            Ids = ids,
            LastUpdated = search.LastUpdated,
            Compartment = search.Compartment,
        };
        return SearchOrder.Of(await FindAsync(query), search.Sort);
    }

    /// <summary>What the page's records name, and what names them, as the includes ask.</summary>
    public async Task<IReadOnlyList<ReadableRecord>> IncludeAsync(
        SearchRequest search,
        IReadOnlyList<ReadableRecord> page
    )
    {
        var there = page.Select(r => r.Reference).ToHashSet(StringComparer.Ordinal);
        var included = new List<ReadableRecord>();
        var isFirst = true;
        // What is there already is not followed again, so that this ends.
        for (var round = page; round.Count > 0; isFirst = false)
        {
            var next = new List<ReadableRecord>();
            foreach (var include in search.Includes.Where(i => isFirst || i.IsIterated))
                next.AddRange(await NamedAsync(include, round, there));
            foreach (var include in search.ReverseIncludes.Where(i => isFirst || i.IsIterated))
                next.AddRange(await NamingAsync(include, round, there));
            included.AddRange(next);
            round = next;
        }
        return included;
    }

    private async Task<IReadOnlyList<ReadableRecord>> NamedAsync(
        SearchInclude include,
        IReadOnlyList<ReadableRecord> records,
        HashSet<string> there
    )
    {
        var references = records
            .Where(record => record.Type == include.Type)
            .SelectMany(record => include.Definitions.SelectMany(d => References(record, d)))
            .Where(r => include.Target is null || r.StartsWith(include.Target + "/", StringComparison.Ordinal))
            .Where(there.Add)
            .ToList();
        var found = await finder.OpenReferencesAsync(context, references, cancellation);
        opened.AddRange(found);
        return found;
    }

    private async Task<IReadOnlyList<ReadableRecord>> NamingAsync(
        SearchInclude include,
        IReadOnlyList<ReadableRecord> records,
        HashSet<string> there
    )
    {
        var references = records
            .Where(record => include.Target is null || record.Type == include.Target)
            .Select(record => record.Reference)
            .ToList();
        var naming = new List<ReadableRecord>();
        if (references.Count == 0)
            return naming;
        foreach (var definition in include.Definitions)
        {
            var criterion = SearchCriterion.AnyOf(definition, references);
            var found = await FindAsync(new RecordQuery(include.Type, [criterion]));
            naming.AddRange(found.Where(r => there.Add(r.Reference)));
        }
        return naming;
    }

    private async Task<IReadOnlyList<ReadableRecord>> FindAsync(RecordQuery query)
    {
        var found = await finder.FindAsync(context, query, cancellation);
        opened.AddRange(found);
        return found;
    }

    private async Task<IEnumerable<string>> ReferredAsync(string target, SearchHas has)
    {
        var prefix = target + "/";
        return (await MatchAsync(has.Inner))
            .SelectMany(m => References(m, has.Reference))
            .Where(r => r.StartsWith(prefix, StringComparison.Ordinal))
            .Select(r => r[prefix.Length..])
            .Distinct(StringComparer.Ordinal);
    }

    private static List<string> References(ReadableRecord record, SearchDefinition definition)
    {
        using var document = JsonDocument.Parse(record.Content);
        return
        [
            .. definition
                .Values(document.RootElement)
                .Select(value => SearchTerms.Exact(SearchParamType.Reference, value))
                .OfType<string>(),
        ];
    }
}
