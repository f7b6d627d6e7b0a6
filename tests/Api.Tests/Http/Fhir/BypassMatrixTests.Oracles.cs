using System.Net;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>The rows of what could tell without being content: caches, error texts, jobs and links of others.</summary>
public sealed partial class BypassMatrixTests
{
    private static readonly (string Name, string Value)[] Conditions =
    [
        ("If-None-Match", "*"),
        ("If-None-Match", "W/\"1\""),
        ("If-None-Match", "W/\"9\""),
        ("If-Modified-Since", "Fri, 31 Dec 2100 00:00:00 GMT"),
        ("Accept", "text/html"),
    ];

    // Requests with something wrong in them; {0} is the patient's id.
    private static readonly (string Method, string Path, string? Body)[] Wrong =
    [
        ("GET", "Patient/{0}/_history/0", null),
        ("GET", "Patient/{0}/_history/2", null),
        ("GET", "Patient/{0}/_history?_count=0", null),
        ("GET", "Patient/{0}/_history?_page=AAAA", null),
        ("GET", "Patient/{0}/$everything?_count=0", null),
        ("GET", "Patient/{0}/$everything?_page=AAAA", null),
        ("GET", "Patient/{0}?_format=xml", null),
        ("GET", "Observation?patient={0}&nonsense=1", null),
        ("GET", "Observation?patient={0}&date=nonsense", null),
        ("GET", "Observation?patient={0}&_page=AAAA", null),
        ("GET", "Observation?patient={0}&code:nonsense=1", null),
        ("PUT", "Patient/{0}", "{"),
        ("PUT", "Patient/{0}", "[]"),
        ("PUT", "Patient/{0}", """{"resourceType":"Patient","id":"other"}"""),
        ("PUT", "Patient/{0}", """{"resourceType":"Observation","id":"{0}"}"""),
        ("PUT", "Patient/{0}", """{"resourceType":"Patient","id":"{0}","birthDate":"nonsense"}"""),
        ("PUT", "Patient/{0}", """{"resourceType":"Patient","id":"{0}","nonsense":true}"""),
        ("POST", "Patient/{0}/$everything", """{"resourceType":"Patient","id":"{0}"}"""),
        ("POST", "Patient/{0}/$analyze", """{"resourceType":"Patient","id":"{0}"}"""),
        ("POST", "Observation", """{"resourceType":"Observation","subject":{"reference":"Patient/{0}"}}"""),
    ];

    public static TheoryData<string> SituationNames { get; } = [.. Situations];

    [Theory]
    [MemberData(nameof(SituationNames))]
    public async Task What_a_client_has_cached_tells_nothing(string situation)
    {
        var (caller, patient) = await CallerAsync(situation);
        foreach (var path in new[] { "Patient/{0}", "Patient/{0}/_history/1" })
        {
            foreach (var condition in Conditions)
            {
                var there = await server.GetAsync(caller, Filled(path, patient), condition);
                Assert.True((int)there.Status >= 400, condition.ToString());
                Same(await server.GetAsync(caller, Filled(path, Absent), condition), there, patient);
            }
        }
        foreach (var condition in new[] { ("If-Match", "W/\"1\""), ("If-Match", "W/\"9\""), ("If-None-Match", "*") })
        {
            Task<FhirAnswer> Of(string id) =>
                server.SendAsync(
                    caller,
                    HttpMethod.Put,
                    "Patient/" + id,
                    $$"""{"resourceType":"Patient","id":"{{id}}"}""",
                    condition
                );
            var there = await Of(patient);
            Assert.True((int)there.Status >= 400, condition.ToString());
            Same(await Of(Absent), there, patient);
        }
    }

    [Theory]
    [MemberData(nameof(SituationNames))]
    public async Task An_error_s_text_tells_nothing(string situation)
    {
        var (caller, patient) = await CallerAsync(situation);
        foreach (var (method, path, body) in Wrong)
        {
            Task<FhirAnswer> Of(string id) =>
                server.SendAsync(
                    caller,
                    new HttpMethod(method),
                    Filled(path, id),
                    body is null ? null : Filled(body, id)
                );
            var there = await Of(patient);
            Assert.True((int)there.Status is >= 400 and < 500, path + there.Body);
            Same(await Of(Absent), there, patient);
        }
    }

    [Fact]
    public async Task Jobs_and_page_links_of_somebody_else_give_nothing()
    {
        var page = await server.GetAsync("clinician1", "Patient/sample-a/$everything?_count=2");
        var job = await ExportClient.KickOffAsync(server, "clinician1", "Patient/$export");
        var manifest = await ExportClient.ManifestAsync(server, "clinician1", job);
        var files = manifest
            .GetProperty("output")
            .EnumerateArray()
            .Select(o => o.GetProperty("url").GetString()!)
            .ToList();
        Assert.NotEmpty(files);
        foreach (var situation in Others)
        {
            var (caller, patient) = await CallerAsync(situation);
            // The same caller with narrower scopes has their own job, and of it what these cover.
            var isSameCaller = situation is "another launch context" or "a scope of another type";
            foreach (var path in files.Prepend(job).Prepend(page.Link("next")!))
            {
                var answer = await server.GetAsync(caller, path);
                Assert.True(isSameCaller || answer.Status != HttpStatusCode.OK, situation + path);
                if (path != job)
                    Assert.DoesNotContain(patient, answer.Body, StringComparison.Ordinal);
            }
        }
    }
}
