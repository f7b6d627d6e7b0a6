using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;
using MedLedger.Consent.Log;
using Microsoft.AspNetCore.WebUtilities;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// Conditions that are searches (FHIR R4, http.html sections 3.1.0.7.1, 3.1.0.8.1 and 3.1.0.10.1). The search is the
/// caller's own: what the caller may not see does not match, and so is not told. What matches is then written as if its
/// id had stood in the URL.
/// </summary>
internal static class ConditionalApi
{
    /// <summary>PUT Type?criteria.</summary>
    public static async Task<IResult> UpdateAsync(FhirExchange exchange)
    {
        if (Refuse(exchange) is { } refusal)
            return refusal;
        var (body, problem) = await ResourceInput.ReadAsync(exchange.Http.Request, exchange.Aborted);
        if (body is null)
            return problem!.ToResult();
        var given = ResourceInput.Identity(body)?.Id;
        // What is no valid resource is refused before anything is looked up.
        var (_, invalid) = ResourceInput.Prepare(body, exchange.Type, given ?? RecordChanges.NewId(), isOwnId: false);
        if (invalid is not null)
            return invalid.ToResult();
        using var turn = await exchange.TurnAsync([exchange.Type]);
        var (match, unclear) = await FindAsync(exchange, exchange.Type, Criteria(exchange));
        using (match)
        {
            if (unclear is not null)
                return unclear.ToResult();
            var (id, refused) = Target(exchange, exchange.Type, given, match?.Id);
            if (refused is not null)
                return refused.ToResult();
            // What is new has no version that could match.
            if (id is null && exchange.Http.Request.Headers.IfMatch.Count > 0)
                return Outcomes.Table.VersionConflict.ToResult();
            if (id is null)
                return await WriteApi.CreateAsync(exchange, body);
            exchange.Name(id);
            return await WriteApi.UpdateAsync(exchange, body, isOwnId: given is not null);
        }
    }

    /// <summary>DELETE Type?criteria: the one resource that matches; what nothing matches is not there.</summary>
    public static async Task<IResult> DeleteAsync(FhirExchange exchange)
    {
        if (Refuse(exchange) is { } refusal)
            return refusal;
        return await NameAsync(exchange) ?? await WriteApi.DeleteAsync(exchange);
    }

    /// <summary>Names the one resource that the criteria of the URL match; the answer when there is not exactly one.</summary>
    public static async Task<IResult?> NameAsync(FhirExchange exchange)
    {
        var (match, unclear) = await FindAsync(exchange, exchange.Type, Criteria(exchange));
        using (match)
        {
            if (unclear is not null)
                return unclear.ToResult();
            if (match is null)
                return Outcomes.NotFound;
            exchange.Name(match.Id);
            return null;
        }
    }

    /// <summary>
    /// Which resource a conditional update writes: what matches, a new one (no id), or for a service that gives ids the one
    /// that the body names.
    /// </summary>
    public static (string? Id, Outcome? Problem) Target(
        FhirExchange exchange,
        string type,
        string? given,
        string? match
    )
    {
        if (match is not null)
        {
            return given is null || given == match
                ? (match, null)
                : (
                    null,
                    Outcomes.Table.BadRequest("The body's id is not that of the resource that the criteria match.")
                );
        }
        if (given is not null)
        {
            return exchange.IsTrustedWriter
                ? (given, null)
                : (null, Outcomes.Table.Rule("No resource matches, and a client does not choose the id of a new one."));
        }
        return exchange.Caller.Scopes.Allow(type, ScopePermissions.Create)
            ? (null, null)
            : (null, Outcomes.Table.OutsideScope);
    }

    /// <summary>If-None-Exist: null when nothing matches and the resource is to be created.</summary>
    public static async Task<IResult?> FindExistingAsync(FhirExchange exchange, string criteria)
    {
        var (match, unclear) = await FindAsync(exchange, exchange.Type, criteria);
        using (match)
            return unclear is not null ? unclear.ToResult()
                : match is null ? null
                : Existing(exchange, match);
    }

    /// <summary>
    /// The one resource that the caller finds by the criteria, null when there is none; the caller disposes it. Several are
    /// a problem. The log has the search before this returns.
    /// </summary>
    public static async Task<(ReadableRecord? Match, Outcome? Problem)> FindAsync(
        FhirExchange exchange,
        string type,
        string criteria
    )
    {
        // A condition is a search: without its scope it would tell what is there, or create what is there already.
        if (!exchange.Caller.Scopes.Allow(type, ScopePermissions.Search))
            return (null, Outcomes.Table.OutsideScope);
        if (exchange.Spent() is { } spent)
            return (null, spent);
        var parameters = QueryHelpers
            .ParseQuery(criteria)
            .SelectMany(p => p.Value.Select(v => KeyValuePair.Create(p.Key, v ?? "")))
            .ToList();
        var context = new SearchContext(exchange.Ledger.Store.Time.GetUtcNow());
        if (SearchRequest.TryRead(type, parameters, context, out var problem) is not { } search)
            return (null, Outcomes.Table.NotSearchable(problem!));
        if (!search.HasCriteria)
            return (null, Outcomes.Table.BadRequest("A condition needs criteria."));
        var asking = exchange.Asking("access", ScopePermissions.Search);
        var log = new AccessLog(asking, "search-type", exchange.Ledger.Store.Vault.OrganizationKey)
        {
            Action = AuditAction.Searched,
        };
        var opened = new List<ReadableRecord>();
        ReadableRecord? match = null;
        try
        {
            await using var database = exchange.Ledger.Store.CreateDbContext();
            var run = new SearchRun(new RecordSearch(exchange.Ledger, asking, log), database, opened, exchange.Aborted);
            var matches = await run.MatchAsync(search);
            await exchange.Ledger.Audit.AppendAsync(log.Events(), exchange.Aborted);
            if (matches.Count > 1)
                return (null, Outcomes.Table.Preconditions);
            match = matches.Count == 1 ? matches[0] : null;
            return (match, null);
        }
        catch (TooCostlyException costly)
        {
            return (null, Outcomes.Table.TooCostly(costly.Message));
        }
        finally
        {
            exchange.Charge(log.Opened);
            foreach (var record in opened.Where(record => record != match))
                record.Dispose();
        }
    }

    private static string Criteria(FhirExchange exchange) => exchange.Http.Request.QueryString.Value ?? "";

    /// <summary>What is refused before anything is looked up.</summary>
    public static IResult? Refuse(FhirExchange exchange) =>
        !ResourceParser.ResourceTypes.Contains(exchange.Type) ? Outcomes.Table.NoSuchType.ToResult()
        : !exchange.MayWrite ? Outcomes.Forbidden
        : null;

    private static IResult Existing(FhirExchange exchange, ReadableRecord record)
    {
        exchange.Http.Response.Headers.Location = $"{exchange.BaseUrl}/{record.Reference}/_history/{record.Version}";
        if (exchange.MayRead)
            return FhirBody.Of(exchange, record);
        FhirBody.SetVersion(exchange.Http.Response, record.Version, record.Written);
        return Results.StatusCode(StatusCodes.Status200OK);
    }
}
