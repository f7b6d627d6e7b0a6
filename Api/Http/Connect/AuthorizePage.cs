using System.Text;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using Microsoft.AspNetCore;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace MedLedger.Api.Http.Connect;

/// <summary>
/// The page on which a user lets an app act for them: what it may do, for which purpose of use, for which patient. The
/// purpose is chosen here by the user, unless the app named it (<c>purpose_of_use</c>, IHE IUA).
/// </summary>
internal static class AuthorizePage
{
    private const string EhrLaunch = "launch";

    /// <summary>Shows the page, or acts on the decision.</summary>
    public static async Task<IResult> HandleAsync(
        HttpContext http,
        IdentityStore identity,
        IOpenIddictApplicationManager clients
    )
    {
        var request =
            http.GetOpenIddictServerRequest()
            ?? throw new InvalidOperationException("This is no authorization request.");
        if (await BrowserSession.FindAsync(http, identity) is not { } session)
        {
            if (request.HasPromptValue(PromptValues.None))
                return ConnectApi.Refuse(Errors.LoginRequired, "Nobody is logged in.");
            var back = "/connect/authorize" + http.Request.QueryString;
            return Results.Redirect("/account/login?return=" + Uri.EscapeDataString(back));
        }
        var account = await identity.Accounts.FindByIdAsync(session.User.Id, http.RequestAborted);
        var client = await clients.FindByClientIdAsync(request.ClientId!, http.RequestAborted);
        var limits = client is null
            ? null
            : ClientLimits.Of(await clients.GetPropertiesAsync(client, http.RequestAborted));
        if (account is null || client is null || limits is null)
            return ConnectApi.Refuse(Errors.UnauthorizedClient, "The client is not registered.");
        var scopes = request.GetScopes();
        if (scopes.IsEmpty || !ClientGrants.MayHave(scopes, limits, account.User.Role))
            return ConnectApi.Refuse(Errors.InvalidScope, "The app may not have these scopes.");
        if ((string?)request["aud"] is { } audience && !IsOwn(audience, identity))
            return ConnectApi.Refuse(Errors.InvalidRequest, "aud is another server.");

        var launch = (string?)request["launch"];
        var launched = await Launches.FindAsync(identity, launch, account, request.ClientId!, http.RequestAborted);
        if (scopes.Contains(EhrLaunch, StringComparer.Ordinal) ? launched is null : launch is not null)
            return ConnectApi.Refuse(
                Errors.InvalidRequest,
                "The scope launch and the parameter launch go together, of a launch that is not over."
            );

        var name = await clients.GetDisplayNameAsync(client, http.RequestAborted) ?? request.ClientId!;
        if (!HttpMethods.IsPost(http.Request.Method) || !Forms.IsForm(http.Request))
            return Show(http, request, name, account, limits, launched, null);
        if (!BrowserSession.IsOwnForm(http.Request))
            return ConnectApi.Refuse(Errors.AccessDenied, "The form was not sent from this server.");
        var form = await Forms.ReadAsync(http.Request, http.RequestAborted);
        return form["decision"] == "allow"
            ? await AllowAsync(http, identity, request, form, name, account, limits, launched)
            : ConnectApi.Refuse(Errors.AccessDenied, "The user did not allow it.");
    }

    private static async Task<IResult> AllowAsync(
        HttpContext http,
        IdentityStore identity,
        OpenIddictRequest request,
        IFormCollection form,
        string name,
        Account account,
        ClientLimits limits,
        string? launched
    )
    {
        string[] purposes = [.. form["purpose_of_use"].OfType<string>().SelectMany(p => p.Split(' '))];
        if (!ClientGrants.MayHave(purposes, limits))
            return Show(http, request, name, account, limits, launched, "Choose the purpose.");
        var scopes = request.GetScopes();
        var patient = launched;
        if (account.User.Role == Role.Patient)
            patient = account.User.Reference;
        else if (patient is null && NeedsPatient(scopes))
        {
            var id = form["patient_id"].ToString().Trim();
            if (!LiteralReference.IsId(id))
                return Show(http, request, name, account, limits, launched, "Name the patient.");
            patient = "Patient/" + id;
        }
        if (launched is not null)
            await Launches.EndAsync(identity, (string)request["launch"]!, http.RequestAborted);
        var principal = await ClientGrants.BeginAsync(
            identity,
            account,
            request.ClientId!,
            scopes,
            purposes,
            patient,
            http.RequestAborted
        );
        return ConnectApi.Grant(principal, patient: null);
    }

    private static IResult Show(
        HttpContext http,
        OpenIddictRequest request,
        string name,
        Account account,
        ClientLimits limits,
        string? launched,
        string? problem
    )
    {
        var body = new StringBuilder();
        body.Append(
            $"<p><strong>{Page.Text(name)}</strong> asks to act for you, {Page.Text(account.User.Name)}:</p><ul>"
        );
        foreach (var scope in request.GetScopes())
            body.Append($"<li>{Page.Text(InWords(scope))}</li>");
        body.Append("""</ul><form method="post" action="/connect/authorize">""");
        foreach (var (key, value) in request.GetParameters())
        {
            if (key is not ("purpose_of_use" or "decision" or "patient_id") && (string?)value is { } text)
                body.Append(Page.Hidden(key, text));
        }
        var asked = ((string?)request["purpose_of_use"])?.Split(' ') ?? [];
        body.Append("<fieldset><legend>What for?</legend>");
        foreach (var purpose in limits.Purposes)
        {
            var mark = asked.Contains(purpose, StringComparer.Ordinal) ? " checked" : "";
            body.Append(
                $"""<label><input type="radio" name="purpose_of_use" value="{Page.Text(purpose)}" required{mark}> {Page.Text(purpose)}</label>"""
            );
        }
        body.Append("</fieldset>");
        if (launched is not null)
            body.Append($"<p>It is about <strong>{Page.Text(launched)}</strong>.</p>");
        else if (account.User.Role != Role.Patient && NeedsPatient(request.GetScopes()))
            body.Append("""<label>Id of the patient <input type="text" name="patient_id" required></label>""");
        body.Append(
            """<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Do not allow</button></form>"""
        );
        // After the form the browser is sent on to the app: the policy must let that one address through.
        if (Uri.TryCreate(request.RedirectUri, UriKind.Absolute, out var redirect))
        {
            var policy = http.Response.Headers.ContentSecurityPolicy.ToString();
            var app =
                redirect.IsAbsoluteUri && redirect.Scheme is "http" or "https"
                    ? redirect.GetLeftPart(UriPartial.Authority)
                    : redirect.Scheme + ":";
            http.Response.Headers.ContentSecurityPolicy = policy.Replace(
                "form-action 'self'",
                "form-action 'self' " + app,
                StringComparison.Ordinal
            );
        }
        return Page.Of("Let an app act for you", body.ToString(), problem, problem is null ? 200 : 422);
    }

    private static bool NeedsPatient(IEnumerable<string> scopes) =>
        scopes.Any(s => s == "launch/patient" || s.StartsWith("patient/", StringComparison.Ordinal));

    private static bool IsOwn(string audience, IdentityStore identity) =>
        audience.TrimEnd('/') == identity.Tokens.Issuer + "fhir" || audience == identity.Tokens.Audience;

    private static string InWords(string scope) =>
        scope switch
        {
            "openid" => "know that it is you",
            "fhirUser" => "know your FHIR reference",
            "launch/patient" => "know which patient it is about",
            EhrLaunch => "know which patient you have open",
            "offline_access" => "go on for 30 days, also when you are not there",
            "online_access" => "go on while you are logged in",
            _ => "use records as far as consent allows: " + scope,
        };
}
