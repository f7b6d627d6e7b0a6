using System.Text.Json;

namespace MedLedger.Api.Http;

/// <summary>The problems that the HTTP API answers with: each a status and an OperationOutcome (FHIR R4, IssueType).</summary>
internal static class Outcomes
{
    public static IResult Login { get; } = Of(401, "login", "A bearer token is needed.");

    public static IResult Forbidden { get; } = Of(403, "forbidden", "This role may not do that.");

    public static IResult NotFound { get; } = Of(404, "not-found", "There is no such thing.");

    public static IResult NotSupported { get; } = Of(501, "not-supported", "This interaction is not built yet.");

    public static IResult TooLarge { get; } = Of(413, "too-long", "The body is too large.");

    /// <summary>Content that cannot be taken, with the reason; the reason names no value of a record.</summary>
    public static IResult Unprocessable(string reason) => Of(422, "invalid", reason);

    private static IResult Of(int status, string code, string text) =>
        Results.Text(
            JsonSerializer.Serialize(
                new
                {
                    resourceType = "OperationOutcome",
                    issue = new[]
                    {
                        new
                        {
                            severity = "error",
                            code,
                            diagnostics = text,
                        },
                    },
                }
            ),
            "application/fhir+json",
            statusCode: status
        );
}
