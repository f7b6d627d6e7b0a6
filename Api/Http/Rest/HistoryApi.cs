using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>What was written and what the caller may see of it (FHIR R4, http.html section 3.1.0.14), the newest first.</summary>
internal static class HistoryApi
{
    private const int DefaultCount = 50;
    private const int MaxCount = 500;

    /// <summary>GET Type/id/_history: all versions of one resource.</summary>
    public static async Task<IResult> InstanceAsync(FhirExchange exchange)
    {
        if (!exchange.MayRead)
            return Outcomes.Forbidden;
        if (!exchange.HasReference)
            return Outcomes.NotFound;
        if (Read(exchange, $"{exchange.Reference}/_history", out var problem) is not { } asked)
            return problem!;
        var access = new RecordAccess(exchange.Ledger);
        var versions = await access.HistoryAsync(
            exchange.Asking("access", ScopePermissions.Read),
            exchange.Reference,
            exchange.Aborted
        );
        try
        {
            if (versions.Count == 0)
                return Outcomes.NotFound;
            var all = versions.Where(v => v.Written.ToUnixTimeMilliseconds() >= asked.Since).ToList();
            var rest = all.Where(v => asked.After is null || v.Version < asked.After.Version).ToList();
            var page = rest.Take(asked.Count).ToList();
            var next = page.Count > 0 && page.Count < rest.Count ? RecordHistory.Position(page[^1]) : null;
            return Answer(exchange, $"{exchange.Reference}/_history", asked, page, next, all.Count);
        }
        finally
        {
            foreach (var version in versions)
                version.Dispose();
        }
    }

    /// <summary>GET Type/_history and GET _history: all versions of all resources, of one type or of every type.</summary>
    public static async Task<IResult> OfManyAsync(FhirExchange exchange)
    {
        if (!exchange.MayRead)
            return Outcomes.Forbidden;
        if (exchange.Spent() is { } spent)
            return spent.ToResult();
        var type = exchange.Type.Length == 0 ? null : exchange.Type;
        if (type is not null && !ResourceParser.ResourceTypes.Contains(type))
            return Outcomes.Table.NoSuchType.ToResult();
        var path = type is null ? "_history" : $"{type}/_history";
        if (Read(exchange, path, out var problem) is not { } asked)
            return problem!;
        var asking = exchange.Asking("access", ScopePermissions.Search);
        var log = new AccessLog(asking, "history", exchange.Ledger.Store.Vault.OrganizationKey);
        IReadOnlyList<ReadableRecord> versions = [];
        try
        {
            await using var context = exchange.Ledger.Store.CreateDbContext();
            var history = new RecordHistory(exchange.Ledger, asking, log);
            (versions, var next) = await history.FindAsync(
                context,
                type,
                asked.Since,
                asked.After,
                asked.Count,
                exchange.Aborted
            );
            await exchange.Ledger.Audit.AppendAsync(log.Events(), exchange.Aborted);
            return Answer(exchange, path, asked, versions, next, total: null);
        }
        catch (TooCostlyException costly)
        {
            return Outcomes.Table.TooCostly(costly.Message).ToResult();
        }
        finally
        {
            exchange.Charge(log.Opened);
            foreach (var version in versions)
                version.Dispose();
        }
    }

    private static IResult Answer(
        FhirExchange exchange,
        string path,
        Asked asked,
        IReadOnlyList<ReadableRecord> versions,
        RecordVersion? next,
        int? total
    )
    {
        var bundle = new BundleWriter("history", exchange.BaseUrl) { Total = total };
        bundle.Self(exchange.Http.Request);
        if (next is not null)
            bundle.Link("next", PageLink.Seal(exchange, path, asked with { After = next }));
        foreach (var version in versions)
            bundle.AddVersion(version);
        return FhirBody.Of(exchange, bundle.ToBody());
    }

    // Nothing that was asked is ignored.
    private static Asked? Read(FhirExchange exchange, string path, out IResult? problem)
    {
        problem = null;
        var query = exchange.Http.Request.Query;
        if (query[PageLink.Parameter] is [{ } link])
        {
            var page = PageLink.Open<Asked>(exchange, path, link);
            problem = page is null ? Outcomes.NotFound : null;
            return page;
        }
        var asked = new Asked(0, DefaultCount, null);
        foreach (var (name, values) in query)
        {
            string? wrong = null;
            switch (name)
            {
                case "_format" or "_pretty":
                    break;
                case "_count" when values is [{ } text] && ParameterText.Count(text) is { } count:
                    asked = asked with { Count = Math.Min(count, MaxCount) };
                    break;
                case "_count":
                    wrong = "_count is one number above zero";
                    break;
                case "_since" when values is [{ } text] && ParameterText.Instant(text) is { } since:
                    asked = asked with { Since = since };
                    break;
                case "_since":
                    wrong = "_since is one instant";
                    break;
                default:
                    wrong = "a history is asked with _since and _count only";
                    break;
            }
            if (wrong is null)
                continue;
            problem = Outcomes.Table.NotSearchable(wrong).ToResult();
            return null;
        }
        return asked;
    }

    private sealed record Asked(long Since, int Count, RecordVersion? After);
}
