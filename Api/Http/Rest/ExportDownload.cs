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
internal sealed class ExportDownload(OpenLedger ledger, AccessRequest asking, ExportFile file) : IResult
{
    /// <summary>The media type of the files.</summary>
    public const string MediaType = "application/fhir+ndjson";

    private const int Step = 200;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancellation = httpContext.RequestAborted;
        // As long as it flows it may take its time; who reads too slowly is cut off by the server's least rate.
        httpContext.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        try
        {
            // Without the chain nothing that a consent permits opens: then no file is better than one with holes.
            if (await ledger.Chain.ViewAsync(cancellation) is null)
            {
                await Outcomes.Table.ChainUnavailable.ToResult().ExecuteAsync(httpContext);
                return;
            }
            httpContext.Response.ContentType = MediaType;
            await using var context = ledger.Store.CreateDbContext();
            foreach (var keys in file.RecordKeys.Chunk(Step))
            {
                var log = new AccessLog(asking, "export", ledger.Store.Vault.OrganizationKey)
                {
                    Action = AuditAction.Exported,
                };
                var records = await new RecordSearch(ledger, asking, log).OpenAsync(context, keys, cancellation);
                try
                {
                    await ledger.Audit.AppendAsync(log.Events(), cancellation);
                    foreach (var record in records)
                    {
                        await httpContext.Response.Body.WriteAsync(record.ToBody(), cancellation);
                        await httpContext.Response.Body.WriteAsync("\n"u8.ToArray(), cancellation);
                    }
                }
                finally
                {
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
