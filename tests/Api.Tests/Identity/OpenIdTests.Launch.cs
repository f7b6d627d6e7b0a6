using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using MedLedger.Api.Identity;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Identity;

/// <summary>EHR launch (SMART App Launch 2.2): for the patient who is open, for this clinician, this app, once.</summary>
public sealed partial class OpenIdTests
{
    private const string Scope = "launch patient/*.rs";

    [Fact]
    public async Task An_app_that_the_EHR_launches_gets_the_patient_who_is_open()
    {
        await AddEhrAppAsync("app");
        var cookie = await ClinicianAsync("clinician1");
        var begun = await LaunchAsync("clinician1", "app", "Patient/sample-b");
        Assert.Equal(HttpStatusCode.Created, begun.Status);
        Assert.Equal(_server.Identity.Tokens.Issuer + "fhir", begun.Json.GetProperty("iss").GetString());
        var launch = begun.Json.GetProperty("launch").GetString()!;
        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var code = await LaunchedCodeAsync(cookie, verifier, launch);
        var tokens = await ExchangeAsync(code, verifier);
        Assert.Equal(HttpStatusCode.OK, tokens.Status);
        Assert.Equal("sample-b", tokens.Json.GetProperty("patient").GetString());
        Assert.True(tokens.Json.GetProperty("need_patient_banner").GetBoolean());
        var who = await WhoAsync(tokens.Json.GetProperty("access_token").GetString()!);
        Assert.Equal("Patient/sample-b", who.GetProperty("patient").GetString());
        // A launch is used once, and is no login and no token.
        Assert.Equal("", await LaunchedCodeAsync(cookie, verifier, launch));
        using var asToken = await _server.GetAsync("/whoami", launch);
        Assert.Equal(HttpStatusCode.Unauthorized, asToken.StatusCode);
    }

    [Fact]
    public async Task A_launch_of_somebody_else_or_for_another_app_or_none_gets_no_code()
    {
        await AddEhrAppAsync("app");
        await AddEhrAppAsync("other");
        var cookie = await ClinicianAsync("clinician1");
        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var foreign = (await LaunchAsync("clinician2", "app", "Patient/sample-b")).Json;
        var another = (await LaunchAsync("clinician1", "other", "Patient/sample-b")).Json;
        var over = (await LaunchAsync("clinician1", "app", "Patient/sample-b")).Json.GetProperty("launch").GetString()!;
        await _server.Identity.Sessions.EndAsync(over, default);
        foreach (
            var launch in new[]
            {
                foreign.GetProperty("launch").GetString(),
                another.GetProperty("launch").GetString(),
                over,
                cookie.Split('=')[1],
                "made-up",
                null,
            }
        )
            Assert.Equal("", await LaunchedCodeAsync(cookie, verifier, launch));
        // The parameter without the scope is no launch either.
        var mine = (await LaunchAsync("clinician1", "app", "Patient/sample-b")).Json.GetProperty("launch").GetString();
        Assert.Equal("", await LaunchedCodeAsync(cookie, verifier, mine, "patient/*.rs"));
        Assert.NotEqual("", await LaunchedCodeAsync(cookie, verifier, mine), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("patient1", "app", "Patient/sample-a", HttpStatusCode.Forbidden)]
    [InlineData("operator1", "app", "Patient/sample-a", HttpStatusCode.Forbidden)]
    [InlineData("clinician1", "nobody", "Patient/sample-a", HttpStatusCode.UnprocessableEntity)]
    [InlineData("clinician1", "app", "Group/x", HttpStatusCode.UnprocessableEntity)]
    [InlineData(null, "app", "Patient/sample-a", HttpStatusCode.Unauthorized)]
    public async Task Only_a_clinician_launches_an_app_that_is_registered(
        string? user,
        string app,
        string patient,
        HttpStatusCode expected
    )
    {
        await AddEhrAppAsync("app");
        Assert.Equal(expected, (await LaunchAsync(user, app, patient)).Status);
    }

    [Fact]
    public async Task The_SMART_configuration_lists_what_answers_and_what_OpenID_discovery_lists()
    {
        var smart = await _server.Http.GetFromJsonAsync<JsonElement>("/fhir/.well-known/smart-configuration");
        var openId = await _server.Http.GetFromJsonAsync<JsonElement>("/.well-known/openid-configuration");
        var issuer = smart.GetProperty("issuer").GetString()!;
        foreach (
            var endpoint in smart.EnumerateObject().Where(m => m.Name.EndsWith("_endpoint", StringComparison.Ordinal))
        )
        {
            Assert.Equal(openId.GetProperty(endpoint.Name).GetString(), endpoint.Value.GetString());
            using var answer = await _server.GetAsync("/" + endpoint.Value.GetString()![issuer.Length..], null);
            Assert.NotEqual(HttpStatusCode.NotFound, answer.StatusCode);
        }
        foreach (var name in new[] { "grant_types_supported", "code_challenge_methods_supported" })
            Assert.Equal(
                Strings(openId, name).Order(StringComparer.Ordinal),
                Strings(smart, name).Order(StringComparer.Ordinal),
                StringComparer.Ordinal
            );
        var scopes = Strings(smart, "scopes_supported").ToList();
        Assert.All(scopes, scope => Assert.True(Scopes.IsKnown(scope!), scope));
        Assert.Contains("launch-ehr", Strings(smart, "capabilities"), StringComparer.Ordinal);
        Assert.All(Scopes.Plain, plain => Assert.Contains(plain, scopes, StringComparer.Ordinal));
    }

    private async Task AddEhrAppAsync(string name)
    {
        string[] line = ["client", "add", name, "--redirect", Redirect, "--scope", "launch patient/*.rs user/*.rs"];
        var added = await CommandRun.Of([.. line, "--purpose", "TREAT", .. _server.Folder]);
        Assert.Equal((0, ""), (added.ExitCode, added.ExitCode == 0 ? "" : added.Error));
    }

    private async Task<(HttpStatusCode Status, JsonElement Json)> LaunchAsync(string? user, string app, string patient)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/launches");
        if (user is not null)
        {
            var purpose = user.StartsWith("patient", StringComparison.Ordinal) ? "PATRQT" : "TREAT";
            request.Headers.Authorization = new("Bearer", await _server.TokenAsync(user, purpose));
        }
        request.Content = JsonContent.Create(new { client = app, patient });
        using var answer = await _server.Http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    private async Task<string> LaunchedCodeAsync(string cookie, string verifier, string? launch, string scope = Scope)
    {
        var request = Request(verifier, scope);
        if (launch is not null)
            request["launch"] = launch;
        request["decision"] = "allow";
        request["purpose_of_use"] = "TREAT";
        using var answer = await SendAsync(HttpMethod.Post, "/connect/authorize", cookie, request);
        return Code().Match(answer.Headers.Location?.Query ?? "").Groups["code"].Value;
    }

    // With an authenticator, which clinicians have to have.
    private async Task<string> ClinicianAsync(string name)
    {
        var oneTime = (await CommandRun.Of(["user", "reset", name, .. _server.Folder])).Output.TrimEnd();
        var secret = RandomNumberGenerator.GetBytes(Totp.SecretSize);
        var fields = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["name"] = name,
            ["oneTime"] = oneTime,
            ["password"] = Password,
            ["secret"] = Convert.ToHexStringLower(secret),
            ["code"] = Totp.Code(secret, DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 30, 6),
        };
        using var chosen = await FormAsync("/account/password", fields);
        return CookieOf(chosen)!;
    }
}
