using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;

namespace MedLedger.Api.Http.Rest;

/// <summary>At which level an interaction stands in the CapabilityStatement.</summary>
internal enum FhirLevel
{
    /// <summary><c>rest.interaction</c>.</summary>
    System,

    /// <summary><c>rest.resource.interaction</c>, for every type.</summary>
    Type,

    /// <summary><c>operation</c>, of the system or of the type that the path begins with.</summary>
    Operation,
}

/// <summary>One interaction: routes, CapabilityStatement and OpenAPI are made from the same list of these.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Below the base.</param>
/// <param name="Code">The code of TypeRestfulInteraction or SystemRestfulInteraction, or the name of an operation.</param>
/// <param name="Level">Where the CapabilityStatement names it.</param>
/// <param name="Needs">What the token's scopes have to allow for the type; none where it is checked for each entry.</param>
/// <param name="Handle">What it does.</param>
internal sealed record FhirRoute(
    string Method,
    string Path,
    string Code,
    FhirLevel Level,
    ScopePermissions Needs,
    Func<FhirExchange, Task<IResult>> Handle
)
{
    /// <summary>Of an operation: the canonical URL of its OperationDefinition.</summary>
    public string? Definition { get; init; }

    /// <summary>What it answers with instead of a resource; empty where it answers with resources alone.</summary>
    public IReadOnlyList<string> FileTypes { get; init; } = [];

    /// <summary>Not answered inside a Bundle: it answers with something else than a resource, or later.</summary>
    public bool IsAlone { get; init; }

    /// <summary>The resource type that the path begins with; null where it is a parameter, or where there is none.</summary>
    public string? ResourceType { get; } =
        Path.Split('/')[1] is var first && ResourceParser.ResourceTypes.Contains(first) ? first : null;
}

/// <summary>The FHIR R4 API below <c>/fhir</c>.</summary>
internal static class FhirRoutes
{
    private const string Validate = "http://hl7.org/fhir/OperationDefinition/Resource-validate";

    /// <summary>All interactions that are built. Everything else below the base answers 501.</summary>
    public static IReadOnlyList<FhirRoute> All { get; } =
    [
        new("POST", "/", "transaction", FhirLevel.System, ScopePermissions.None, BundleApi.PostAsync),
        new("GET", "/{type}", "search-type", FhirLevel.Type, ScopePermissions.Search, SearchApi.GetAsync),
        new("POST", "/{type}/_search", "search-type", FhirLevel.Type, ScopePermissions.Search, SearchApi.PostAsync),
        new("GET", "/{type}/{id}/{inner}", "search-type", FhirLevel.Type, ScopePermissions.None, SearchApi.GetAsync),
        new(
            "POST",
            "/{type}/{id}/{inner}/_search",
            "search-type",
            FhirLevel.Type,
            ScopePermissions.None,
            SearchApi.PostAsync
        ),
        new("POST", "/{type}", "create", FhirLevel.Type, ScopePermissions.Create, WriteApi.CreateAsync),
        new("PUT", "/{type}/{id}", "update", FhirLevel.Type, ScopePermissions.Update, WriteApi.UpdateAsync),
        new("PUT", "/{type}", "update", FhirLevel.Type, ScopePermissions.Update, ConditionalApi.UpdateAsync),
        new("DELETE", "/{type}", "delete", FhirLevel.Type, ScopePermissions.Delete, ConditionalApi.DeleteAsync),
        new("PATCH", "/{type}/{id}", "patch", FhirLevel.Type, PatchApi.Needs, PatchApi.PatchAsync),
        new("PATCH", "/{type}", "patch", FhirLevel.Type, PatchApi.Needs, PatchApi.ConditionalAsync),
        new("POST", "/{type}/$validate", "validate", FhirLevel.Operation, ScopePermissions.None, ValidateApi.TypeAsync)
        {
            Definition = Validate,
        },
        new(
            "POST",
            "/{type}/{id}/$validate",
            "validate",
            FhirLevel.Operation,
            ScopePermissions.None,
            ValidateApi.InstanceAsync
        )
        {
            Definition = Validate,
        },
        new("DELETE", "/{type}/{id}", "delete", FhirLevel.Type, ScopePermissions.Delete, WriteApi.DeleteAsync),
        new("GET", "/{type}/{id}", "read", FhirLevel.Type, ScopePermissions.Read, ReadApi.ReadAsync),
        new(
            "GET",
            "/{type}/{id}/_history/{version}",
            "vread",
            FhirLevel.Type,
            ScopePermissions.Read,
            ReadApi.VersionReadAsync
        ),
        new(
            "GET",
            "/{type}/{id}/_history",
            "history-instance",
            FhirLevel.Type,
            ScopePermissions.Read,
            HistoryApi.InstanceAsync
        ),
        // SMART App Launch 2.2: history of a type and of the system are search's letter.
        new("GET", "/{type}/_history", "history-type", FhirLevel.Type, ScopePermissions.Search, HistoryApi.OfManyAsync),
        new("GET", "/_history", "history-system", FhirLevel.System, ScopePermissions.None, HistoryApi.OfManyAsync),
        .. EverythingApi.Routes,
        .. ExportApi.Routes,
        .. AnalyzeApi.Routes,
        .. ConsentOperations.Routes,
        .. DisclosureOperation.Routes,
        .. MetaApi.Routes,
    ];

