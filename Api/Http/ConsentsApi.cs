using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Http;

/// <summary>
/// What patients manage: their consents, the receipt, the uses of their grants, what the log says of them. Who acts for a
/// patient does it by the same routes, with <c>?patient=Patient/id</c>.
/// </summary>
internal static class ConsentsApi
{
    private const int LargestConsent = 1 << 20;
    private const int LongestList = 500;

    /// <summary>Maps the routes.</summary>
    public static void MapConsents(this WebApplication app, OpenLedger ledger)
    {
        app.MapPost("/consents", (HttpRequest http, CancellationToken ct) => AddAsync(http, ledger, ct));
        app.MapForPatient(ledger, "/consents", "Consent", ScopePermissions.Search, ListAsync);
        app.MapDelete(
            "/consents/{id}",
            (string id, HttpRequest http, CancellationToken ct) => RevokeAsync(id, http, ledger, ct)
        );
        app.MapForPatient(ledger, "/receipt", "Consent", ScopePermissions.Read, ReceiptAsync);
        app.MapForPatient(ledger, "/uses", "AuditEvent", ScopePermissions.Search, UsesAsync);
        app.MapForPatient(ledger, "/audit", "AuditEvent", ScopePermissions.Search, AuditAsync);
    }

    private static async Task<IResult> AddAsync(HttpRequest http, OpenLedger ledger, CancellationToken cancellation)
    {
        if (LedgerApi.CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (!Acting.Manages(caller, "Consent", ScopePermissions.Create))
            return Outcomes.Forbidden;
        if (http.ContentLength is null or > LargestConsent)
            return Outcomes.TooLarge;
        using var body = new MemoryStream();
        await http.Body.CopyToAsync(body, cancellation);
        if (ConsentStore.TryRead(body.ToArray(), out var problem) is not { } record)
            return Outcomes.Unprocessable(problem ?? "not a Consent");
        var (change, refused) = await Acting.GiveAsync(caller, record, [], ledger, cancellation);
        return change is null
            ? refused!
            : Results.Created($"/{record.Reference.ToLowerInvariant()}", Change(record.Reference, change));
    }

    private static async Task<IResult> ListAsync(
        Caller caller,
        string patient,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        await ledger.Audit.AppendAsync(
            [Acting.Searched(ledger, caller, patient, "search-type", "Consent")],
            cancellation
        );
        var all = await ConsentStore.ListAsync(ledger.Store, ledger.Gate, patient, cancellation);
        return Results.Ok(
            all.Select(c => new
            {
                id = c.Consent,
                active = c.IsActive,
                waiting = c.IsWaiting,
            })
        );
    }

    private static async Task<IResult> RevokeAsync(
        string id,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (LedgerApi.CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (!Acting.Manages(caller, "Consent", ScopePermissions.Delete))
            return Outcomes.Forbidden;
        var consent = "Consent/" + id;
        return await Acting.EndAsync(caller, consent, null, [], ledger, cancellation) is { } change
            ? Results.Ok(Change(consent, change))
            : Outcomes.NotFound;
    }

    /// <summary>The patient's consents and grants, in words and signed, to keep.</summary>
    private static async Task<IResult> ReceiptAsync(
        Caller caller,
        string patient,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        var receipts = new PatientReceipt(ledger.Store, ledger.Chain, ledger.Gate, ledger.Audit);
        return await receipts.IssueAsync(patient, caller.User.Reference, cancellation) is { } receipt
            ? Results.Bytes(receipts.Sign(receipt), "application/json")
            : Outcomes.NotFound;
    }

    /// <summary>Every use of the patient's grants on the chain, and whether the log tells the same.</summary>
    private static async Task<IResult> UsesAsync(
        Caller caller,
        string patient,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (await ledger.Chain.ViewAsync(cancellation) is not { } view)
            return Results.Json(new { status = "chain-unavailable" }, statusCode: 503);
        await using var context = ledger.Store.CreateDbContext();
        var state = ledger.Chain.Follower.State;
        if (await PatientUses.FindAsync(context, ledger.Store.Vault, patient, state, cancellation) is not { } uses)
            return Outcomes.NotFound;
        await ledger.Audit.AppendAsync([Acting.Searched(ledger, caller, patient, "uses", null)], cancellation);
        var agrees = PatientUses.Agrees(uses);
        return Results.Ok(
            new
            {
                ok = agrees,
                block = view.Block,
                agrees,
                uses = uses.Select(PatientUses.ToJson),
            }
        );
    }

    /// <summary>What the log says of the patient, newest first, with the details that only the patient and compliance read.</summary>
    private static async Task<IResult> AuditAsync(
        Caller caller,
        string patient,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        var patientKey = ledger.Store.Vault.PatientKey(patient);
        await ledger.Audit.AppendAsync(
            [Acting.Searched(ledger, caller, patient, "search-type", "AuditEvent")],
            cancellation
        );
        await using var context = ledger.Store.CreateDbContext();
        var rows = await context
            .Set<SealedAuditDetails>()
            .AsNoTracking()
            .Where(d => d.PatientKey == patientKey)
            .OrderByDescending(d => d.Index)
            .Take(LongestList)
            .ToListAsync(cancellation);
        var told = new List<object>();
        foreach (var row in rows)
        {
            var bytes = await new LogStore(context).ReadEntryAsync(row.Index, cancellation);
            if (bytes is null || !AuditEntry.TryDecode(bytes, out var entry))
                continue;
            if (AuditDetails.Open(ledger.Store.Vault, row, entry) is { } details)
            {
                told.Add(
                    new
                    {
                        index = row.Index,
                        time = details.Time,
                        action = entry.Action.ToString(),
                        decision = entry.Decision.ToString(),
                        reason = entry.Reason?.ToString(),
                        agent = details.Agent,
                        purpose = details.Purpose,
                        entities = details.Entities,
                        note = details.Note,
                        disclosure = details.Disclosure,
                    }
                );
            }
        }
        return Results.Ok(told);
    }

    private static object Change(string consent, GrantChange change) =>
        new
        {
            consent,
            granted = change.Granted.Count,
            revoked = change.Revoked.Count,
            stuck = change.Stuck.Count,
            waiting = change.IsWaiting,
            gaps = change.Gaps,
        };
}
