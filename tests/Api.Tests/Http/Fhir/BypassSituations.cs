using System.Net;
using MedLedger.Api.Tests.Cli;
using MedLedger.Api.Tests.Consents;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Situations of the bypass matrix that somebody has to bring about first: who calls, and for which patient.</summary>
internal static class BypassSituations
{
    private const string Clinician = "Practitioner/clinician1";

    /// <summary>Their names.</summary>
    public static readonly string[] All =
    [
        "an expired consent",
        "a consent that begins tomorrow",
        "a revoked consent",
        "an emergency of another patient",
        "a related person without a power",
        "a compliance officer",
        "an operator",
        "a disabled account",
        .. BypassMinors.All,
    ];

    /// <summary>Who asks for whose records; nothing of them may be told.</summary>
    public static async Task<(string Caller, string Patient)> CallerAsync(FhirServer server, string situation)
    {
        switch (situation)
        {
            case "an expired consent":
                await server.OnceAsync(situation, () => ExpiredAsync(server));
                return ("clinician1", "bypass-expired");
            case "a consent that begins tomorrow":
                await server.OnceAsync(situation, () => TomorrowAsync(server));
                return ("clinician1", "bypass-tomorrow");
            case "a revoked consent":
                await server.OnceAsync(situation, () => RevokedAsync(server));
                return ("clinician1", "bypass-revoked");
            case "an emergency of another patient":
                await server.OnceAsync(situation, () => EmergencyAsync(server));
                return (await server.TokenAsync("bypass-er", "BTG"), "sample-d");
            case "a related person without a power":
                await server.OnceAsync(
                    situation,
                    () => server.AddUserAsync("bypass-rel", "RelatedPerson", "RelatedPerson/bypass-rel")
                );
                return (await server.TokenAsync("bypass-rel", "FAMRQT"), "sample-a");
            case "a compliance officer":
                return ("compliance1", "sample-a");
            case "an operator":
                return ("operator1", "sample-a");
            case "a disabled account":
                await server.OnceAsync(situation, () => DisabledAsync(server));
                return (await server.TokenAsync("bypass-off"), "sample-a");
            case var minor when BypassMinors.All.Contains(minor, StringComparer.Ordinal):
                return await BypassMinors.CallerAsync(server, minor);
            default:
                throw new ArgumentOutOfRangeException(nameof(situation), situation, "Nobody brings it about.");
        }
    }

    /// <summary>A patient with an account, three Observations and this Consent for clinician1.</summary>
    public static async Task PatientAsync(FhirServer server, string id, string consent)
    {
        await server.AddUserAsync("patient-" + id, "Patient", "Patient/" + id);
        var patient = $$"""{"resourceType":"Patient","id":"{{id}}"}""";
        Assert.Equal(HttpStatusCode.Created, (await PutAsync(server, "Patient/" + id, patient)).Status);
        for (var i = 0; i < 3; i++)
        {
            var observation = $$$"""
                {"resourceType":"Observation","id":"{{{id}}}-{{{i}}}","status":"final","code":{"text":"x"},
                "subject":{"reference":"Patient/{{{id}}}"}}
                """;
            Assert.Equal(HttpStatusCode.Created, (await PutAsync(server, $"Observation/{id}-{i}", observation)).Status);
        }
        var given = await server.SendAsync("patient-" + id, HttpMethod.Post, server.Beside("/consents"), consent);
        Assert.True(given.Status == HttpStatusCode.Created, given.Body);
    }

    /// <summary>A Consent for clinician1 with more in its rule.</summary>
    public static string Consent(string id, string rule) =>
        ConsentFolder
            .Consent(id + "-c", Clinician, "Patient/" + id, [])
            .Replace(
                "\"provision\":{\"type\":\"permit\",",
                "\"provision\":{\"type\":\"permit\"," + rule,
                StringComparison.Ordinal
            );

    private static Task<FhirAnswer> PutAsync(FhirServer server, string path, string body) =>
        server.SendAsync("ingest1", HttpMethod.Put, path, body);

    private static Task ExpiredAsync(FhirServer server) =>
        PatientAsync(
            server,
            "bypass-expired",
            Consent("bypass-expired", """ "period":{"start":"2026-01-01","end":"2026-01-31"},""")
        );

    private static Task TomorrowAsync(FhirServer server)
    {
        var day = DateTime.UtcNow.AddDays(2).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        return PatientAsync(
            server,
            "bypass-tomorrow",
            Consent("bypass-tomorrow", $$"""  "period":{"start":"{{day}}"},""")
        );
    }

    // Also between two pages: what the first one's link says does not hold any more.
    private static async Task RevokedAsync(FhirServer server)
    {
        await PatientAsync(server, "bypass-revoked", Consent("bypass-revoked", ""));
        var page = await server.GetAsync("clinician1", "Observation?patient=bypass-revoked&_count=1");
        Assert.Single(page.Found());
        Assert.Single((await server.GetAsync("clinician1", page.Link("next")!)).Found());
        var all = await server.GetAsync("clinician1", "Patient/bypass-revoked/$everything?_count=1");
        Assert.Single((await server.GetAsync("clinician1", all.Link("next")!)).Found());
        var ended = await server.SendAsync(
            "patient-bypass-revoked",
            HttpMethod.Delete,
            server.Beside("/consents/bypass-revoked-c")
        );
        Assert.Equal(HttpStatusCode.OK, ended.Status);
        Assert.Empty((await server.GetAsync("clinician1", page.Link("next")!)).Found());
        var rest = await server.GetAsync("clinician1", all.Link("next")!);
        Assert.Equal(HttpStatusCode.NotFound, rest.Status);
    }

    private static async Task EmergencyAsync(FhirServer server)
    {
        await server.AddUserAsync("bypass-er", "Clinician", "Practitioner/bypass-er", "PractitionerRole/er");
        const string Patient = """{"resourceType":"Patient","id":"bypass-other"}""";
        Assert.Equal(HttpStatusCode.Created, (await PutAsync(server, "Patient/bypass-other", Patient)).Status);
        var token = await server.TokenAsync("bypass-er", "BTG");
        var declared = await server.SendAsync(
            token,
            HttpMethod.Post,
            server.Beside("/emergencies"),
            """{"patient":"Patient/bypass-other","reason":"unconscious, allergies not known","minutes":15}""",
            ("Content-Type", "application/json")
        );
        Assert.True(declared.Status == HttpStatusCode.Created, declared.Body);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(token, "Patient/bypass-other")).Status);
    }

    private static async Task DisabledAsync(FhirServer server)
    {
        await server.AddUserAsync("bypass-off", "Clinician", "Practitioner/bypass-off");
        var token = await server.TokenAsync("bypass-off");
        Assert.NotEqual(HttpStatusCode.Unauthorized, (await server.GetAsync(token, "Patient/sample-a")).Status);
        await server.RunAsync("user", "disable", "bypass-off");
        await Task.Delay(Api.Identity.Sessions.Staleness);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync(token, "Patient/sample-a")).Status);
    }
}
