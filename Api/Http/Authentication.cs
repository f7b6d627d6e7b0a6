using MedLedger.Api.Identity;

namespace MedLedger.Api.Http;

/// <summary>
/// Turns the bearer token of a request into its <see cref="Caller"/>. The purpose of use is the token's; where the token
/// has several, the header <c>X-Purpose-Of-Use</c> names one of them. The header never adds a purpose, and none is assumed.
/// </summary>
internal sealed class Authentication(RequestDelegate next, IdentityStore identity)
{
    /// <summary>Names one of the token's purposes of use.</summary>
    public const string PurposeHeader = "X-Purpose-Of-Use";

    private const string Scheme = "Bearer ";

    // These have no caller: what they answer is for everybody, or they authenticate by themselves.
    private static readonly string[] OpenPaths =
    [
        "/health",
        "/openapi",
        "/log",
        "/connect",
        "/account",
        "/.well-known",
        "/fhir/.well-known",
        "/fhir/metadata",
    ];

    /// <summary>The caller of a request; null without a valid token.</summary>
    public static Caller? CallerOf(HttpContext context) => context.Features.Get<Caller>();

    public async Task InvokeAsync(HttpContext context)
    {
        var isOpen = OpenPaths.Any(p => context.Request.Path.StartsWithSegments(p, StringComparison.Ordinal));
        if (!isOpen && await ReadAsync(context) is { } problem)
        {
            await problem.ExecuteAsync(context);
            return;
        }
        await next(context);
    }

    private async Task<IResult?> ReadAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        // Two headers, or a token in the query, are no token.
        if (headers.Authorization is not [{ } authorization])
            return null;
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var cancellation = context.RequestAborted;
        if (await identity.Tokens.ReadAsync(authorization[Scheme.Length..], cancellation) is not { } claims)
            return null;
        if (await identity.Sessions.FindAsync(claims.Session, cancellation) is not { } session)
            return null;

        var asked = headers[PurposeHeader];
        if (asked.Count > 1)
            return Outcomes.PurposeMissing;
        if (asked is [{ } narrowed] && !claims.Purposes.Contains(narrowed, StringComparer.Ordinal))
            return Outcomes.PurposeForbidden;
        var purpose =
            asked.Count == 1 ? asked[0]
            : claims.Purposes is [var only] ? only
            : null;
        if (purpose is null)
            return Outcomes.PurposeMissing;

        var patient = session.User.Role == Role.Patient ? session.User.Reference : session.Content.Patient;
        // A token for one patient whose context is gone is no token.
        if (claims.Scopes.NeedPatient && patient is null)
            return null;
        context.Features.Set(
            new Caller(session.User, purpose)
            {
                Scopes = claims.Scopes,
                Session = session.Key,
                Client = claims.Client,
                PatientContext = patient,
            }
        );
        return null;
    }
}
