using MedLedger.Api.Identity;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>The versions of one resource that the caller may see (FHIR R4, http.html section 3.1.0.14).</summary>
internal static class HistoryApi
{
    /// <summary>GET Type/id/_history.</summary>
    public static async Task<IResult> InstanceAsync(FhirExchange exchange)
    {
        if (!exchange.MayRead)
            return Outcomes.Forbidden;
        if (!exchange.HasReference)
            return Outcomes.NotFound;
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
            var bundle = new BundleWriter("history", exchange.BaseUrl) { Total = versions.Count };
            bundle.Self(exchange.Http.Request);
            foreach (var version in versions)
                bundle.AddVersion(version);
            return FhirBody.Of(exchange, bundle.ToBody());
        }
        finally
        {
            foreach (var version in versions)
                version.Dispose();
        }
    }
}
