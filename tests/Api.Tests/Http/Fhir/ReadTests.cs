using System.Net;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Tests.Http.Fhir;

[Collection("FHIR server")]
public sealed class ReadTests(FhirServer server)
{
    [Fact]
    public async Task Without_a_token_only_metadata_answers()
    {
        var refused = await server.SendAsync(null, HttpMethod.Get, "Patient/sample-a");
        Assert.Equal((HttpStatusCode.Unauthorized, "login"), (refused.Status, refused.Issue));
        Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.ToString());
        var wrong = await server.GetAsync("ey.no.token", "Patient/sample-a");
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.Status);
        Assert.Equal("Bearer error=\"invalid_token\"", wrong.Headers.WwwAuthenticate.ToString());
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.SendAsync(null, HttpMethod.Post, "", "{}")).Status);
        var metadata = await server.SendAsync(null, HttpMethod.Get, "metadata?_summary=true");
        Assert.Equal(HttpStatusCode.OK, metadata.Status);
        Assert.Equal("application/fhir+json", metadata.Content.ContentType!.MediaType);
        Assert.Equal("4.0.1", metadata.Json.GetProperty("fhirVersion").GetString());
        Assert.NotNull(ResourceParser.TryParse(System.Text.Encoding.UTF8.GetBytes(metadata.Body), out _));
    }

    [Fact]
    public async Task The_consented_clinician_and_the_patient_read_a_record_and_its_version()
    {
        foreach (var user in new[] { "clinician1", "patient1" })
        {
            var read = await server.GetAsync(user, "Patient/sample-a");
            Assert.Equal(HttpStatusCode.OK, read.Status);
            Assert.Equal("W/\"1\"", read.Headers.ETag!.ToString());
            Assert.NotNull(read.Content.LastModified);
            Assert.Equal("1", read.Json.GetProperty("meta").GetProperty("versionId").GetString());
            Assert.NotNull(ResourceParser.TryParse(System.Text.Encoding.UTF8.GetBytes(read.Body), out _));

            var version = await server.GetAsync(user, "Patient/sample-a/_history/1");
            Assert.Equal(read.Body, version.Body);
            var history = await server.GetAsync(user, "Patient/sample-a/_history");
            Assert.Equal(["Patient/sample-a"], history.Found());
            Assert.Equal(1, history.Json.GetProperty("total").GetInt32());
        }
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await server.GetAsync("patient1", "Patient/sample-a/_history/2")).Status
        );
    }

    [Theory]
    [InlineData("clinician2", "Patient/sample-a", "no consent names this clinician")]
    [InlineData("clinician1", "Patient/sample-d", "this patient gave no consent")]
    [InlineData("patient1", "Patient/sample-b", "another patient")]
    public async Task A_denied_record_looks_exactly_like_none(string user, string denied, string why)
    {
        foreach (var path in new[] { "", "/_history/1", "/_history" })
        {
            var refused = await server.GetAsync(user, denied + path);
            var absent = await server.GetAsync(user, "Patient/nobody" + path);
            Assert.True(refused.Status == HttpStatusCode.NotFound, why);
            Assert.Equal((absent.Status, absent.Body), (refused.Status, refused.Body));
            Assert.Equal(Names(absent), Names(refused));
        }
    }

    [Theory]
    [InlineData("ingest1")]
    [InlineData("compliance1")]
    [InlineData("operator1")]
    public async Task Roles_that_read_no_content_get_the_same_refusal_for_everything(string user)
    {
        var there = await server.GetAsync(user, "Patient/sample-a");
        var absent = await server.GetAsync(user, "Patient/nobody");
        Assert.Equal((HttpStatusCode.Forbidden, there.Body), (there.Status, absent.Body));
    }

    [Fact]
    public async Task Conditional_reads_answer_304_and_formats_are_negotiated()
    {
        var known = await server.GetAsync("clinician1", "Patient/sample-a", ("If-None-Match", "W/\"1\""));
        Assert.Equal((HttpStatusCode.NotModified, ""), (known.Status, known.Body));
        var newer = await server.GetAsync("clinician1", "Patient/sample-a", ("If-None-Match", "W/\"7\""));
        Assert.Equal(HttpStatusCode.OK, newer.Status);
        var since = newer.Content.LastModified!.Value.ToString("R");
        Assert.Equal(
            HttpStatusCode.NotModified,
            (await server.GetAsync("clinician1", "Patient/sample-a", ("If-Modified-Since", since))).Status
        );
        var plain = await server.GetAsync("clinician1", "Patient/sample-a", ("Accept", "application/json"));
        Assert.Equal("application/json", plain.Content.ContentType!.MediaType);
        var medplum = await server.GetAsync(
            "clinician1",
            "Patient/sample-a",
            ("Accept", "application/fhir+json, */*; q=0.1")
        );
        Assert.Equal("application/fhir+json", medplum.Content.ContentType!.MediaType);
        var xml = await server.GetAsync("clinician1", "Patient/sample-a", ("Accept", "application/fhir+xml"));
        Assert.Equal(HttpStatusCode.NotAcceptable, xml.Status);
    }

    [Fact]
    public async Task A_type_that_does_not_exist_is_told()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician1", "Nonsense/1")).Status);
        Assert.Equal("not-supported", (await server.GetAsync("clinician1", "Nonsense")).Issue);
    }

    private static string Names(FhirAnswer answer) =>
        string.Join(',', answer.Headers.Concat(answer.Content).Select(h => h.Key).Order(StringComparer.Ordinal));
}
