using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// A search of the log: <c>patient</c> says whose part, all other parameters of AuditEvent (R4) are compared with the
/// resources that are made of its entries. Page links are sealed: a value that was sent in a form stands in no URL.
/// </summary>
internal sealed class AuditEventSearch
{
    private const int DefaultCount = 50;
    private const int MaxCount = 500;
    private const string PagePlace = "fhir-audit-page";
    private static readonly TimeSpan PageLifetime = TimeSpan.FromHours(1);

    private readonly List<SearchCriterion> _criteria = [];
    private readonly List<KeyValuePair<string, string>> _query;

    private AuditEventSearch(List<KeyValuePair<string, string>> query) => _query = query;

    /// <summary>Whose part of the log; null for the caller's own, or all of it.</summary>
    public string? Patient { get; private set; }

    /// <summary>Matches on a page, at most.</summary>
    public int Count { get; private set; } = DefaultCount;

    /// <summary>Entries with an index below this.</summary>
    public long Before { get; private set; } = long.MaxValue;

    /// <summary>Between which moments matches were recorded, Unix seconds: what <c>date</c> says, as far as it says it.</summary>
    public (long From, long To) Recorded { get; private set; } = (long.MinValue, long.MaxValue);

    /// <summary>Reads a search from the URL and, for <c>_search</c>, the form; or answers what is wrong.</summary>
    public static async Task<(AuditEventSearch? Search, IResult? Problem)> ReadAsync(FhirExchange exchange)
    {
        var request = exchange.Http.Request;
        var pairs = request.Query.SelectMany(p => p.Value.Select(v => KeyValuePair.Create(p.Key, v ?? "")));
        if (HttpMethods.IsPost(request.Method))
        {
            if (await Forms.OfAsync(request, exchange.Aborted) is not { } form)
                return (null, Outcomes.Table.NoForm.ToResult());
            pairs = pairs.Concat(form.SelectMany(p => p.Value.Select(v => KeyValuePair.Create(p.Key, v ?? ""))));
        }
        List<KeyValuePair<string, string>> query = [.. pairs];
        var before = long.MaxValue;
        if (query is [{ Key: "_page", Value: var link }])
        {
            if (Open(exchange, link) is not { } page)
                return (null, Outcomes.NotFound);
            (query, before) = (page.Query, page.Before);
        }
        var search = new AuditEventSearch(query) { Before = before };
        foreach (var (name, value) in query)
        {
            if (search.Add(name, value, exchange.Ledger.Store.Time.GetUtcNow()) is { } problem)
                return (null, Outcomes.Table.NotSearchable(problem).ToResult());
        }
        return (search, null);
    }

    /// <summary>Whether an AuditEvent is one of those that are searched for.</summary>
    public bool Matches(byte[] resource)
    {
        if (_criteria.Count == 0)
            return true;
        using var document = JsonDocument.Parse(resource);
        return _criteria.TrueForAll(one => one.Matches(document.RootElement));
    }

    /// <summary>What was asked.</summary>
    public static string Self(FhirExchange exchange) =>
        HttpMethods.IsPost(exchange.Http.Request.Method)
            ? $"{exchange.BaseUrl}/AuditEvent/_search"
            : $"{exchange.BaseUrl}/AuditEvent{exchange.Http.Request.QueryString}";

    /// <summary>The link to what follows, for this caller and purpose.</summary>
    public string Next(FhirExchange exchange, long before)
    {
        var store = exchange.Ledger.Store;
        var expires = (store.Time.GetUtcNow() + PageLifetime).ToUnixTimeSeconds();
        var page = new Page(exchange.Caller.User.Id, exchange.Caller.Purpose, expires, before, _query);
        var bytes = store.SealEntry(PagePlace, JsonSerializer.SerializeToUtf8Bytes(page));
        return $"{exchange.BaseUrl}/AuditEvent?_page={Base64Url.EncodeToString(bytes)}";
    }

    private static Page? Open(FhirExchange exchange, string link)
    {
        var store = exchange.Ledger.Store;
        if (!Base64Url.IsValid(link) || store.OpenEntry(PagePlace, Base64Url.DecodeFromChars(link)) is not { } json)
            return null;
        return
            JsonSerializer.Deserialize<Page>(json) is { } page
            && page.User == exchange.Caller.User.Id
            && page.Purpose == exchange.Caller.Purpose
            && page.Expires > store.Time.GetUtcNow().ToUnixTimeSeconds()
            ? page
            : null;
    }

    private string? Add(string name, string value, DateTimeOffset now)
    {
        switch (name)
        {
            case "_format" or "_pretty":
                return null;
            case "patient":
                Patient = value;
                return null;
            case "_count":
                if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0)
                    return "_count is a number from 1";
                Count = Math.Min(count, MaxCount);
                return null;
            case "_sort":
                return value == "-date" ? null : "the log is sorted by -date";
        }
        var (code, modifier) = name.Split(':', 2) is [var c, var m] ? (c, m) : (name, "");
        if (!SearchDefinition.Of("AuditEvent").TryGetValue(code, out var definition))
            return "AuditEvent has no search parameter of that name that can be answered";
        if (SearchCriterion.TryRead(definition, modifier, value, now, out var problem) is not { } criterion)
            return problem;
        _criteria.Add(criterion);
        if (code == "date" && modifier.Length == 0)
            Bound(value);
        return null;
    }

    // The entries outside need not be looked at; the criterion itself decides on those inside.
    private void Bound(string date)
    {
        if (FhirRange.Prefix(date) is not var (prefix, text) || FhirRange.OfDate(text) is not { } span)
            return;
        var (from, to) = Recorded;
        if (prefix is "eq" or "gt" or "ge" or "sa")
            from = Math.Max(from, Seconds(span.Low));
        if (prefix is "eq" or "lt" or "le" or "eb")
            to = Math.Min(to, Seconds(span.High));
        Recorded = (from, to);
    }

    private static long Seconds(decimal ticks) =>
        (long)((ticks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond);

    private sealed record Page(
        string User,
        string Purpose,
        long Expires,
        long Before,
        List<KeyValuePair<string, string>> Query
    );
}
