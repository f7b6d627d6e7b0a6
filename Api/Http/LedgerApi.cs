using System.Security.Cryptography;
using MedLedger.Api.Http.Rest;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Records;

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
        app.MapConsents(ledger);
        app.MapRights(ledger);
        app.MapDelegations(ledger);
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

    // c2sp.org/tlog-tiles: heads and keys are text, tiles and entries are bytes.
    private static string MediaTypeOf(string path) =>
        path.EndsWith(".json", StringComparison.Ordinal) ? "application/json"
        : path.StartsWith("tile/", StringComparison.Ordinal) ? "application/octet-stream"
        : "text/plain; charset=utf-8";

    private sealed class Silent : IProgress<Cli.Progressed>
    {
        public void Report(Cli.Progressed value) { }
    }
}
