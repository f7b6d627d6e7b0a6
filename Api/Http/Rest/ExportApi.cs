using System.Globalization;
using System.Text.Json;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// Bulk export (FHIR Bulk Data Access 2.0): asked for with <c>Prefer: respond-async</c>, polled, fetched file by file,
/// cancelled; for its caller and their purpose alone.
/// </summary>
internal static class ExportApi
{
    private const string Name = "export";
    private const string Definitions = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/";
    private const string Seconds = "2";
    private const ScopePermissions Many = ScopePermissions.Read | ScopePermissions.Search;

    /// <summary>Its routes.</summary>
    public static IReadOnlyList<FhirRoute> Routes { get; } =
    [
        .. new[]
        {
            ("/$export", "export"),
            ("/Patient/$export", "patient-export"),
            ("/Group/{id}/$export", "group-export"),
        }.SelectMany(one =>
            new[] { "GET", "POST" }.Select(method => Route(method, one.Item1, one.Item2, KickOffAsync))
        ),
        Route("GET", "/$export/{id}", "export", StatusAsync),
        Route("DELETE", "/$export/{id}", "export", CancelAsync),
        Route("GET", "/$export/{id}/{file}", "export", FileAsync) with
        {
            FileTypes = ExportRequest.Formats,
        },
    ];

    // Scopes are asked for each record, so that who may read one type alone exports that one.
    private static FhirRoute Route(
        string method,
        string path,
        string definition,
        Func<FhirExchange, Task<IResult>> handle
    ) =>
        new(method, path, Name, FhirLevel.Operation, ScopePermissions.None, handle)
        {
            Definition = Definitions + definition,
            IsAlone = true,
        };

    private static async Task<IResult> KickOffAsync(FhirExchange exchange)
    {
        if (!exchange.MayRead)
            return Outcomes.Forbidden;
        var request = exchange.Http.Request;
        if (!request.Headers["Prefer"].SelectMany(p => (p ?? "").Split(',')).Any(p => p.Trim() == "respond-async"))
            return Outcomes.Table.BadRequest("An export needs the header Prefer: respond-async.").ToResult();
        var (given, problem) = await OperationInput.TextsAsync(exchange);
        if (given is null)
            return problem!;
        var (asked, refused) = ExportRequest.Read(
            given,
            exchange.Caller.Scopes,
            exchange.Ledger.Store.Time.GetUtcNow()
        );
        if (asked is null)
            return refused!.ToResult();
        var patients = await PatientsAsync(exchange);
        if (exchange.Type == "Group" && patients is null)
            return Outcomes.NotFound;
        var id = await exchange.Ledger.Exports.AcceptAsync(
            new ExportContent
            {
                Request = $"{request.Scheme}://{request.Host}{request.Path}{request.QueryString}",
                Actors = exchange.Caller.Actors,
                Purpose = exchange.Caller.Purpose,
                Scopes = exchange.Caller.Within(Many),
                HasOrganization = exchange.Type.Length == 0,
                PatientKeys = patients,
                Types = asked.Types,
                Since = asked.Since,
                Elements = asked.Elements,
                Filters = asked.Filters,
            },
            exchange.Aborted
        );
        if (id is null)
            return Outcomes.Table.TooManyExports.ToResult();
        exchange.Http.Response.Headers.ContentLocation = $"{exchange.BaseUrl}/$export/{id}";
        return Outcomes.Table.Accepted("The export is under way.").ToResult();
    }

    // The members of a group that the caller may read; null when there is none for them.
    private static async Task<IReadOnlyList<string>?> PatientsAsync(FhirExchange exchange)
    {
        if (exchange.Type != "Group" || !exchange.HasReference)
            return null;
        var access = new RecordAccess(exchange.Ledger);
        var asking = exchange.Asking("access", ScopePermissions.Read);
        using var group = await access.ReadAsync(asking, exchange.Reference, null, Name, exchange.Aborted);
        if (group is null || group.IsDeleted)
            return null;
        using var content = JsonDocument.Parse(group.Content);
        return
        [
            .. ExportRequest
                .Members(content.RootElement)
                .Select(exchange.Ledger.Store.Vault.PatientKey)
                .Distinct(StringComparer.Ordinal),
        ];
    }

