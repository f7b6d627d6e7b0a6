using MedLedger.Api.Jobs;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;
using Microsoft.AspNetCore.Http.Timeouts;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// A file of an export on its way out, as NDJSON: its records are decided on and opened now, some at a time, and logged
/// before they leave. What was revoked or deleted since it was listed is not in it.
/// </summary>
internal sealed class ExportDownload(
    FhirExchange exchange,
    AccessRequest asking,
    ExportFile file,
    ExportSelection selection
) : IResult
{
    /// <summary>The media type of the files.</summary>
    public const string MediaType = "application/fhir+ndjson";

    private const int Step = 200;
    private readonly OpenLedger _ledger = exchange.Ledger;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancellation = httpContext.RequestAborted;
        // As long as it flows it may take its time; who reads too slowly is cut off by the server's least rate.
        httpContext.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        try
        {
            // Without the chain nothing that a consent permits opens: then no file is better than one with holes.
            if (await _ledger.Chain.ViewAsync(cancellation) is null)
            {
                await Outcomes.Table.ChainUnavailable.ToResult().ExecuteAsync(httpContext);
                return;
            }
            httpContext.Response.ContentType = MediaType;
            await using var context = _ledger.Store.CreateDbContext();
            foreach (var keys in file.RecordKeys.Chunk(Step))
            {
                var log = new AccessLog(asking, "export", _ledger.Store.Vault.OrganizationKey)
                {
                    Action = AuditAction.Exported,
                };
                var finder = new RecordSearch(_ledger, asking, log);
                var records = await finder.OpenAsync(context, keys, cancellation, file.IsOfDeleted);
                try
                {
                    await _ledger.Audit.AppendAsync(log.Events(), cancellation);
                    // What was deleted and is there again was not deleted; what changed may not be wanted any more.
                    foreach (var record in records.Where(r => r.IsDeleted == file.IsOfDeleted && selection.Takes(r)))
                    {
                        await httpContext.Response.Body.WriteAsync(selection.Line(record), cancellation);
                        await httpContext.Response.Body.WriteAsync("\n"u8.ToArray(), cancellation);
                    }
                }
                finally
                {
                    exchange.Charge(log.Opened);
                    foreach (var record in records)
                        record.Dispose();
                }
                await httpContext.Response.Body.FlushAsync(cancellation);
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // What failed may name what must not be told; half a file must not look like a whole one.
            httpContext
                .RequestServices.GetRequiredService<ILogger<ExportDownload>>()
                .LogError("A file of an export failed: {Kind}", failure.GetType().FullName);
            httpContext.Abort();
        }
    }
}
