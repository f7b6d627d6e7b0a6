using System.Net;
using MedLedger.Api.Tests.Consents;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Labels by codes and by text, why they are there, and what a patient raises.</summary>
[Collection("FHIR server")]
public sealed class LabelOperationTests(FhirServer server) : IAsyncLifetime
{
    private const string ActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    private static int _next;
    private readonly string _id = $"labels-{Interlocked.Increment(ref _next)}";

    private string Patient => "patient-" + _id;

    /// <summary>Parameters of <c>$meta-add</c> and <c>$meta-delete</c> with one label.</summary>
    public static string Meta(string code, string system = ActCode) =>
        $$$"""
            {"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"security":[
            {"system":"{{{system}}}","code":"{{{code}}}"}]}}]}
            """;

    public async Task InitializeAsync()
    {
        await server.AddUserAsync(Patient, "Patient", "Patient/" + _id);
        await PutAsync("Patient", _id, "\"active\":true");
        await ObservationAsync("plain", "The patient has diabetes and takes metformin.");
        await ObservationAsync("text", "Known HIV infection, on dolutegravir.");
        await ObservationAsync("denied", "She denies cocaine and heroin use.");
        await ObservationAsync("use", "She has opioid use disorder and uses heroin daily.");
        const string NotPsy =
            $$$"""{"type":"deny","securityLabel":[{"system":"{{{ActCode}}}","code":"PSY"},{"system":"{{{ActCode}}}","code":"HIV"}]}""";
        var consent = ConsentFolder.Consent(_id + "-c", ConsentFolder.First, "Patient/" + _id, [NotPsy]);
        var given = await server.SendAsync(Patient, HttpMethod.Post, server.Beside("/consents"), consent);
        Assert.True(given.Status == HttpStatusCode.Created, given.Body);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task What_the_model_finds_in_a_text_labels_it_and_the_consent_keeps_it_closed()
    {
        Assert.Equal(HttpStatusCode.OK, await ReadAsync("plain"));
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync("text"));
        Assert.Equal(HttpStatusCode.OK, await ReadAsync("denied")); // the consent says nothing of substance use
        var text = await MetaAsync("text");
        Assert.Contains("\"HIV\"", text, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"R\"", text, StringComparison.Ordinal); // the confidentiality that follows
        Assert.Contains("follows from its other labels", text, StringComparison.Ordinal);
        Assert.Contains("a rule of this server", text, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"hiv-words\"", text, StringComparison.Ordinal);
        Assert.Contains("\"version\":\"3\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("security", await MetaAsync("plain"), StringComparison.Ordinal);
        // What somebody denies is no substance use.
        Assert.DoesNotContain("security", await MetaAsync("denied"), StringComparison.Ordinal);
        Assert.Contains("\"SUD\"", await MetaAsync("use"), StringComparison.Ordinal);
        // Others see labels, not why.
        var seen = await server.GetAsync("clinician1", $"Observation/{_id}-use/$meta");
        Assert.Contains("\"SUD\"", seen.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("extension", seen.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_patient_raises_a_label_on_all_versions_and_takes_it_back_but_not_below_the_rules()
    {
        Assert.Equal(HttpStatusCode.OK, await ReadAsync("plain"));
        Assert.Equal(HttpStatusCode.OK, await ReadAsync("plain", "/_history/1"));
        var added = await ChangeAsync(Patient, "plain", "$meta-add", Meta("PSY"));
        Assert.True(added.Status == HttpStatusCode.OK, added.Body);
        Assert.Contains("raised by the patient", added.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync("plain"));
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync("plain", "/_history/1"));
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(Patient, $"Observation/{_id}-plain")).Status);

        var deleted = await ChangeAsync(Patient, "plain", "$meta-delete", Meta("PSY"));
        Assert.Equal(HttpStatusCode.OK, deleted.Status);
        Assert.Equal(HttpStatusCode.OK, await ReadAsync("plain"));
        // What the rules say stays, and so does what follows from it.
        Assert.Equal(HttpStatusCode.OK, (await ChangeAsync(Patient, "text", "$meta-delete", Meta("HIV"))).Status);
        Assert.Contains("\"HIV\"", await MetaAsync("text"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync("text"));
        var log = await server.GetAsync(Patient, server.Beside("/audit"));
        Assert.Contains(
            log.Json.EnumerateArray(),
            e =>
                e.GetProperty("action").GetString() == "Relabelled"
                && e.GetProperty("agent").GetString() == "Patient/" + _id
        );
    }

    [Fact]
    public async Task What_a_patient_raised_stays_on_the_versions_that_others_write()
    {
        Assert.Equal(HttpStatusCode.OK, (await ChangeAsync(Patient, "plain", "$meta-add", Meta("SEX"))).Status);
        var update = Body("Observation", _id + "-plain", Observed("Changed."));
        var put = await server.SendAsync("clinician1", HttpMethod.Put, $"Observation/{_id}-plain", update);
        Assert.True(put.Status == HttpStatusCode.OK, put.Body);
        var meta = await MetaAsync("plain");
        Assert.Contains("\"versionId\":\"2\"", meta, StringComparison.Ordinal);
        Assert.Contains("\"SEX\"", meta, StringComparison.Ordinal);
        Assert.Contains("raised by the patient", meta, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_else_raises_and_nothing_lowers()
    {
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await ChangeAsync("clinician1", "plain", "$meta-add", Meta("PSY"))).Status
        );
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await ChangeAsync("patient1", "plain", "$meta-add", Meta("PSY"))).Status
        );
        foreach (var who in new[] { "ingest1", "compliance1", "operator1" })
            Assert.Equal(HttpStatusCode.Forbidden, (await ChangeAsync(who, "plain", "$meta-add", Meta("PSY"))).Status);
        const string Confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
        string[] wrong =
        [
            Meta("N", Confidentiality),
            Meta("NOTHING"),
            Meta("PSY", "http://example.org"),
            """{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"code":"x"}]}}]}""",
            """{"resourceType":"Parameters","parameter":[{"name":"meta","valueString":"x"}]}""",
        ];
        foreach (var body in wrong)
        {
            var refused = await ChangeAsync(Patient, "plain", "$meta-add", body);
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid"), (refused.Status, refused.Issue));
        }
        Assert.DoesNotContain("security", await MetaAsync("plain"), StringComparison.Ordinal);
    }

