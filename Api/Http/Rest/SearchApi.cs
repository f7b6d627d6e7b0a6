using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Http.Rest;

/// <summary>search by GET and POST (FHIR R4, search.html): everything in the answer, counts too, is what the caller may see.</summary>
internal static class SearchApi
{
    /// <summary>GET Type?...</summary>
    public static Task<IResult> GetAsync(FhirExchange exchange)
    {
        var query = exchange.Http.Request.Query;
        if (query[PageLink.Parameter] is [{ } sealedPage])
        {
            return PageLink.Open<Page>(exchange, SearchTarget.Of(exchange).Path, sealedPage) is { } page
                ? RunAsync(exchange, page.Query, page.Offset)
                : Task.FromResult(Outcomes.NotFound);
        }
        return RunAsync(exchange, Pairs(query.Select(p => (p.Key, p.Value.ToArray()))), 0);
    }

    /// <summary>POST Type/_search with a form; parameters of the URL count, too.</summary>
    public static async Task<IResult> PostAsync(FhirExchange exchange)
    {
        var request = exchange.Http.Request;
        if (await Forms.OfAsync(request, exchange.Aborted) is not { } form)
            return Outcomes.Table.NoForm.ToResult();
        var all = request
            .Query.Select(p => (p.Key, p.Value.ToArray()))
            .Concat(form.Select(p => (p.Key, p.Value.ToArray())));
        return await RunAsync(exchange, Pairs(all), 0);
    }

    private static async Task<IResult> RunAsync(
        FhirExchange exchange,
        IReadOnlyList<KeyValuePair<string, string>> parameters,
        int offset
    )
    {
        if (!exchange.MayRead)
            return Outcomes.Forbidden;
        if (exchange.Spent() is { } spent)
            return spent.ToResult();
        var target = SearchTarget.Of(exchange);
        if (target.Refuse(exchange) is { } refusal)
            return refusal;
        var isLenient = FhirBody.Preference(exchange.Http.Request, "handling") == "lenient";
        var now = exchange.Ledger.Store.Time.GetUtcNow();
        if (
            SearchRequest.TryRead(target.Type, parameters, new SearchContext(now, isLenient), out var problem)
            is not { } search
        )
            return Outcomes.Table.NotSearchable(problem!).ToResult();
        search.Compartment = target.Compartment;
        var asking = exchange.Asking("access", ScopePermissions.Search);
        var log = new AccessLog(asking, "search-type", exchange.Ledger.Store.Vault.OrganizationKey)
        {
            Action = AuditAction.Searched,
        };
        var finder = new RecordSearch(exchange.Ledger, asking, log);
        var opened = new List<ReadableRecord>();
        try
        {
            IReadOnlyList<ReadableRecord> matches,
                page,
                included;
            // Given back before the log's turn: who waits for the disk holds no connection.
            await using (var context = exchange.Ledger.Store.CreateDbContext())
            {
                var run = new SearchRun(finder, context, opened, exchange.Aborted);
                matches = await run.MatchAsync(search);
                page = search.IsCountOnly ? [] : [.. matches.Skip(offset).Take(search.Count)];
                included = page.Count == 0 ? [] : await run.IncludeAsync(search, page);
            }
            await exchange.Ledger.Audit.AppendAsync(log.Events(), exchange.Aborted);

            var bundle = new BundleWriter("searchset", exchange.BaseUrl)
            {
                Total = search.HasNoTotal ? null : matches.Count,
            };
            AddLinks(bundle, exchange, search, offset, offset + page.Count < matches.Count);
            foreach (var record in page)
                bundle.AddFound(record.Reference, search.Subset?.Of(record.ToBody()) ?? record.ToBody(), "match");
            foreach (var record in included)
                bundle.AddFound(record.Reference, record.ToBody(), "include");
            if (search.Ignored.Count > 0)
                bundle.AddFound(null, Outcomes.Ignored(search.Ignored), "outcome");
            return FhirBody.Of(exchange, bundle.ToBody());
        }
        catch (TooCostlyException costly)
        {
            return Outcomes.Table.TooCostly(costly.Message).ToResult();
        }
        finally
        {
            exchange.Charge(log.Opened);
            foreach (var record in opened)
                record.Dispose();
        }
    }

    private static void AddLinks(
        BundleWriter bundle,
        FhirExchange exchange,
        SearchRequest search,
        int offset,
        bool isMore
    )
    {
        var path = SearchTarget.Of(exchange).Path;
        void Add(string relation, int at) =>
            bundle.Link(relation, PageLink.Seal(exchange, path, new Page(at, search.Used)));
        bundle.Link("self", $"{exchange.BaseUrl}/{path}?{Encode(search.Used)}");
        if (search.IsCountOnly)
            return;
        if (offset > 0)
        {
            Add("first", 0);
            Add("previous", Math.Max(0, offset - search.Count));
        }
        if (isMore)
            Add("next", offset + search.Count);
    }

    private static List<KeyValuePair<string, string>> Pairs(IEnumerable<(string Key, string?[] Values)> parameters) =>
        [.. parameters.SelectMany(p => p.Values.Select(v => KeyValuePair.Create(p.Key, v ?? "")))];

    private static string Encode(IEnumerable<KeyValuePair<string, string>> parameters) =>
        string.Join('&', parameters.Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));

    private sealed record Page(int Offset, List<KeyValuePair<string, string>> Query);
}
