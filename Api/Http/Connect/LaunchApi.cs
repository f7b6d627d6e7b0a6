using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using OpenIddict.Abstractions;

namespace MedLedger.Api.Http.Connect;

/// <summary>Which app is started for which patient.</summary>
internal sealed record LaunchBody(string? Client, string? Patient);

/// <summary>
/// Where an EHR registers a launch for the clinician who is logged in to it, before it opens the app with <c>iss</c> and
/// <c>launch</c> (SMART App Launch 2.2, section 2.0.2).
/// </summary>
internal static class LaunchApi
{
    /// <summary>Maps the route.</summary>
    public static void MapLaunches(this WebApplication app, IdentityStore identity) =>
        app.MapPost(
                "/launches",
                (LaunchBody body, HttpContext http, IOpenIddictApplicationManager clients) =>
                    LaunchAsync(body, http, identity, clients)
            )
            .WithTags("Identity");

    private static async Task<IResult> LaunchAsync(
        LaunchBody body,
        HttpContext http,
        IdentityStore identity,
        IOpenIddictApplicationManager clients
    )
    {
        if (Authentication.CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (caller.User.Role != Role.Clinician)
            return Outcomes.Forbidden;
        if (!LiteralReference.IsPatient(body.Patient))
            return Outcomes.Unprocessable("the patient is given as Patient/id");
        // What was granted for one patient starts nothing for another.
        if (caller.PatientContext is { } context && context != body.Patient)
            return Outcomes.Forbidden;
        var account = await identity.Accounts.FindByIdAsync(caller.User.Id, http.RequestAborted);
        if (
            account is null
            || string.IsNullOrEmpty(body.Client)
            || await clients.FindByClientIdAsync(body.Client, http.RequestAborted) is not { } client
            || (await clients.GetRedirectUrisAsync(client, http.RequestAborted)).IsEmpty
        )
            return Outcomes.Unprocessable("there is no such app");
        var launch = await Launches.BeginAsync(identity, account, body.Client, body.Patient, http.RequestAborted);
        return Results.Json(
            new
            {
                iss = identity.Tokens.Issuer + "fhir",
                launch,
                seconds = (int)Launches.Lifetime.TotalSeconds,
            },
            statusCode: StatusCodes.Status201Created
        );
    }
}
