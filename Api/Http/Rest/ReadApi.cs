using System.Globalization;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>read, vread and history of one resource (FHIR R4, http.html sections 3.1.0.6 to 3.1.0.8).</summary>
internal static class ReadApi
{
    /// <summary>GET Type/id.</summary>
    public static Task<IResult> ReadAsync(FhirExchange exchange) => ReadAsync(exchange, null);

    /// <summary>GET Type/id/_history/version.</summary>
    public static Task<IResult> VersionReadAsync(FhirExchange exchange)
    {
        var text = (string?)exchange.Http.Request.RouteValues["version"];
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0
            ? ReadAsync(exchange, version)
            : Task.FromResult(Outcomes.NotFound);
    }

    private static async Task<IResult> ReadAsync(FhirExchange exchange, int? version)
    {
        if (!exchange.MayRead)
            return Outcomes.Forbidden;
        if (!exchange.HasReference)
            return Outcomes.NotFound;
        var query = exchange.Http.Request.Query;
        var (summary, elements) = (query["_summary"].ToString(), query["_elements"].ToString());
        var subset = elements.Length > 0 ? ResourceSubset.OfElements(elements) : ResourceSubset.OfSummary(summary);
        if (subset is null && summary is not ("" or "false"))
            return Outcomes.Table.BadRequest("_summary of a read is true, text, data or false.").ToResult();
        var access = new RecordAccess(exchange.Ledger);
        var interaction = version is null ? "read" : "vread";
        using var record = await access.ReadAsync(
            exchange.Asking("access", ScopePermissions.Read),
            exchange.Reference,
            version,
            interaction,
            exchange.Aborted
        );
        if (record is null)
            return Outcomes.NotFound;
        if (record.IsDeleted)
        {
            FhirBody.SetVersion(exchange.Http.Response, record.Version, record.Written);
            return Outcomes.Table.Gone.ToResult();
        }
        if (IsUnchanged(exchange.Http.Request, record))
        {
            FhirBody.SetVersion(exchange.Http.Response, record.Version, record.Written);
            return Results.StatusCode(StatusCodes.Status304NotModified);
        }
        if (subset is null)
            return FhirBody.Of(exchange, record);
        FhirBody.SetVersion(exchange.Http.Response, record.Version, record.Written);
        return FhirBody.Of(exchange, subset.Of(record.ToBody()));
    }

    // RFC 9110, section 13.2.2: If-None-Match decides where it is given, If-Modified-Since otherwise.
    private static bool IsUnchanged(HttpRequest request, ReadableRecord record)
    {
        if (request.Headers.IfNoneMatch.Count > 0)
        {
            return request
                .Headers.IfNoneMatch.SelectMany(value => (value ?? "").Split(','))
                .Any(tag => tag.Trim() == "*" || FhirBody.VersionOf(tag) == record.Version);
        }
        return DateTimeOffset.TryParse(
                request.Headers.IfModifiedSince,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var since
            )
            && record.Written.ToUnixTimeSeconds() <= since.ToUnixTimeSeconds();
    }
}
