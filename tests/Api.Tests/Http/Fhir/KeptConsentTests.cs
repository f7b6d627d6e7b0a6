using System.Net;
using MedLedger.Api.Tests.Consents;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>What a server keeps of consents between requests holds no longer than the consents do.</summary>
[Collection("FHIR server")]
[Trait("threat", "revoked consent")]
public sealed class KeptConsentTests(FhirServer server) : IAsyncLifetime
{
    private const int Connections = 8;
    private static int _next;
    private readonly string _id = $"kept-{Interlocked.Increment(ref _next)}";
    private string _consent = "";

    private string Patient => "patient-" + _id;

    public async Task InitializeAsync()
    {
        await server.AddUserAsync(Patient, "Patient", "Patient/" + _id);
        await PutAsync("Patient/" + _id, $$"""{"resourceType":"Patient","id":"{{_id}}"}""");
        await PutAsync(
            $"Observation/{_id}-o",
            $$$"""
            {"resourceType":"Observation","id":"{{{_id}}}-o","status":"final","subject":{"reference":"Patient/{{{_id}}}"},
            "code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]}}
            """
        );
        var given = await GiveAsync(ConsentFolder.Consent("mine", ConsentFolder.First, "Patient/" + _id, []));
        _consent = given.Headers.Location!.ToString()[(server.BaseUrl.Length + 1)..];
        Assert.All(await ReadAllAsync(), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Single(await SearchAsync());
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_revoked_consent_denies_in_the_next_request_on_every_connection()
    {
        await RevokeAsync();
        Assert.All(await ReadAllAsync(), status => Assert.Equal(HttpStatusCode.NotFound, status));
        Assert.Empty(await SearchAsync());
    }

    [Fact]
    public async Task Nothing_that_is_asked_after_the_answer_to_a_revocation_is_permitted()
    {
        var isRevoked = false;
        using var stop = new CancellationTokenSource();
        async Task<int> KeepReadingAsync()
        {
            var wrong = 0;
            while (!stop.IsCancellationRequested)
            {
                var mustBeDenied = Volatile.Read(ref isRevoked);
                var status = (await server.GetAsync("clinician1", $"Observation/{_id}-o")).Status;
                wrong += mustBeDenied && status != HttpStatusCode.NotFound ? 1 : 0;
            }
            return wrong;
        }
        var readers = Enumerable.Range(0, Connections).Select(_ => KeepReadingAsync()).ToList();
        await RevokeAsync();
        Volatile.Write(ref isRevoked, true);
        Assert.All(await ReadAllAsync(), status => Assert.Equal(HttpStatusCode.NotFound, status));
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(readers), wrong => Assert.Equal(0, wrong));
    }

    [Fact]
    public async Task A_consent_that_forbids_counts_in_the_next_request_and_another_permits_again()
    {
        string[] exception = [ConsentFolder.NotCode("8480-6")];
        await GiveAsync(ConsentFolder.Consent("no", ConsentFolder.First, "Patient/" + _id, exception));
        Assert.All(await ReadAllAsync(), status => Assert.Equal(HttpStatusCode.NotFound, status));
        Assert.Empty(await SearchAsync());
        // The patient reads what nobody else may.
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(Patient, $"Observation/{_id}-o")).Status);
    }

    [Fact]
    public async Task A_revoked_consent_that_is_given_again_permits_again()
    {
        await RevokeAsync();
        Assert.All(await ReadAllAsync(), status => Assert.Equal(HttpStatusCode.NotFound, status));
        await GiveAsync(ConsentFolder.Consent("again", ConsentFolder.First, "Patient/" + _id, []));
        Assert.All(await ReadAllAsync(), status => Assert.Equal(HttpStatusCode.OK, status));
    }

    [Fact]
    public async Task A_label_that_the_patient_raises_counts_in_the_next_request()
    {
        const string NotPsychiatry =
            """{"type":"deny","securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]}""";
        await RevokeAsync();
        await GiveAsync(ConsentFolder.Consent("psy", ConsentFolder.First, "Patient/" + _id, [NotPsychiatry]));
        Assert.All(await ReadAllAsync(), status => Assert.Equal(HttpStatusCode.OK, status));
        var raised = await server.SendAsync(
            Patient,
            HttpMethod.Post,
            $"Observation/{_id}-o/$meta-add",
            LabelOperationTests.Meta("PSY")
        );
        Assert.True(raised.Status == HttpStatusCode.OK, raised.Body);
        Assert.All(await ReadAllAsync(), status => Assert.Equal(HttpStatusCode.NotFound, status));
        Assert.Empty(await SearchAsync());
    }

    [Fact]
    public async Task Whoever_else_asks_is_decided_on_alone()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician2", $"Observation/{_id}-o")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("patient1", $"Observation/{_id}-o")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("clinician1", $"Observation/{_id}-o")).Status);
        var other = await server.TokenAsync("clinician1", "HRESCH");
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(other, $"Observation/{_id}-o")).Status);
    }

    private async Task<HttpStatusCode[]> ReadAllAsync() =>
        await Task.WhenAll(
            Enumerable
                .Range(0, Connections)
                .Select(async _ => (await server.GetAsync("clinician1", $"Observation/{_id}-o")).Status)
        );

    private async Task<IReadOnlyList<string>> SearchAsync() =>
        (await server.GetAsync("clinician1", $"Observation?patient={_id}&code=http://loinc.org|8480-6")).Found();

    private async Task<FhirAnswer> GiveAsync(string consent)
    {
        var given = await server.SendAsync(Patient, HttpMethod.Post, "Consent/$fileConsent", consent);
        Assert.True(given.Status == HttpStatusCode.Created, given.Body);
        return given;
    }

    private async Task RevokeAsync()
    {
        var ended = await server.SendAsync(Patient, HttpMethod.Post, $"{_consent}/$revokeConsent");
        Assert.True(ended.Status == HttpStatusCode.OK, ended.Body);
    }

    private async Task PutAsync(string path, string body) =>
        Assert.Equal(HttpStatusCode.Created, (await server.SendAsync("ingest1", HttpMethod.Put, path, body)).Status);
}
