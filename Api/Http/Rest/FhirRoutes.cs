using MedLedger.Api.Fhir;
using MedLedger.Api.Jobs;

namespace MedLedger.Api.Http.Rest;

/// <summary>At which level an interaction stands in the CapabilityStatement.</summary>
internal enum FhirLevel
{
    /// <summary><c>rest.interaction</c>.</summary>
    System,

    /// <summary><c>rest.resource.interaction</c>, for every type.</summary>
    Type,

    /// <summary>Not named there (the CapabilityStatement itself).</summary>
    None,
}

/// <summary>One interaction: routes, CapabilityStatement and OpenAPI are made from the same list of these.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Below the base.</param>
/// <param name="Code">The code of TypeRestfulInteraction or SystemRestfulInteraction.</param>
/// <param name="Level">Where the CapabilityStatement names it.</param>
/// <param name="Handle">What it does.</param>
internal sealed record FhirRoute(
    string Method,
    string Path,
    string Code,
    FhirLevel Level,
    Func<FhirExchange, Task<IResult>> Handle
);

/// <summary>The FHIR R4 API below <c>/fhir</c>.</summary>
internal static class FhirRoutes
{
    /// <summary>All interactions that are built. Everything else below the base answers 501.</summary>
    public static IReadOnlyList<FhirRoute> All { get; } =
    [
        new("POST", "/", "transaction", FhirLevel.System, BundleApi.PostAsync),
        new("GET", "/{type}", "search-type", FhirLevel.Type, SearchApi.GetAsync),
        new("POST", "/{type}/_search", "search-type", FhirLevel.Type, SearchApi.PostAsync),
        new("POST", "/{type}", "create", FhirLevel.Type, WriteApi.CreateAsync),
        new("PUT", "/{type}/{id}", "update", FhirLevel.Type, WriteApi.UpdateAsync),
        new("DELETE", "/{type}/{id}", "delete", FhirLevel.Type, WriteApi.DeleteAsync),
        new("GET", "/{type}/{id}", "read", FhirLevel.Type, ReadApi.ReadAsync),
        new("GET", "/{type}/{id}/_history/{version}", "vread", FhirLevel.Type, ReadApi.VersionReadAsync),
        new("GET", "/{type}/{id}/_history", "history-instance", FhirLevel.Type, HistoryApi.InstanceAsync),
    ];

    /// <summary>Maps the routes.</summary>
    public static void MapFhir(this WebApplication app, OpenLedger ledger)
    {
        var fhir = app.MapGroup("/fhir");
        fhir.MapGet("/metadata", (HttpContext http) => CapabilityApi.Get(http, ledger));
        foreach (var route in All)
        {
            Delegate handle = (HttpContext http) => HandleAsync(http, ledger, route.Handle);
            fhir.MapMethods(route.Path, [route.Method], handle)
                .WithName(route.Code + " " + route.Path)
                .WithTags("FHIR R4")
                .WithSummary(route.Code);
        }
        Delegate unknown = (HttpContext http) => HandleAsync(http, ledger, UnknownAsync);
        fhir.Map("/{**path}", unknown).ExcludeFromDescription();
    }

    private static Task<IResult> UnknownAsync(FhirExchange exchange)
    {
        var path = (string?)exchange.Http.Request.RouteValues["path"];
        var first = (path ?? "").Split('/')[0];
        var isKnown = first.Length == 0 || first[0] is '_' or '$' || ResourceParser.ResourceTypes.Contains(first);
        return Task.FromResult(isKnown ? Outcomes.NotSupported : Outcomes.Table.NoSuchType.ToResult());
    }

    private static async Task<IResult> HandleAsync(
        HttpContext http,
        OpenLedger ledger,
        Func<FhirExchange, Task<IResult>> handle
    )
    {
        http.Response.Headers.CacheControl = "no-store";
        if (LedgerApi.CallerOf(http.Request) is not { } caller)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            return Outcomes.Login;
        }
        http.Request.Path.StartsWithSegments("/fhir", StringComparison.Ordinal, out var below);
        if (!ScopeCheck.Covers(caller.Scopes, http.Request.Method, below))
            return Outcomes.Forbidden;
        if (FhirBody.Negotiate(http.Request) is null)
            return Outcomes.Table.NotAcceptable.ToResult();
        // Operations and what begins with an underscore are no types and no ids.
        if (IsReserved(http.Request.RouteValues["type"]) || IsReserved(http.Request.RouteValues["id"]))
            return Outcomes.NotSupported;
        try
        {
            return await handle(new FhirExchange(http, caller, ledger));
        }
        catch (BadHttpRequestException refused)
        {
            return refused.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Outcomes.TooLarge
                : Outcomes.Table.BadRequest("The request could not be read.").ToResult();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // What failed may name what must not be told; the kind is for the operator.
            http.RequestServices.GetRequiredService<ILogger<FhirExchange>>()
                .LogError("A FHIR request failed: {Kind}", failure.GetType().FullName);
            return Outcomes.Table.Failure.ToResult();
        }
    }

    private static bool IsReserved(object? value) => value is string { Length: > 0 } text && text[0] is ('$' or '_');
}
