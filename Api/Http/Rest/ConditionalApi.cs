using MedLedger.Api.Identity;
using MedLedger.Api.Records;
using MedLedger.Consent.Log;
using Microsoft.AspNetCore.WebUtilities;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// Conditions that are searches (FHIR R4, http.html#ccreate). The search is the caller's own: what the caller may not see
/// does not match, and so is not told.
/// </summary>
internal static class ConditionalApi
{
    /// <summary>If-None-Exist: null when nothing matches and the resource is to be created.</summary>
    public static async Task<IResult?> FindExistingAsync(FhirExchange exchange, string criteria)
    {
        // A condition is a search: without its scope it would tell what is there, or create what is there already.
        if (!exchange.Caller.Scopes.Allow(exchange.Type, ScopePermissions.Search))
            return Outcomes.Table.OutsideScope.ToResult();
        var parameters = QueryHelpers
            .ParseQuery(criteria)
            .SelectMany(p => p.Value.Select(v => KeyValuePair.Create(p.Key, v ?? "")))
            .ToList();
        if (SearchRequest.TryRead(exchange.Type, parameters, out var problem) is not { } search)
            return Outcomes.Table.NotSearchable(problem!).ToResult();
        if (search.Criteria.Count + search.Has.Count == 0 && search.Ids is null)
            return Outcomes.Table.BadRequest("If-None-Exist has no criteria.").ToResult();
        var asking = exchange.Asking("access", ScopePermissions.Search);
        var log = new AccessLog(asking, "create", exchange.Ledger.Store.Vault.OrganizationKey)
        {
            Action = AuditAction.Searched,
        };
        var opened = new List<ReadableRecord>();
        try
        {
            await using var context = exchange.Ledger.Store.CreateDbContext();
            var run = new SearchRun(new RecordSearch(exchange.Ledger, asking, log), context, opened, exchange.Aborted);
            var (matches, refused) = await run.MatchAsync(search);
            if (refused is not null)
                return Outcomes.Table.NotSearchable(refused).ToResult();
            await exchange.Ledger.Audit.AppendAsync(log.Events(), exchange.Aborted);
            return matches switch
            {
                [] => null,
                [var one] => Existing(exchange, one),
                _ => Outcomes.Table.Preconditions.ToResult(),
            };
        }
        catch (TooCostlyException costly)
        {
            return Outcomes.Table.TooCostly(costly.Message).ToResult();
        }
        finally
        {
            foreach (var record in opened)
                record.Dispose();
        }
    }

    private static IResult Existing(FhirExchange exchange, ReadableRecord record)
    {
        exchange.Http.Response.Headers.Location = $"{exchange.BaseUrl}/{record.Reference}/_history/{record.Version}";
        if (exchange.MayRead)
            return FhirBody.Of(exchange, record);
        FhirBody.SetVersion(exchange.Http.Response, record.Version, record.Written);
        return Results.StatusCode(StatusCodes.Status200OK);
    }
}
