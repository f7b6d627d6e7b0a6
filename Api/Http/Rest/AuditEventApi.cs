using System.Globalization;
using System.Text.Json.Nodes;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// AuditEvents made of the entries of the log: patients (and who acts for them) read all that concern them, compliance
/// reads all, without content: records and patients are opaque keys there. Each reading is logged itself, first.
/// </summary>
internal static class AuditEventApi
{
    // A search that finds little reads on with the next page.
    private const int MostRead = 10_000;
    private const int Step = 250;

    /// <summary>The handler, when the request is for the log and its caller reads the log this way; null otherwise.</summary>
    public static Func<FhirExchange, Task<IResult>>? Find(FhirRoute route, FhirExchange exchange)
    {
        if (
            exchange.Type != "AuditEvent"
            || exchange.Caller.User.Role is not (Role.Patient or Role.RelatedPerson or Role.Compliance)
        )
            return null;
        return route switch
        {
            { Code: "search-type" } => SearchAsync,
            { Code: "read" } when IndexOf(exchange.Id) is not null => ReadAsync,
            _ => null,
        };
    }

    private static async Task<IResult> SearchAsync(FhirExchange exchange)
    {
        if (exchange.Spent() is { } spent)
            return spent.ToResult();
        var (search, problem) = await AuditEventSearch.ReadAsync(exchange);
        if (problem is not null)
            return problem;
        var (reader, refused) = await ReaderAsync(exchange, search!.Patient, "search-type");
        if (refused is not null)
            return refused;

        await using var context = exchange.Ledger.Store.CreateDbContext();
        var found = new List<(long Index, byte[] Body)>();
        var (lowest, highest) = await AuditEventReader.BetweenAsync(context, search.Recorded, exchange.Aborted);
        var (at, read, isWhole) = (Math.Min(search.Before, highest), 0, false);
        while (found.Count < search.Count && read < MostRead && !isWhole)
        {
            var part = await reader!.LoadAsync(context, at, Step, exchange.Aborted);
            isWhole = part.Entries == 0 || part.Lowest <= lowest;
            at = part.Lowest;
            read += part.Entries;
            foreach (var logged in part.Read)
            {
                var body = AuditEventResource.Write(logged, exchange.BaseUrl);
                if (!search.Matches(body))
                    continue;
                found.Add((logged.Index, body));
                if (found.Count < search.Count)
                    continue;
                (at, isWhole) = (logged.Index, logged.Index <= lowest);
                break;
            }
        }
        exchange.Charge(read);
        var bundle = new BundleWriter("searchset", exchange.BaseUrl);
        bundle.Link("self", AuditEventSearch.Self(exchange));
        if (!isWhole && at > 0)
            bundle.Link("next", search.Next(exchange, at));
        foreach (var (index, body) in found)
            bundle.AddFound("AuditEvent/" + AuditEventResource.IdOf(index), body, "match");
        return FhirBody.Of(exchange, bundle.ToBody());
    }

    private static async Task<IResult> ReadAsync(FhirExchange exchange)
    {
        var (reader, refused) = await ReaderAsync(exchange, exchange.Http.Request.Query["patient"], "read");
        if (refused is not null)
            return refused;
        await using var context = exchange.Ledger.Store.CreateDbContext();
        var index = IndexOf(exchange.Id)!.Value;
        var part = await reader!.LoadAsync(context, index + 1, 1, exchange.Aborted);
        return part.Read is [var logged] && logged.Index == index
            ? FhirBody.Of(exchange, AuditEventResource.Write(logged, exchange.BaseUrl))
            : Outcomes.NotFound;
    }

    // Who reads whose part; logged before anything is shown.
    private static async Task<(AuditEventReader? Reader, IResult? Refused)> ReaderAsync(
        FhirExchange exchange,
        string? asked,
        string interaction
    )
    {
        var (caller, ledger) = (exchange.Caller, exchange.Ledger);
        if (caller.User.Role == Role.Compliance)
        {
            if (asked is not null)
                return (null, Outcomes.Forbidden);
            var all = new AuditEvent
            {
                Action = AuditAction.Searched,
                PatientKey = ledger.Store.Vault.OrganizationKey,
                Agent = caller.User.Reference,
                Purpose = caller.Purpose,
                Interaction = interaction,
                Entities = ["AuditEvent"],
            };
            await ledger.Audit.AppendAsync([all], exchange.Aborted);
            return (new AuditEventReader(ledger, null, null), null);
        }
        if (asked is not null && !asked.Contains('/', StringComparison.Ordinal))
            asked = "Patient/" + asked;
        var (patient, refused) = await Acting.ForAsync(
            caller,
            asked,
            DelegatedAct.Read,
            null,
            ledger,
            exchange.Aborted
        );
        if (refused is not null)
            return (null, refused);
        var own = Acting.Searched(ledger, caller, patient!, interaction, "AuditEvent");
        await ledger.Audit.AppendAsync([own], exchange.Aborted);
        return (new AuditEventReader(ledger, patient, ledger.Store.Vault.PatientKey(patient!)), null);
    }

    private static long? IndexOf(string id) =>
        id.StartsWith("log-", StringComparison.Ordinal)
        && long.TryParse(id.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
        && index < long.MaxValue
            ? index
            : null;
}
