using System.Security.Cryptography;
using MedLedger.Api.Http.Rest;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Http;

/// <summary>The HTTP API for the steps of the main job: import, consent, analysis, evidence, log.</summary>
internal static class LedgerApi
{
    private const long LargestImport = 64L << 20;

    /// <summary>Maps the routes.</summary>
    public static void MapLedger(this WebApplication app, OpenLedger ledger)
    {
        app.MapGet("/health/live", () => Results.Ok(new { status = "live" }));
        app.MapGet("/health/ready", async (CancellationToken ct) => await ReadyAsync(ledger, ct));
        app.MapPost("/import", (HttpRequest http, CancellationToken ct) => ImportAsync(http, ledger, ct));
        app.MapPost("/consents", (HttpRequest http, CancellationToken ct) => AddConsentAsync(http, ledger, ct));
        app.MapGet("/consents", (HttpRequest http, CancellationToken ct) => ListConsentsAsync(http, ledger, ct));
        app.MapDelete(
            "/consents/{id}",
            (string id, HttpRequest http, CancellationToken ct) => RevokeAsync(id, http, ledger, ct)
        );
        app.MapGet("/receipt", (HttpRequest http, CancellationToken ct) => ReceiptAsync(http, ledger, ct));
        app.MapGet("/uses", (HttpRequest http, CancellationToken ct) => UsesAsync(http, ledger, ct));
        app.MapGet("/audit", (HttpRequest http, CancellationToken ct) => AuditAsync(http, ledger, ct));
        app.MapEmergencies(ledger);
        app.MapAnalyses(ledger);
        var log = new LogExport(ledger.Store, ledger.Audit.Key);
        app.MapGet(
            $"/{LogExport.Folder}/{{*path}}",
            async (string path, CancellationToken ct) =>
                await log.ReadAsync(path, ct) is { } file ? Results.Bytes(file, MediaTypeOf(path)) : Outcomes.NotFound
        );
        app.MapGet(
            "/log/receipts/{index:long}",
            async (long index, CancellationToken ct) =>
                await ledger.Audit.ReceiptAsync(index, ct) is { } receipt ? Results.Ok(receipt) : Outcomes.NotFound
        );
        app.MapFhir(ledger);
        app.MapFallback(() => Outcomes.NotFound);
    }

    /// <summary>Who calls; null without a valid token.</summary>
    public static Caller? CallerOf(HttpRequest http) => Authentication.CallerOf(http.HttpContext);

    private static async Task<IResult> ReadyAsync(OpenLedger ledger, CancellationToken cancellation) =>
        await ledger.Chain.ViewAsync(cancellation) is { } view
            ? Results.Ok(new { status = "ready", block = view.Block })
            : Results.Json(new { status = "chain-unavailable" }, statusCode: 503);