    private static string Observed(string note) =>
        $$"""
            "status":"final","code":{"text":"x"},"performer":[{"reference":"Practitioner/p"}],
            "subject":{"reference":"PATIENT"},"note":[{"text":"{{note}}"}]
            """;

    private string Body(string type, string id, string members) =>
        $"{{\"resourceType\":\"{type}\",\"id\":\"{id}\",{members}}}".Replace(
            "PATIENT",
            "Patient/" + _id,
            StringComparison.Ordinal
        );

    private Task ObservationAsync(string name, string note) => PutAsync("Observation", $"{_id}-{name}", Observed(note));

    private async Task PutAsync(string type, string id, string members)
    {
        var made = await server.SendAsync("ingest1", HttpMethod.Put, $"{type}/{id}", Body(type, id, members));
        Assert.True(made.Status == HttpStatusCode.Created, made.Body);
    }

    private async Task<HttpStatusCode> ReadAsync(string name, string more = "") =>
        (await server.GetAsync("clinician1", $"Observation/{_id}-{name}{more}")).Status;

    private async Task<string> MetaAsync(string name)
    {
        var answer = await server.GetAsync(Patient, $"Observation/{_id}-{name}/$meta");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
        return answer.Body;
    }

    private Task<FhirAnswer> ChangeAsync(string who, string name, string operation, string body) =>
        server.SendAsync(who, HttpMethod.Post, $"Observation/{_id}-{name}/{operation}", body);
}
