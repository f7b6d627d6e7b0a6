using System.Net;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Media types, versions of FHIR and preferences, as headers and <c>_format</c> name them.</summary>
[Collection("FHIR server")]
public sealed class NegotiationTests(FhirServer server)
{
    private const string Fhir = "application/fhir+json";
    private const string Plain = "application/json";
    private const string Observation = """
        {"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/sample-a"}}
        """;

    [Theory]
    [InlineData("Application/FHIR+JSON", Fhir)]
    [InlineData("APPLICATION/JSON", Plain)]
    [InlineData("application/fhir+json; fhirVersion=4.0", Fhir)]
    [InlineData("application/fhir+json; fhirVersion=3.0", null)]
    [InlineData("application/fhir+json; fhirVersion=3.0, application/json;q=0.5", Plain)]
    [InlineData("application/fhir+json; fhirVersion=\"4.0\"", Fhir)]
    [InlineData("application/fhir+ndjson", null)]
    [InlineData("application/fhir+xml", null)]
    public async Task What_is_accepted_is_what_is_answered(string accept, string? expected) =>
        AssertType(await server.GetAsync("clinician1", "Patient/sample-a", ("Accept", accept)), expected);

    [Theory]
    [InlineData("JSON", Fhir)]
    [InlineData("application/fhir json", Fhir)]
    [InlineData("Application/fhir%2Bjson", Fhir)]
    [InlineData("application/fhir+json;fhirVersion=4.0", Fhir)]
    [InlineData("application/json;charset=utf-8", Plain)]
    [InlineData("application/fhir+json;fhirVersion=5.0", null)]
    [InlineData("xml", null)]
    [InlineData("", null)]
    public async Task The_parameter_names_the_format_like_the_header(string format, string? expected) =>
        AssertType(
            await server.GetAsync("clinician1", "Patient/sample-a?_format=" + format, ("Accept", "text/html")),
            expected
        );

    [Theory]
    [InlineData("Application/FHIR+json", 201)]
    [InlineData("application/fhir+json; charset=\"UTF-8\"", 201)]
    [InlineData("application/fhir+json; fhirVersion=4.0", 201)]
    [InlineData("application/fhir+json; fhirVersion=3.0", 415)]
    [InlineData("application/fhir+json; charset=\"utf-16\"", 415)]
    public async Task What_a_body_says_to_be_decides_whether_it_is_read(string type, int status)
    {
        var answer = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Observation",
            Observation,
            ("Content-Type", type)
        );
        Assert.Equal(status, (int)answer.Status);
    }

    [Theory]
    [InlineData("return=minimal")]
    [InlineData("return=\"minimal\"")]
    [InlineData("Return=minimal")]
    [InlineData("handling=strict, return = minimal")]
    public async Task A_preference_has_no_case_and_may_be_quoted(string prefer)
    {
        var answer = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Observation",
            Observation,
            ("Prefer", prefer)
        );
        Assert.Equal((HttpStatusCode.Created, ""), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task A_search_by_POST_is_a_form_or_has_no_body()
    {
        const string Path = "Observation/_search?_summary=count";
        var asked = await server.GetAsync("clinician1", "Observation?_summary=count");
        var bare = await server.SendAsync("clinician1", HttpMethod.Post, Path);
        Assert.Equal(HttpStatusCode.OK, bare.Status);
        Assert.Equal(asked.Json.GetProperty("total").GetInt32(), bare.Json.GetProperty("total").GetInt32());
        var json = await server.SendAsync("clinician1", HttpMethod.Post, Path, "{}");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, json.Status);
        Assert.Contains("x-www-form-urlencoded", json.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("value")]
    [InlineData("value[x]")]
    public async Task A_choice_is_named_as_the_definition_names_it(string element)
    {
        var valued = Observation.Replace("\"status\"", "\"valueString\":\"seen\",\"status\"", StringComparison.Ordinal);
        var created = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", valued);
        var path = $"Observation/{created.Json.GetProperty("id").GetString()}?_elements={element}";
        Assert.Equal("seen", (await server.GetAsync("clinician1", path)).Json.GetProperty("valueString").GetString());
    }

    private static void AssertType(FhirAnswer answer, string? expected)
    {
        Assert.Equal(expected is null ? HttpStatusCode.NotAcceptable : HttpStatusCode.OK, answer.Status);
        if (expected is not null)
            Assert.Equal(expected, answer.Content.ContentType!.MediaType);
        else
            Assert.Equal("not-supported", answer.Issue);
    }
}
