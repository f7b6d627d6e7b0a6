using System.Text.Json;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Http;

/// <summary>A problem: an HTTP status and an issue code (FHIR R4, IssueType), with a text that names no value of a record.</summary>
internal sealed record Outcome(int Status, string Code, string Text)
{
    /// <summary>What validation found, with its places; in the place of code and text when there is any.</summary>
    public IReadOnlyList<ValidationIssue> Issues { get; init; } = [];

    /// <summary>The same with a place in front: an entry of a Bundle.</summary>
    public Outcome At(string place) =>
        this with
        {
            Text = $"{place}: {Text}",
            Issues = [.. Issues.Select(issue => issue with { Text = $"{place}: {issue.Text}" })],
        };

    /// <summary>The OperationOutcome resource.</summary>
    public object ToResource() =>
        new
        {
            resourceType = "OperationOutcome",
            issue = Issues.Count > 0
                ? Issues.Select(ToIssue).ToArray()
                :
                [
                    new
                    {
                        severity = Status < 300 ? "information" : "error",
                        code = Code,
                        diagnostics = Text,
                    },
                ],
        };

    private static object ToIssue(ValidationIssue issue)
    {
        var severity = issue.IsWarning ? "warning" : "error";
        return issue.Expression.Length == 0
            ? new
            {
                severity,
                code = issue.Code,
                diagnostics = issue.Text,
            }
            : new
            {
                severity,
                code = issue.Code,
                diagnostics = issue.Text,
                expression = new[] { issue.Expression },
            };
    }

    /// <summary>The same as UTF-8 JSON.</summary>
    public byte[] ToBody() => JsonSerializer.SerializeToUtf8Bytes(ToResource());

    /// <summary>The response.</summary>
    public IResult ToResult() =>
        Results.Text(JsonSerializer.Serialize(ToResource()), "application/fhir+json", statusCode: Status);
}

/// <summary>Every problem that the HTTP API answers with: the one table of statuses and issue codes.</summary>
internal static class Outcomes
{
    public static IResult Login { get; } = Table.Login.ToResult();

    public static IResult Forbidden { get; } = Table.Forbidden.ToResult();

    public static IResult PurposeMissing { get; } = Table.PurposeMissing.ToResult();

    public static IResult PurposeForbidden { get; } = Table.PurposeForbidden.ToResult();

    public static IResult Throttled { get; } = Table.Throttled.ToResult();

    public static IResult NotFound { get; } = Table.NotFound.ToResult();

    public static IResult NotSupported { get; } = Table.NotSupported.ToResult();

    public static IResult OtherCharset { get; } = Table.OtherCharset.ToResult();

    public static IResult TimedOut { get; } = Table.TimedOut.ToResult();

    public static IResult TooLarge { get; } = Table.TooLarge.ToResult();

    /// <summary>Content that cannot be taken, with the reason; the reason names no value of a record.</summary>
    public static IResult Unprocessable(string reason) => Table.Invalid(reason).ToResult();

