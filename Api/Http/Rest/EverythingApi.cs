using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// <c>$everything</c> of a patient (FHIR R4, operation-patient-everything.html): the compartment and what of the
/// organization's it names, page by page, as far as the caller may see it.
/// </summary>
internal static class EverythingApi
{
    private const string Name = "everything";
    private const string Definition = "http://hl7.org/fhir/OperationDefinition/Patient-everything";
    private const int MaxCount = 1000;

    /// <summary>Its routes: of one patient, and of the one whom the token is about.</summary>
    public static IReadOnlyList<FhirRoute> Routes { get; } =
    [
        .. new[] { "/Patient/{id}/$everything", "/Patient/$everything" }.SelectMany(path =>
            new[] { "GET", "POST" }.Select(method => new FhirRoute(
                method,
                path,
                Name,
                FhirLevel.Operation,
                ScopePermissions.Read | ScopePermissions.Search,
                RunAsync
            )
            {
                Definition = Definition,
            })
        ),
    ];

    private static async Task<IResult> RunAsync(FhirExchange exchange)
    {
        if (!exchange.MayRead)
            return Outcomes.Forbidden;
        if (exchange.Spent() is { } spent)
            return spent.ToResult();
        var (asked, problem) = await ReadAsync(exchange);
        if (asked is null)
            return problem!;
        var asking = exchange.Asking("access", ScopePermissions.Read | ScopePermissions.Search);
        var log = new AccessLog(asking, Name, exchange.Ledger.Store.Vault.OrganizationKey)
        {
            Action = AuditAction.Searched,
        };
        var compartment = new PatientCompartment(exchange.Ledger, asking, log);
        var opened = new List<ReadableRecord>();
        try
        {
            await using var context = exchange.Ledger.Store.CreateDbContext();
            var found = await compartment.FindAsync(context, asked.Query, asked.After, asked.Count, exchange.Aborted);
            if (found is not var (records, next))
            {
                await exchange.Ledger.Audit.AppendAsync(log.Events(), exchange.Aborted);
                return Outcomes.NotFound;
            }
            opened.AddRange(records);
            var included = await compartment.ReferencedAsync(context, records, asked.Query.Types, exchange.Aborted);
            opened.AddRange(included);
            await exchange.Ledger.Audit.AppendAsync(log.Events(), exchange.Aborted);

            var isWhole = asked.After is null && next is null;
            var bundle = new BundleWriter("searchset", exchange.BaseUrl) { Total = isWhole ? records.Count : null };
            bundle.Self(exchange.Http.Request);
            if (next is not null)
                bundle.Link("next", PageLink.Seal(exchange, PathOf(asked.Query.Patient), asked with { After = next }));
            foreach (var record in records)
                bundle.AddFound(record.Reference, record.ToBody(), "match");
            foreach (var record in included)
                bundle.AddFound(record.Reference, record.ToBody(), "include");
            return FhirBody.Of(exchange, bundle.ToBody());
        }
        finally
        {
            exchange.Charge(log.Opened);
            foreach (var record in opened)
                record.Dispose();
        }
    }

    private static string PathOf(string patient) => patient + "/$everything";

    private static async Task<(Asked? Asked, IResult? Problem)> ReadAsync(FhirExchange exchange)
    {
        var patient = exchange.Id.Length > 0 ? exchange.Reference : exchange.Caller.PatientContext;
        if (patient is null)
            return (null, Outcomes.Table.PatientMissing.ToResult());
        if (exchange.Id.Length > 0 && !exchange.HasReference)
            return (null, Outcomes.NotFound);
        if (exchange.Http.Request.Query[PageLink.Parameter] is [{ } link])
        {
            var page = PageLink.Open<Asked>(exchange, PathOf(patient), link);
            return (page, page is null ? Outcomes.NotFound : null);
        }
        var (given, problem) = await OperationInput.TextsAsync(exchange);
        if (given is null)
            return (null, problem);
        var asked = new Asked(new CompartmentQuery(patient), MaxCount, null);
        foreach (var (name, value) in given)
        {
            if (Add(asked, name, value) is not { } more)
                return (null, Outcomes.Table.NotSearchable(Form).ToResult());
            asked = more;
        }
        return (asked, null);
    }

    private const string Form =
        "$everything takes start and end (dates), _since (an instant), _type (resource types) and _count (above zero)";

    private static Asked? Add(Asked asked, string name, string value)
    {
        var query = asked.Query;
        switch (name)
        {
            case "start" when FhirRange.OfDate(value) is { } start:
                return asked with { Query = query with { Start = start.Low } };
            case "end" when FhirRange.OfDate(value) is { } end:
                return asked with { Query = query with { End = end.High } };
            case "_since" when ParameterText.Instant(value) is { } since:
                return asked with { Query = query with { Since = since } };
            case "_count" when ParameterText.Count(value) is { } count:
                return asked with { Count = Math.Min(count, MaxCount) };
            case "_type" when value.Split(',') is var types && types.All(ResourceParser.ResourceTypes.Contains):
                var all = types.Concat(query.Types ?? []).ToHashSet(StringComparer.Ordinal);
                return asked with { Query = query with { Types = all } };
            default:
                return null;
        }
    }

    private sealed record Asked(CompartmentQuery Query, int Count, string? After);
}
