using System.Net;
using MedLedger.Api.Tests.Consents;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Consents by the operations of HL7 FAST consent: the same rules as at <c>/consents</c>.</summary>
[Collection("FHIR server")]
public sealed class ConsentOperationTests(FhirServer server) : IAsyncLifetime
{
    private static int _next;
    private readonly string _id = $"filed-{Interlocked.Increment(ref _next)}";

    private string Patient => "patient-" + _id;

    public async Task InitializeAsync()
    {
        await server.AddUserAsync(Patient, "Patient", "Patient/" + _id);
        var made = await server.SendAsync(
            "ingest1",
            HttpMethod.Put,
            "Patient/" + _id,
            $$"""{"resourceType":"Patient","id":"{{_id}}"}"""
        );
        Assert.Equal(HttpStatusCode.Created, made.Status);
        var observation = $$$"""
            {"resourceType":"Observation","id":"{{{_id}}}-o","status":"final","code":{"text":"x"},
            "subject":{"reference":"Patient/{{{_id}}}"}}
            """;
        var written = await server.SendAsync("ingest1", HttpMethod.Put, $"Observation/{_id}-o", observation);
        Assert.Equal(HttpStatusCode.Created, written.Status);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_consent_is_filed_with_its_documents_and_revoked_by_type_or_by_instance()
    {
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync());
        var filed = await FileAsync(Patient, Parameters(Consent(), Document("document"), Answers("questionnaire")));
        Assert.True(filed.Status == HttpStatusCode.Created, filed.Body);
        Assert.Equal("informational", filed.Issue);
        Assert.Equal(HttpStatusCode.OK, await ReadAsync());
        var consent = filed.Headers.Location!.ToString()[(server.BaseUrl.Length + 1)..];
        Assert.DoesNotContain("mine", consent, StringComparison.Ordinal); // the id is the server's
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(Patient, consent)).Status);
        Assert.Single((await server.GetAsync(Patient, $"DocumentReference?subject=Patient/{_id}")).Found());
        Assert.Single((await server.GetAsync(Patient, $"QuestionnaireResponse?subject=Patient/{_id}")).Found());

        var ended = await RevokeAsync(Patient, $"{consent}/$revokeConsent", null);
        Assert.True(ended.Status == HttpStatusCode.OK, ended.Body);
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync());

        var again = await FileAsync(Patient, Consent()); // without Parameters
        Assert.Equal(HttpStatusCode.Created, again.Status);
        Assert.Equal(HttpStatusCode.OK, await ReadAsync());
        var second = again.Headers.Location!.ToString()[(server.BaseUrl.Length + 1)..];
        Assert.Equal(HttpStatusCode.NotFound, (await RevokeAsync("patient1", Path, Named(second, _id))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await RevokeAsync(Patient, Path, Named(second, "sample-a"))).Status);
        Assert.Equal(HttpStatusCode.OK, await ReadAsync());
        Assert.Equal(HttpStatusCode.OK, (await RevokeAsync(Patient, Path, Named(second, _id))).Status);
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync());
    }

    [Theory]
    [InlineData("PractitionerRole/ward-7")]
    [InlineData("Organization/clinic-7")]
    public async Task A_consent_for_a_role_or_an_organization_lets_in_who_acts_for_it(string actor)
    {
        var name = "acts-" + _id;
        await server.AddUserAsync(
            name,
            "Clinician",
            "Practitioner/" + name,
            "PractitionerRole/ward-7",
            "Organization/clinic-7"
        );
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(name, $"Observation/{_id}-o")).Status);
        var consent = ConsentFolder.Consent("role", actor, "Patient/" + _id, []);
        Assert.Equal(HttpStatusCode.Created, (await FileAsync(Patient, consent)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(name, $"Observation/{_id}-o")).Status);
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync()); // who acts for another one, or for none
    }

    [Fact]
    public async Task Nothing_is_filed_for_others_or_in_part()
    {
        foreach (var who in new[] { "patient1", "clinician1", "compliance1", "operator1", "ingest1" })
            Assert.Equal(HttpStatusCode.Forbidden, (await FileAsync(who, Consent())).Status);
        var narrow = await server.ScopedTokenAsync(Patient, "patient/Observation.cruds", null, "PATRQT");
        Assert.Equal(HttpStatusCode.Forbidden, (await FileAsync(narrow, Consent())).Status);
        string[] wrong =
        [
            Parameters(Consent(), Document("document").Replace(_id, "sample-a", StringComparison.Ordinal)),
            Parameters(Consent(), Parameter("document", $$"""{"resourceType":"Patient","id":"{{_id}}"}""")),
            Parameters(Consent(), Consent("consent")),
            """{"resourceType":"Parameters","parameter":[]}""",
            Document("x").Replace("\"name\":\"x\",\"resource\":", "", StringComparison.Ordinal),
        ];
        foreach (var body in wrong)
        {
            var refused = await FileAsync(Patient, body);
            Assert.True((int)refused.Status is 400 or 422, refused.Body);
        }
        Assert.Equal(HttpStatusCode.BadRequest, (await FileAsync(Patient, Parameters(Consent(), Consent("x")))).Status);
        Assert.Empty((await server.GetAsync(Patient, $"DocumentReference?subject=Patient/{_id}")).Found());
        Assert.Empty((await server.GetAsync(Patient, $"Consent?patient={_id}")).Found());
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync());
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await RevokeAsync(Patient, Path, """{"resourceType":"Parameters"}""")).Status
        );
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await RevokeAsync(Patient, "Consent/no-such/$revokeConsent", null)).Status
        );
    }

    [Fact]
    public async Task The_CapabilityStatement_names_the_operations_with_their_definitions()
    {
        var all = (await server.SendAsync(null, HttpMethod.Get, "metadata")).Json.GetProperty("rest")[0];
        var named = all.GetProperty("resource")
            .EnumerateArray()
            .Where(r => r.TryGetProperty("operation", out _))
            .SelectMany(r =>
                r.GetProperty("operation")
                    .EnumerateArray()
                    .Select(o => $"{r.GetProperty("type").GetString()} {o.GetProperty("name").GetString()}")
            )
            .ToList();
        foreach (var one in new[] { "Consent fileConsent", "Consent revokeConsent", "AuditEvent recordDisclosure" })
            Assert.Contains(one, named, StringComparer.Ordinal);
    }

    private const string Path = "Consent/$revokeConsent";

    private string Consent() => ConsentFolder.Consent("mine", ConsentFolder.First, "Patient/" + _id, []);

    private string Consent(string name) => Parameter(name, Consent());

    private static string Parameters(string consent, params string[] more) =>
        "{\"resourceType\":\"Parameters\",\"parameter\":["
        + string.Join(',', [Parameter("Consent", consent), .. more])
        + "]}";

    private static string Parameter(string name, string resource) => $"{{\"name\":\"{name}\",\"resource\":{resource}}}";

    private string Document(string name) =>
        Parameter(
            name,
            $$$"""
            {"resourceType":"DocumentReference","status":"current","subject":{"reference":"Patient/{{{_id}}}"},
            "content":[{"attachment":{"contentType":"text/plain","data":"c2lnbmVk"}}]}
            """
        );

    private string Answers(string name) =>
        Parameter(
            name,
            $$$"""{"resourceType":"QuestionnaireResponse","status":"completed","subject":{"reference":"Patient/{{{_id}}}"}}"""
        );

    private static string Named(string consent, string patient) =>
        $$$"""
            {"resourceType":"Parameters","parameter":[
            {"name":"consent","valueReference":{"reference":"{{{consent}}}"}},
            {"name":"patient","valueReference":{"reference":"Patient/{{{patient}}}"}}]}
            """;

    private async Task<HttpStatusCode> ReadAsync() =>
        (await server.GetAsync("clinician1", $"Observation/{_id}-o")).Status;

    private Task<FhirAnswer> FileAsync(string who, string body) =>
        server.SendAsync(who, HttpMethod.Post, "Consent/$fileConsent", body);

    private Task<FhirAnswer> RevokeAsync(string who, string path, string? body) =>
        server.SendAsync(who, HttpMethod.Post, path, body);
}
