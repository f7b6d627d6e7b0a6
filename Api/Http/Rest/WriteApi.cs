using System.Globalization;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;
using Microsoft.Extensions.Primitives;

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
        return await CreateAsync(exchange, body);
    }

    /// <summary>A new resource, unless If-None-Exist finds one.</summary>
    public static async Task<IResult> CreateAsync(FhirExchange exchange, byte[] body)
    {
        var (record, invalid) = await ResourceInput.PrepareAsync(exchange, body, RecordChanges.NewId(), isOwnId: false);
        if (record is null)
            return invalid!.ToResult();
        var request = exchange.Http.Request;
        // A conditional update that comes here has its own criteria, and its turn.
        var conditions = HttpMethods.IsPost(request.Method) ? request.Headers["If-None-Exist"] : default;
        if (conditions.Count > 1)
            return Outcomes.Table.BadRequest("If-None-Exist is given once.").ToResult();
        var criteria = conditions.Count == 1 ? conditions[0] ?? "" : null;
        using var turn = await exchange.TurnAsync(criteria is null ? [] : [exchange.Type]);
        if (criteria is not null && await ConditionalApi.FindExistingAsync(exchange, criteria) is { } answer)
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
        return body is null ? problem!.ToResult() : await UpdateAsync(exchange, body, isOwnId: true);
    }

    /// <summary>The update of what the URL, or the criteria in it, name; with <paramref name="isOwnId"/> the body has to have its id.</summary>
    public static async Task<IResult> UpdateAsync(FhirExchange exchange, byte[] body, bool isOwnId)
    {
        var (record, invalid) = await ResourceInput.PrepareAsync(exchange, body, exchange.Id, isOwnId);
        if (record is null)
            return invalid!.ToResult();
        var headers = exchange.Http.Request.Headers;
        if (exchange.IsTrustedWriter)
        {
            if (exchange.Type == Consent)
                return Outcomes.Forbidden;
            // This role makes what is not there yet: no version of it can match.
            if (headers.IfMatch.Count > 0)
                return Outcomes.Table.VersionConflict.ToResult();
            return await ApplyAsync(exchange, new RecordChange(record, WriteReason.Change, Expected: 0));
        }

        using var current = await ReadAsync(exchange, "update", ScopePermissions.Update);
        if (current is null)
        {
            return exchange.Type == Consent && exchange.Caller.User.Role == Role.Patient
                ? await ConsentApi.StoreAsync(exchange, record, expected: 0)
                : Outcomes.NotFound;
        }
        if (!Matches(headers.IfMatch, current))
            return Outcomes.Table.VersionConflict.ToResult();
        if (headers.IfNoneMatch.Count > 0 && !current.IsDeleted && Matches(headers.IfNoneMatch, current))
            return Outcomes.Table.Exists.ToResult();
        return await StoreAsync(exchange, record, current);
    }

    /// <summary>The next version of what the caller can see.</summary>
    public static async Task<IResult> StoreAsync(FhirExchange exchange, PreparedRecord record, ReadableRecord current)
    {
        if (RefuseChange(exchange, record, current) is { } refused)
            return refused.ToResult();
        if (exchange.Type == Consent)
            return await ConsentApi.StoreAsync(exchange, record, current.Version);
        return await ApplyAsync(
            exchange,
            new RecordChange(record, WriteReason.Change, current.Version, current.PatientKeys)
        );
    }

    /// <summary>Why a change of what the caller can see is not made; null when it may be.</summary>
    public static Outcome? RefuseChange(FhirExchange exchange, PreparedRecord record, ReadableRecord current) =>
        !exchange.MayChange(current.Type) ? Outcomes.Table.NotWritable
        : current.StatedLabels.Except(record.Description.Facts.Labels).Any() ? Outcomes.Table.LabelsDropped
        : null;

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
        {
            FhirBody.SetVersion(exchange.Http.Response, current.Version, current.Written);
            return Results.NoContent();
        }
        if (!Matches(exchange.Http.Request.Headers.IfMatch, current))
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
        FhirBody.SetVersion(exchange.Http.Response, results[0].Version, results[0].Written);
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

    /// <summary>
    /// The same of a change that a condition stands before: what is there against If-None-Match (RFC 9110, section 13.1.2)
    /// is 412, what was changed meanwhile a conflict. Neither tells more than that the id is taken.
    /// </summary>
    public static Outcome? ProblemOf(ChangeResult result, RecordChange change, bool hasIfNoneMatch) =>
        result.Problem != ChangeProblem.Conflict ? ProblemOf(result)
        : hasIfNoneMatch ? Outcomes.Table.Exists
        : change.Expected > 0 ? Outcomes.Table.Changed
        : Outcomes.Table.Duplicate;

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
                var body = ResourceBody.Of(
                    record.Content.Span,
                    record.Reference,
                    result.Version,
                    result.Written,
                    record.Description.Facts.Labels
                );
                return FhirBody.Of(exchange, body, status);
        }
    }

    /// <summary>The <c>return</c> preference (RFC 7240); null when none is stated.</summary>
    public static string? Preference(HttpRequest request) => FhirBody.Preference(request, "return");

    private static async Task<IResult> ApplyAsync(FhirExchange exchange, RecordChange change)
    {
        var results = await new RecordChanges(exchange.Ledger).ApplyAsync(
            [change],
            exchange.Asking("collect", change.Expected == 0 ? ScopePermissions.Create : ScopePermissions.Update),
            exchange.IsTrustedWriter,
            exchange.Aborted
        );
        return ProblemOf(results[^1], change, exchange.Http.Request.Headers.IfNoneMatch.Count > 0) is { } problem
            ? problem.ToResult()
            : Written(exchange, change.Record, results[0]);
    }

    /// <summary>What the URL names, when the caller can see it, to change it.</summary>
    public static Task<ReadableRecord?> ReadAsync(
        FhirExchange exchange,
        string interaction,
        ScopePermissions permission
    ) => ReadAsync(exchange, exchange.Reference, interaction, permission);

    /// <summary>The same of another resource.</summary>
    public static Task<ReadableRecord?> ReadAsync(
        FhirExchange exchange,
        string reference,
        string interaction,
        ScopePermissions permission
    ) =>
        new RecordAccess(exchange.Ledger).ReadAsync(
            exchange.Asking("access", permission),
            reference,
            null,
            interaction,
            exchange.Aborted
        );

    /// <summary>Whether an entity tag (RFC 9110, section 8.8.3), or <c>*</c>, is that of the record; true when none is given.</summary>
    public static bool Matches(StringValues tags, ReadableRecord current) =>
        tags.Count == 0
        || tags.SelectMany(value => (value ?? "").Split(','))
            .Any(tag => tag.Trim() == "*" || FhirBody.VersionOf(tag) == current.Version);
}
