using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// <c>$analyze</c>: asks for an analysis of a patient's records by the language model (202), and the Task that tells how
/// far it is; its result is a DiagnosticReport, read through the gate like any other record.
/// </summary>
internal static class AnalyzeApi
{
    private const string Name = "analyze";
    private const string Definition = "https://medledger.example/fhir/OperationDefinition/Patient-analyze";
    private const int JobIdLength = 32;

    /// <summary>Its routes: of one patient in the URL, in the parameters, or of the token.</summary>
    public static IReadOnlyList<FhirRoute> Routes { get; } =
    [
        .. new[] { "/Patient/{id}/$analyze", "/Patient/$analyze" }.Select(path => new FhirRoute(
            "POST",
            path,
            Name,
            FhirLevel.Operation,
            ScopePermissions.None,
            RunAsync
        )
        {
            Definition = Definition,
            IsAlone = true,
        }),
    ];

    /// <summary>The handler, when the request reads the Task of an analysis; null otherwise.</summary>
    public static Func<FhirExchange, Task<IResult>>? Find(FhirRoute route, FhirExchange exchange) =>
        route.Code == "read" && exchange.Type == "Task" && JobOf(exchange.Id) is not null ? TaskAsync : null;

    private static async Task<IResult> RunAsync(FhirExchange exchange)
    {
        var (given, problem) = await OperationInput.TextsAsync(exchange);
        if (given is null)
            return problem!;
        var patient = exchange.Id.Length > 0 ? exchange.Reference : exchange.Caller.PatientContext;
        var types = new List<string>();
        foreach (var (name, value) in given)
        {
            if (name == "type" && ResourceParser.ResourceTypes.Contains(value))
                types.Add(value);
            else if (name == "patient" && exchange.Id.Length == 0 && LiteralReference.ToTypeAndId(value) is { } named)
                patient = named;
            else
                return Outcomes.Table.NotSearchable(Form).ToResult();
        }
        if (patient is null)
            return Outcomes.Table.PatientMissing.ToResult();
        var queue = exchange.Http.RequestServices.GetRequiredService<AnalysisQueue>();
        var body = new AnalysisBody(patient, types, Request: null);
        var (id, refused) = await AnalysisApi.StartAsync(
            body,
            exchange.Caller,
            exchange.Ledger,
            queue,
            exchange.Aborted
        );
        if (
            id is null
            || await AnalysisApi.FindAsync(id, exchange.Caller, exchange.Ledger, exchange.Aborted)
                is not var (row, content)
        )
            return refused ?? Outcomes.NotFound;
        exchange.Http.Response.Headers.ContentLocation = $"{exchange.BaseUrl}/Task/{AnalysisTask.IdOf(id)}";
        return FhirBody.Of(
            exchange,
            AnalysisTask.Write(row, content, patient, exchange.Ledger.Store.Time.GetUtcNow()),
            StatusCodes.Status202Accepted
        );
    }

    private const string Form =
        "$analyze takes type (resource types to look at; all without one) and, where the URL names none, patient";

    private static async Task<IResult> TaskAsync(FhirExchange exchange)
    {
        var (caller, ledger, id) = (exchange.Caller, exchange.Ledger, JobOf(exchange.Id)!);
        if (await AnalysisApi.FindAsync(id, caller, ledger, exchange.Aborted) is not var (row, content))
            return await ReadApi.ReadAsync(exchange);
        await using var context = ledger.Store.CreateDbContext();
        var patient = await context.Patients.FindAsync([row.PatientKey], exchange.Aborted);
        if (ledger.Store.Vault.OpenReference(row.PatientKey, patient!.Reference) is not { } reference)
            return Outcomes.NotFound;
        await ledger.Audit.AppendAsync([AnalysisApi.Read(row.PatientKey, caller, "read", id)], exchange.Aborted);
        return FhirBody.Of(exchange, AnalysisTask.Write(row, content, reference, ledger.Store.Time.GetUtcNow()));
    }

    private static string? JobOf(string task) =>
        task.StartsWith(AnalysisReport.Prefix, StringComparison.Ordinal)
        && task[AnalysisReport.Prefix.Length..] is { Length: JobIdLength } id
        && id.All(char.IsAsciiHexDigitLower)
            ? id
            : null;
}