    /// <summary>What a lenient client is told beside its matches: the OperationOutcome of what was ignored.</summary>
    public static byte[] Ignored(IEnumerable<string> texts) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                resourceType = "OperationOutcome",
                issue = texts.Select(text => new
                {
                    severity = "warning",
                    code = "not-supported",
                    diagnostics = $"Ignored: {text}.",
                }),
            }
        );

    /// <summary>The table.</summary>
    public static class Table
    {
        public static Outcome Login { get; } = new(401, "login", "A bearer token is needed.");

        public static Outcome Forbidden { get; } = new(403, "forbidden", "This role may not do that.");

        public static Outcome OutsideScope { get; } =
            new(403, "forbidden", "The scopes of the token do not cover this.");

        public static Outcome PurposeMissing { get; } =
            new(400, "required", "One purpose of use is needed: name one of the token's in X-Purpose-Of-Use.");

        public static Outcome PurposeForbidden { get; } =
            new(403, "forbidden", "The token was not issued for this purpose of use.");

        public static Outcome PatientMissing { get; } =
            new(400, "required", "One patient is needed: name one in the URL, or use a token that is about one.");

        public static Outcome Throttled { get; } = new(429, "throttled", "Too many requests: wait and try again.");

        /// <summary>The caller's searches have opened what they may for now.</summary>
        public static Outcome Spent { get; } =
            new(429, "throttled", "Searches of this caller have opened too many records: wait and try again.");

        /// <summary>What is not there, and what the caller may not know to be there.</summary>
        public static Outcome NotFound { get; } = new(404, "not-found", "There is no such thing.");

        public static Outcome Gone { get; } = new(410, "deleted", "The resource was deleted.");

        public static Outcome NotSupported { get; } = new(501, "not-supported", "This interaction is not built yet.");

        public static Outcome NoSuchType { get; } = new(404, "not-supported", "FHIR R4 has no such resource type.");

        public static Outcome WrongMethod { get; } = new(405, "not-supported", "This URL has no such method.");

        public static Outcome NotAcceptable { get; } =
            new(406, "not-supported", "Only application/fhir+json and application/json are written.");

        public static Outcome WrongMediaType { get; } =
            new(415, "not-supported", "Only application/fhir+json and application/json are read.");

        public static Outcome NoForm { get; } =
            new(415, "not-supported", "A search by POST is a form: application/x-www-form-urlencoded.");

        public static Outcome OtherCharset { get; } = new(415, "not-supported", "Bodies are read in UTF-8 alone.");

        public static Outcome WrongPatchType { get; } =
            new(
                415,
                "not-supported",
                "A patch is application/json-patch+json, or Parameters in application/fhir+json."
            );

        public static Outcome UnknownProfile { get; } =
            new(422, "not-supported", "No profile but that of the type itself is known here.");

        public static Outcome TooLarge { get; } = new(413, "too-long", "The body is too large.");

        public static Outcome TooCostly(string text) => new(403, "too-costly", text);

        public static Outcome VersionConflict { get; } =
            new(412, "conflict", "The resource has another version than If-Match says.");

        public static Outcome Preconditions { get; } =
            new(412, "multiple-matches", "The criteria match more than one resource.");

        public static Outcome NoMatch { get; } = new(412, "not-found", "A conditional reference matches no resource.");

        public static Outcome Exists { get; } =
            new(412, "conflict", "The resource is there already, against If-None-Match.");

        public static Outcome NotWritable { get; } =
            new(403, "forbidden", "The consents of the patient do not permit this to be written.");

        /// <summary>Not within a recorded power, and why not.</summary>
        public static Outcome NoPower(string text) => new(403, "forbidden", text);

        /// <summary>No emergency access, and why not.</summary>
        public static Outcome NoEmergency(string text) => new(403, "forbidden", text);

        public static Outcome Changed { get; } =
            new(409, "conflict", "The resource was changed at the same time: read it and try again.");

        public static Outcome Dangling { get; } =
            new(422, "business-rule", "a reference names an entry that is not there.");

        /// <summary>Labels are raised, not taken away, by who changes a resource.</summary>
        public static Outcome LabelsDropped { get; } =
            new(422, "business-rule", "The change takes away a security label that the resource has.");

        public static Outcome Duplicate { get; } = new(409, "duplicate", "The id is taken.");

        public static Outcome Failure { get; } = new(500, "exception", "The server failed; the request was not done.");

        public static Outcome TimedOut { get; } = new(503, "timeout", "The request took too long and was cut off.");

        /// <summary>What came is no HTTP request, or stopped coming (400, 408).</summary>
        public static Outcome Unreadable(int status) => new(status, "invalid", "The request could not be read.");

        /// <summary>The body is not readable at all.</summary>
        public static Outcome Structure(string reason) => new(400, "structure", reason);

        /// <summary>The request itself is wrong: a parameter, a header, a URL.</summary>
        public static Outcome BadRequest(string reason) => new(400, "invalid", reason);

        /// <summary>A search that cannot be answered rightly.</summary>
        public static Outcome NotSearchable(string reason) => new(400, "not-supported", reason);

        /// <summary>Content that is no valid resource, or breaks a rule.</summary>
        public static Outcome Invalid(string reason) => new(422, "invalid", reason);

        /// <summary>The same with all that was found.</summary>
        public static Outcome Invalid(IReadOnlyList<ValidationIssue> issues) =>
            new(422, "invalid", issues[0].Describe()) { Issues = issues };

        /// <summary>What a validation came to.</summary>
        public static Outcome Validated(IReadOnlyList<ValidationIssue> issues) =>
            Fine("The resource is valid.") with
            {
                Issues = issues,
            };

        /// <summary>Content that is valid and cannot be taken.</summary>
        public static Outcome Rule(string reason) => new(422, "business-rule", reason);

        public static Outcome TooManyExports { get; } =
            new(429, "throttled", "There are too many exports of this caller: cancel one, or wait until one expires.");

        public static Outcome ChainUnavailable { get; } =
            new(503, "transient", "The chain cannot be read now: try again.");

        /// <summary>Something was begun or ended that goes on without the caller.</summary>
        public static Outcome Accepted(string text) => new(202, "informational", text);

        /// <summary>Everything is well; something is told.</summary>
        public static Outcome Fine(string text) => new(200, "informational", text);
    }
}