    /// <summary>Maps the routes.</summary>
    public static void MapFhir(this WebApplication app, OpenLedger ledger)
    {
        var fhir = app.MapGroup("/fhir");
        fhir.MapGet("/metadata", (HttpContext http) => CapabilityApi.Get(http, ledger));
        foreach (var route in All)
        {
            Delegate handle = (HttpContext http) =>
                HandleAsync(http, ledger, exchange => RunAsync(route, exchange), route.FileTypes);
            // HEAD is GET without the body (RFC 9110, section 9.3.2): the same gate, the same log entry. Not of what begins
            // a job, or hands out a whole file.
            var hasHead = route is { Method: "GET", IsAlone: false };
            fhir.MapMethods(route.Path, hasHead ? ["GET", "HEAD"] : [route.Method], handle)
                .WithName($"{route.Code} {route.Method} {route.Path}")
                .WithTags("FHIR R4")
                .WithSummary(route.Code);
        }
        Delegate unknown = (HttpContext http) => HandleAsync(http, ledger, UnknownAsync, []);
        fhir.Map("/{**path}", unknown).ExcludeFromDescription();
    }

    /// <summary>One interaction, for a request from outside and for one inside a Bundle alike: the scopes, then the handler.</summary>
    public static Task<IResult> RunAsync(FhirRoute route, FhirExchange exchange)
    {
        if (route.ResourceType is { } own)
            exchange.Http.Request.RouteValues["type"] = own;
        // Operations and what begins with an underscore are no types and no ids.
        if (IsReserved(exchange.Type) || IsReserved(exchange.Id) || IsReserved(exchange.Inner))
            return Task.FromResult(Outcomes.NotSupported);
        var scopes = exchange.Caller.Scopes;
        var isCovered =
            route.Needs == ScopePermissions.None ? scopes.HasPermissions : scopes.Allow(exchange.Type, route.Needs);
        return isCovered
            ? (AuditEventApi.Find(route, exchange) ?? AnalyzeApi.Find(route, exchange) ?? route.Handle)(exchange)
            : Task.FromResult(Outcomes.Table.OutsideScope.ToResult());
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
        Func<FhirExchange, Task<IResult>> handle,
        IReadOnlyList<string> fileTypes
    )
    {
        http.Response.Headers.CacheControl = "no-store";
        if (LedgerApi.CallerOf(http.Request) is not { } caller)
            return Outcomes.Login;
        if (FhirBody.Negotiate(http.Request) is null && !FhirBody.Accepts(http.Request, fileTypes))
            return Outcomes.Table.NotAcceptable.ToResult();
        return await handle(new FhirExchange(http, caller, ledger));
    }

    private static bool IsReserved(string value) => value.Length > 0 && value[0] is ('$' or '_');
}