    private static async Task<IResult> ImportAsync(HttpRequest http, OpenLedger ledger, CancellationToken cancellation)
    {
        if (CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (
            caller.User.Role is not (Role.Ingest or Role.Operator)
            || !caller.Scopes.Allow("*", ScopePermissions.Create)
        )
            return Outcomes.Forbidden;
        if (http.ContentLength is null or > LargestImport)
            return Outcomes.TooLarge;
        // In memory: nothing unsealed touches a disk, not even for a moment.
        var body = new byte[http.ContentLength.Value];
        try
        {
            await http.Body.ReadExactlyAsync(body, cancellation);
            var isNdjson = http.ContentType?.Contains("ndjson", StringComparison.OrdinalIgnoreCase) == true;
            var file = ImportFile.Of(isNdjson ? "body.ndjson" : "body.json", body);
            var report = await ledger.Importer.ImportAsync([file], new Silent(), cancellation);
            return Results.Json(
                new
                {
                    ok = report.Rejected == 0,
                    records = report.Records,
                    created = report.Created,
                    updated = report.Updated,
                    unchanged = report.Unchanged,
                    rejected = report.Rejected,
                    rejections = report.Rejections.Select(r => new { position = r.Position, reason = r.Reason }),
                },
                statusCode: report.Records == 0 && report.Rejected > 0 ? 422 : 200
            );
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
    }

    private static async Task<IResult> AddConsentAsync(
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (!caller.Is(Role.Patient, "Consent", ScopePermissions.Create))
            return Outcomes.Forbidden;
        if (http.ContentLength is null or > 1 << 20)
            return Outcomes.TooLarge;
        using var body = new MemoryStream();
        await http.Body.CopyToAsync(body, cancellation);
        var prepared = PreparedRecord.TryPrepare(body.ToArray(), null, null, SensitivityRules.BuiltIn, out var problem);
        if (prepared is null)
            return Outcomes.Unprocessable(problem ?? "not a resource");
        if (prepared.Description.Patients is not [var patient] || patient != caller.User.Reference)
            return Outcomes.Forbidden;
        var (consent, change, refused) = await ledger.Consents.AddAsync(body.ToArray(), cancellation);
        return consent is null || change is null
            ? Outcomes.Unprocessable(refused ?? "not taken")
            : Results.Created($"/{consent.ToLowerInvariant()}", Change(consent, change));
    }

    // Patients list what is their own; the entry is committed before the list leaves.
    private static AuditEvent Searched(OpenLedger ledger, Caller caller, string type) =>
        new()
        {
            Action = AuditAction.Searched,
            Decision = AuditDecision.Permitted,
            Basis = PermitBasis.Subject,
            PatientKey = ledger.Store.Vault.PatientKey(caller.User.Reference),
            Agent = caller.User.Reference,
            Patient = caller.User.Reference,
            Purpose = caller.Purpose,
            Interaction = "search-type",
            Entities = [type],
        };

    private static async Task<IResult> ListConsentsAsync(
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (!caller.Is(Role.Patient, "Consent", ScopePermissions.Search))
            return Outcomes.Forbidden;
        await ledger.Audit.AppendAsync([Searched(ledger, caller, "Consent")], cancellation);
        var all = await ConsentStore.ListAsync(ledger.Store, ledger.Gate, cancellation);
        return Results.Ok(
            all.Where(c => c.Patient == caller.User.Reference).Select(c => new { id = c.Consent, active = c.IsActive })
        );
    }

    private static async Task<IResult> RevokeAsync(
        string id,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (!caller.Is(Role.Patient, "Consent", ScopePermissions.Delete))
            return Outcomes.Forbidden;
        var consent = "Consent/" + id;
        var own = await ConsentStore.ListAsync(ledger.Store, ledger.Gate, cancellation);
        if (!own.Any(c => c.Consent == consent && c.Patient == caller.User.Reference))
            return Outcomes.NotFound;
        return await ledger.Consents.RevokeAsync(consent, cancellation) is { } change
            ? Results.Ok(Change(consent, change))
            : Outcomes.NotFound;
    }

    /// <summary>The caller's consents and grants, in words and signed, to keep.</summary>
    private static async Task<IResult> ReceiptAsync(HttpRequest http, OpenLedger ledger, CancellationToken cancellation)
    {
        if (CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (!caller.Is(Role.Patient, "Consent", ScopePermissions.Read))
            return Outcomes.Forbidden;
        var receipts = new PatientReceipt(ledger.Store, ledger.Chain, ledger.Gate, ledger.Audit);
        return await receipts.IssueAsync(caller.User.Reference, cancellation) is { } receipt
            ? Results.Bytes(receipts.Sign(receipt), "application/json")
            : Outcomes.NotFound;
    }

    /// <summary>Every use of the caller's grants on the chain, and whether the log tells the same.</summary>
    private static async Task<IResult> UsesAsync(HttpRequest http, OpenLedger ledger, CancellationToken cancellation)
    {
        if (CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (!caller.Is(Role.Patient, "AuditEvent", ScopePermissions.Search))
            return Outcomes.Forbidden;
        if (await ledger.Chain.ViewAsync(cancellation) is not { } view)
            return Results.Json(new { status = "chain-unavailable" }, statusCode: 503);
        var (vault, patient) = (ledger.Store.Vault, caller.User.Reference);
        await using var context = ledger.Store.CreateDbContext();
        var state = ledger.Chain.Follower.State;
        if (await PatientUses.FindAsync(context, vault, patient, state, cancellation) is not { } uses)
            return Outcomes.NotFound;
        var asked = new AuditEvent
        {
            Action = AuditAction.Searched,
            Decision = AuditDecision.Permitted,
            Basis = PermitBasis.Subject,
            PatientKey = vault.PatientKey(patient),
            Agent = patient,
            Patient = patient,
            Purpose = caller.Purpose,
            Interaction = "uses",
        };
        await ledger.Audit.AppendAsync([asked], cancellation);
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

    /// <summary>What the log says of the caller, newest first, with the details that only the patient and compliance read.</summary>
    private static async Task<IResult> AuditAsync(HttpRequest http, OpenLedger ledger, CancellationToken cancellation)
    {
        if (CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (!caller.Is(Role.Patient, "AuditEvent", ScopePermissions.Search))
            return Outcomes.Forbidden;
        var patientKey = ledger.Store.Vault.PatientKey(caller.User.Reference);
        await ledger.Audit.AppendAsync([Searched(ledger, caller, "AuditEvent")], cancellation);
        await using var context = ledger.Store.CreateDbContext();
        var rows = await context
            .Set<SealedAuditDetails>()
            .AsNoTracking()
            .Where(d => d.PatientKey == patientKey)
            .OrderByDescending(d => d.Index)
            .Take(500)
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
                    }
                );
            }
        }
        return Results.Ok(told);
    }

    // c2sp.org/tlog-tiles: heads and keys are text, tiles and entries are bytes.
    private static string MediaTypeOf(string path) =>
        path.EndsWith(".json", StringComparison.Ordinal) ? "application/json"
        : path.StartsWith("tile/", StringComparison.Ordinal) ? "application/octet-stream"
        : "text/plain; charset=utf-8";

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

    private sealed class Silent : IProgress<Cli.Progressed>
    {
        public void Report(Cli.Progressed value) { }
    }
}
