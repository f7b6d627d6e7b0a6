using System.Net;
using System.Text.Json;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Break-glass over HTTP: declared, limited, logged first, told to the patient, signed off.</summary>
[Collection("FHIR server")]
[Trait("threat", "clinician with a valid account")]
public sealed class EmergencyTests(FhirServer server) : IAsyncLifetime
{
    private const string Reason = "unconscious after a fall, allergies not known";
    private static int _next;
    private readonly int _number = Interlocked.Increment(ref _next);

    private string Id => $"emergency-{_number}";

    private string Declarer => $"er{_number}";

    private string Patient => $"patient-er{_number}";

    public async Task InitializeAsync()
    {
        await server.AddUserAsync(Declarer, "Clinician", $"Practitioner/{Declarer}", "PractitionerRole/er");
        await server.AddUserAsync(Patient, "Patient", $"Patient/{Id}");
        var made = await server.SendAsync(
            "ingest1",
            HttpMethod.Put,
            $"Patient/{Id}",
            $$"""{"resourceType":"Patient","id":"{{Id}}"}"""
        );
        Assert.Equal(HttpStatusCode.Created, made.Status);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_declared_emergency_opens_one_patients_records_to_its_declarer_until_it_ends()
    {
        var token = await server.TokenAsync(Declarer, "BTG");
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync(token));
        var emergency = await DeclareAsync(token);
        var entry = emergency.GetProperty("log").GetInt64();
        Assert.Equal(JsonValueKind.Object, emergency.GetProperty("receipt").ValueKind); // in the signed log already

        Assert.Equal(HttpStatusCode.OK, await ReadAsync(token));
        Assert.Equal([$"Patient/{Id}"], (await server.GetAsync(token, $"Patient?_id={Id}")).Found());
        Assert.Equal(HttpStatusCode.OK, await ReadAsync(await server.TokenAsync(Declarer, "ETREAT")));
        // nobody else, nobody else's, for no other purpose
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(token, "Patient/sample-d")).Status);
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync(await server.TokenAsync("clinician1", "BTG")));
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync(Declarer));
        // to read, never to write or to prove
        var write = await server.SendAsync(
            token,
            HttpMethod.Put,
            $"Patient/{Id}",
            $$"""{"resourceType":"Patient","id":"{{Id}}","active":false}"""
        );
        Assert.Contains(write.Status, new[] { HttpStatusCode.NotFound, HttpStatusCode.Forbidden });
        await NoAnalysisAsync(token);

        var id = emergency.GetProperty("id").GetString()!;
        var other = await server.SendAsync(await OtherAsync(), HttpMethod.Delete, Path(id));
        Assert.Equal(HttpStatusCode.NotFound, other.Status);
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync(token, HttpMethod.Delete, Path(id))).Status);
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync(token));

        var told = Assert.Single(await ListAsync(Patient));
        Assert.Equal((Reason, entry), (told.GetProperty("reason").GetString(), told.GetProperty("log").GetInt64()));
        Assert.Contains(
            $"Patient/{Id}",
            told.GetProperty("opened").EnumerateArray().Select(o => o.GetString()!),
            StringComparer.Ordinal
        );
        var audit = await server.GetAsync(Patient, server.Beside("/audit"));
        Assert.Contains(audit.Json.EnumerateArray(), e => e.GetProperty("action").GetString() == "BreakGlass");
    }

    [Fact]
    public async Task Who_holds_no_emergency_role_or_says_no_reason_declares_nothing()
    {
        var token = await server.TokenAsync(Declarer, "BTG");
        Assert.Equal(HttpStatusCode.Unauthorized, (await TryAsync(null)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await TryAsync(await server.TokenAsync("clinician1", "BTG"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await TryAsync(Patient)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await TryAsync("compliance1")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await TryAsync(Declarer)).Status); // a token for TREAT
        var context = await server.ScopedTokenAsync(Declarer, "patient/*.rs", "Patient/sample-b", "BTG");
        Assert.Equal(HttpStatusCode.Forbidden, (await TryAsync(context)).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TryAsync(token, reason: "why not")).Status);
        // It stands in AuditEvents, whose text has no control characters.
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TryAsync(token, reason: Reason + "\0.")).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TryAsync(token, minutes: 0)).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TryAsync(token, minutes: 31)).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TryAsync(token, patient: "Group/g")).Status);
        Assert.Empty(await ListAsync(Patient));
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync(token));
    }

    [Fact]
    public async Task A_patient_who_forbids_it_is_not_to_be_told_from_one_who_does_not_exist()
    {
        var token = await server.TokenAsync(Declarer, "BTG");
        var emergency = await DeclareAsync(token);
        Assert.Equal(HttpStatusCode.OK, await ReadAsync(token));
        var dissent = await server.SendAsync(Patient, HttpMethod.Post, server.Beside("/consents"), Dissent());
        Assert.Equal(
            (HttpStatusCode.Created, ""),
            (dissent.Status, dissent.Status == HttpStatusCode.Created ? "" : dissent.Body)
        );

        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync(token)); // the one that was declared opens no more either
        var (forbidden, absent) = (await TryAsync(token), await TryAsync(token, patient: "Patient/nobody-1"));
        Assert.Equal((HttpStatusCode.Forbidden, absent.Body), (forbidden.Status, forbidden.Body));
        Assert.Equal(absent.Status, forbidden.Status);
        var audit = await server.GetAsync(Patient, server.Beside("/audit"));
        Assert.Contains(
            audit.Json.EnumerateArray(),
            e =>
                e.GetProperty("action").GetString() == "BreakGlass"
                && e.GetProperty("decision").GetString() == "Refused"
                && e.GetProperty("reason").GetString() == "Forbidden"
        );
        Assert.Equal(
            emergency.GetProperty("id").GetString(),
            Assert.Single(await ListAsync(Patient)).GetProperty("id").GetString()
        );
    }

    [Fact]
    public async Task Compliance_signs_it_off_once_and_an_unjustified_one_ends()
    {
        var token = await server.TokenAsync(Declarer, "BTG");
        var id = (await DeclareAsync(token)).GetProperty("id").GetString()!;
        Assert.Contains(await ListAsync("compliance1", "?waiting=true"), e => e.GetProperty("id").GetString() == id);
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await server.GetAsync("operator1", server.Beside("/emergencies"))).Status
        );

        Assert.Equal(HttpStatusCode.Forbidden, await ReviewAsync(token, id, "justified", "mine"));
        Assert.Equal(HttpStatusCode.Forbidden, await ReviewAsync(Patient, id, "justified", "mine"));
        Assert.Equal(HttpStatusCode.NotFound, await ReviewAsync("compliance1", new string('0', 32), "justified", "x"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await ReviewAsync("compliance1", id, "fine", "x"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await ReviewAsync("compliance1", id, "justified", " "));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await ReviewAsync("compliance1", id, "justified", "a\u001bb"));
        Assert.Equal(HttpStatusCode.OK, await ReadAsync(token));
        Assert.Equal(HttpStatusCode.OK, await ReviewAsync("compliance1", id, "unjustified", "there was no emergency"));
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync(token));
        Assert.Equal(HttpStatusCode.Forbidden, await ReviewAsync("compliance1", id, "justified", "changed my mind"));

        Assert.DoesNotContain(
            await ListAsync("compliance1", "?waiting=true"),
            e => e.GetProperty("id").GetString() == id
        );
        var told = Assert.Single(await ListAsync(Patient)).GetProperty("review");
        Assert.Equal("unjustified", told.GetProperty("outcome").GetString());
        Assert.Equal("there was no emergency", told.GetProperty("note").GetString());
    }

    private string Path(string id) => server.Beside($"/emergencies/{id}");

    private async Task<HttpStatusCode> ReadAsync(string caller) =>
        (await server.GetAsync(caller, $"Patient/{Id}")).Status;

    private Task<FhirAnswer> TryAsync(
        string? caller,
        string? patient = null,
        string reason = Reason,
        int? minutes = null
    ) =>
        server.SendAsync(
            caller,
            HttpMethod.Post,
            server.Beside("/emergencies"),
            JsonSerializer.Serialize(
                new
                {
                    patient = patient ?? $"Patient/{Id}",
                    reason,
                    minutes,
                }
            ),
            ("Content-Type", "application/json")
        );

    private async Task<JsonElement> DeclareAsync(string token)
    {
        var answer = await TryAsync(token);
        Assert.Equal(
            (HttpStatusCode.Created, ""),
            (answer.Status, answer.Status == HttpStatusCode.Created ? "" : answer.Body)
        );
        return answer.Json;
    }

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string caller, string query = "") =>
        [.. (await server.GetAsync(caller, server.Beside("/emergencies" + query))).Json.EnumerateArray()];

    private async Task<HttpStatusCode> ReviewAsync(string caller, string id, string outcome, string note) =>
        (
            await server.SendAsync(
                caller,
                HttpMethod.Post,
                Path(id) + "/review",
                JsonSerializer.Serialize(new { outcome, note }),
                ("Content-Type", "application/json")
            )
        ).Status;

    private async Task<string> OtherAsync()
    {
        var name = $"er-other{_number}";
        await server.AddUserAsync(name, "Clinician", $"Practitioner/{name}", "PractitionerRole/er");
        return await server.TokenAsync(name, "BTG");
    }

    private async Task NoAnalysisAsync(string token)
    {
        var asked = await server.SendAsync(
            token,
            HttpMethod.Post,
            server.Beside("/analyses"),
            JsonSerializer.Serialize(new { patient = $"Patient/{Id}" }),
            ("Content-Type", "application/json")
        );
        Assert.NotEqual(HttpStatusCode.Accepted, asked.Status);
    }

    private string Dissent() =>
        $$$"""
            {"resourceType":"Consent","id":"no-glass-{{{_number}}}","status":"active",
             "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
             "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
             "patient":{"reference":"Patient/{{{Id}}}"},"dateTime":"2026-01-01T00:00:00Z",
             "policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTIN"}]},
             "provision":{"type":"deny","purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"BTG"}]}}
            """;
}