    private static async Task<IResult> StatusAsync(FhirExchange exchange)
    {
        await using var context = exchange.Ledger.Store.CreateDbContext();
        if (await FindAsync(exchange, context) is not var (row, content))
            return Outcomes.NotFound;
        var headers = exchange.Http.Response.Headers;
        switch (row.State)
        {
            case ExportState.Accepted:
                var part = row.Total == 0 ? 0 : 100L * row.Done / row.Total;
                headers["X-Progress"] = string.Create(CultureInfo.InvariantCulture, $"{part}%");
                headers.RetryAfter = Seconds;
                return Results.StatusCode(StatusCodes.Status202Accepted);
            case ExportState.Failed:
                return Outcomes.Table.Failure.ToResult();
            default:
                var files = await exchange.Ledger.Exports.FilesAsync(context, row.Id, exchange.Aborted);
                headers.Expires = DateTimeOffset
                    .FromUnixTimeSeconds(row.Expires)
                    .ToString("R", CultureInfo.InvariantCulture);
                return Results.Json(Manifest(exchange, row.Id, content, files));
        }
    }

    private static object Manifest(
        FhirExchange exchange,
        string id,
        ExportContent content,
        IReadOnlyList<(int Number, ExportFile File)> files
    ) =>
        new
        {
            transactionTime = ReadableRecord.Instant(content.TransactionTime!.Value),
            request = content.Request,
            requiresAccessToken = true,
            output = Items(exchange, id, files, isOfDeleted: false),
            deleted = Items(exchange, id, files, isOfDeleted: true),
            error = Array.Empty<object>(),
        };

    private static IEnumerable<object> Items(
        FhirExchange exchange,
        string id,
        IReadOnlyList<(int Number, ExportFile File)> files,
        bool isOfDeleted
    ) =>
        files
            .Where(one => one.File.IsOfDeleted == isOfDeleted)
            .Select(one => new
            {
                type = one.File.Type,
                url = string.Create(CultureInfo.InvariantCulture, $"{exchange.BaseUrl}/$export/{id}/{one.Number}"),
                count = one.File.RecordKeys.Count,
            });

    private static async Task<IResult> CancelAsync(FhirExchange exchange)
    {
        await using var context = exchange.Ledger.Store.CreateDbContext();
        if (await FindAsync(exchange, context) is not var (row, _))
            return Outcomes.NotFound;
        await ExportJobs.CancelAsync(context, row.Id, exchange.Aborted);
        return Outcomes.Table.Accepted("The export has ended, and its files are gone.").ToResult();
    }

    private static async Task<IResult> FileAsync(FhirExchange exchange)
    {
        if (exchange.MayRead && exchange.Spent() is { } spent)
            return spent.ToResult();
        var text = (string?)exchange.Http.Request.RouteValues["file"];
        await using var context = exchange.Ledger.Store.CreateDbContext();
        if (
            !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || await FindAsync(exchange, context) is not ({ State: ExportState.Completed } row, var content)
            || await exchange.Ledger.Exports.FileAsync(context, row.Id, number, exchange.Aborted) is not { } file
        )
            return Outcomes.NotFound;
        var selection = new ExportSelection(content, exchange.Ledger.Store.Time.GetUtcNow());
        return new ExportDownload(exchange, exchange.Asking("access", Many), file, selection);
    }

    private static async Task<(ExportRow Row, ExportContent Content)?> FindAsync(
        FhirExchange exchange,
        Persistence.LedgerContext context
    ) =>
        exchange.MayRead
            ? await exchange.Ledger.Exports.FindAsync(
                context,
                exchange.Id,
                exchange.Caller.User.Reference,
                exchange.Caller.Purpose,
                exchange.Aborted
            )
            : null;
}
