using System.Globalization;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>create, update and delete (FHIR R4, http.html sections 3.1.0.8 to 3.1.0.11).</summary>
internal static class WriteApi
{
    private const string Consent = "Consent";

    /// <summary>POST Type.</summary>
    public static async Task<IResult> CreateAsync(FhirExchange exchange)
    {
        if (!ResourceParser.ResourceTypes.Contains(exchange.Type))
            return Outcomes.Table.NoSuchType.ToResult();
        if (!exchange.MayWrite)
            return Outcomes.Forbidden;
        var (body, problem) = await ResourceInput.ReadAsync(exchange.Http.Request, exchange.Aborted);
        if (body is null)
            return problem!.ToResult();
        var (record, invalid) = ResourceInput.Prepare(body, exchange.Type, RecordChanges.NewId(), isOwnId: false);
        if (record is null)
            return invalid!.ToResult();
        if (
            exchange.Http.Request.Headers["If-None-Exist"] is [{ Length: > 0 } criteria]
            && await ConditionalApi.FindExistingAsync(exchange, criteria) is { } answer
        )
            return answer;
        return exchange.Type == Consent
            ? await ConsentApi.StoreAsync(exchange, record, expected: 0)
            : await ApplyAsync(exchange, new RecordChange(record, WriteReason.Change, Expected: 0));
    }

    /// <summary>
    /// PUT Type/id. A client of the ingest role may give a new record its id; everybody else updates what they can see, and
    /// what they cannot see is not there.
    /// </summary>
    public static async Task<IResult> UpdateAsync(FhirExchange exchange)
    {
        if (!exchange.MayWrite)
            return Outcomes.Forbidden;
        if (!exchange.HasReference)
            return Outcomes.NotFound;
        var (body, problem) = await ResourceInput.ReadAsync(exchange.Http.Request, exchange.Aborted);
        if (body is null)
            return problem!.ToResult();
        var (record, invalid) = ResourceInput.Prepare(body, exchange.Type, exchange.Id, isOwnId: true);
        if (record is null)
            return invalid!.ToResult();
        if (exchange.Caller.User.Role == Role.Ingest)
            return exchange.Type == Consent
                ? Outcomes.Forbidden
                : await ApplyAsync(exchange, new RecordChange(record, WriteReason.Change, Expected: 0));

        using var current = await ReadAsync(exchange, "update", ScopePermissions.Update);
        if (current is null)
        {
            return exchange.Type == Consent && exchange.Caller.User.Role == Role.Patient
                ? await ConsentApi.StoreAsync(exchange, record, expected: 0)
                : Outcomes.NotFound;
        }
        if (!Matches(exchange.Http.Request, current))
            return Outcomes.Table.VersionConflict.ToResult();
        if (!exchange.MayChange(current.Type))
            return Outcomes.Table.NotWritable.ToResult();
        if (exchange.Type == Consent)
            return await ConsentApi.StoreAsync(exchange, record, current.Version);
        return await ApplyAsync(
            exchange,
            new RecordChange(record, WriteReason.Change, current.Version, current.PatientKeys)
        );
    }

    /// <summary>DELETE Type/id. A Consent is ended, not deleted: what was granted stays accountable.</summary>
    public static async Task<IResult> DeleteAsync(FhirExchange exchange)
    {
        if (!exchange.MayWrite || exchange.Caller.User.Role == Role.Ingest)
            return Outcomes.Forbidden;
        if (!exchange.HasReference)
            return Outcomes.NotFound;
        using var current = await ReadAsync(exchange, "delete", ScopePermissions.Delete);
        if (current is null)
            return Outcomes.NotFound;
        if (current.IsDeleted)
            return Results.NoContent();
        if (!Matches(exchange.Http.Request, current))
            return Outcomes.Table.VersionConflict.ToResult();
        if (!exchange.MayChange(current.Type))
            return Outcomes.Table.NotWritable.ToResult();
        if (exchange.Type == Consent)
            return await ConsentApi.EndAsync(exchange, current.Reference);
        var change = new RecordChange(
            PreparedRecord.Deletion(current.Facts),
            WriteReason.Deletion,
            current.Version,
            current.PatientKeys
        );
        var results = await new RecordChanges(exchange.Ledger).ApplyAsync(
            [change],
            exchange.Asking("correct", ScopePermissions.Delete),
            isTrusted: false,
            exchange.Aborted
        );
        if (ProblemOf(results[^1]) is { } problem)
            return problem.ToResult();
        exchange.Http.Response.Headers.ETag = FhirBody.ETag(results[0].Version);
        return Results.NoContent();
    }

    /// <summary>The outcome of a change that was not made; null when it was.</summary>
    public static Outcome? ProblemOf(ChangeResult result) =>
        result.Problem switch
        {
            ChangeProblem.None => null,
            ChangeProblem.Conflict => Outcomes.Table.Duplicate,
            ChangeProblem.Forbidden => Outcomes.Table.NotWritable,
            _ => Outcomes.Table.Rule(result.Text ?? "refused"),
        };

    /// <summary>The answer to a resource that was written: status, version headers, and the body that Prefer asks for.</summary>
    public static IResult Written(FhirExchange exchange, PreparedRecord record, ChangeResult result)
    {
        var response = exchange.Http.Response;
        var version = result.Version.ToString(CultureInfo.InvariantCulture);
        FhirBody.SetVersion(response, result.Version, result.Written);
        response.Headers.Location = $"{exchange.BaseUrl}/{record.Reference}/_history/{version}";
        var status = result.Outcome == WriteOutcome.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        switch (Preference(exchange.Http.Request))
        {
            case "minimal":
                return Results.StatusCode(status);
            case "OperationOutcome":
                return (Outcomes.Table.Fine("The resource was written.") with { Status = status }).ToResult();
            default:
                var body = ReadableRecord.ToBody(
                    record.Content,
                    record.Reference,
                    result.Version,
                    result.Written,
                    record.Description.Facts.Labels
                );
                return FhirBody.Of(exchange, body, status);
        }
    }

    /// <summary>The <c>return</c> preference (RFC 7240); null when none is stated.</summary>
    public static string? Preference(HttpRequest request) =>
        request
            .Headers["Prefer"]
            .SelectMany(value => (value ?? "").Split([',', ';']))
            .Select(part => part.Trim())
            .Where(part => part.StartsWith("return=", StringComparison.Ordinal))
            .Select(part => part["return=".Length..])
            .FirstOrDefault();

    private static async Task<IResult> ApplyAsync(FhirExchange exchange, RecordChange change)
    {
        var results = await new RecordChanges(exchange.Ledger).ApplyAsync(
            [change],
            exchange.Asking("collect", change.Expected == 0 ? ScopePermissions.Create : ScopePermissions.Update),
            exchange.IsTrustedWriter,
            exchange.Aborted
        );
        return ProblemOf(results[^1]) is { } problem
            ? problem.ToResult()
            : Written(exchange, change.Record, results[0]);
    }

    private static Task<ReadableRecord?> ReadAsync(
        FhirExchange exchange,
        string interaction,
        ScopePermissions permission
    ) =>
        new RecordAccess(exchange.Ledger).ReadAsync(
            exchange.Asking("access", permission),
            exchange.Reference,
            null,
            interaction,
            exchange.Aborted
        );

    private static bool Matches(HttpRequest request, ReadableRecord current) =>
        request.Headers.IfMatch.Count == 0
        || request.Headers.IfMatch.Any(tag => FhirBody.VersionOf(tag) == current.Version);
}
