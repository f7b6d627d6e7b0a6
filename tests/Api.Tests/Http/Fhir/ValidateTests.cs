using System.Net;
using System.Text;
using System.Text.Json;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>$validate, and the same validation on every write.</summary>
[Collection("FHIR server")]
public sealed class ValidateTests(FhirServer server)
{
    // What the strict parser takes and FHIR does not.
    public static TheoryData<string, string, string> Broken { get; } =
        new()
        {
            {
                "Observation",
                """ "status":"final","code":{"text":"x"},"valueString":"x","dataAbsentReason":{"text":"y"}""",
                "obs-6"
            },
            { "Patient", """ "contact":[{"gender":"male"}]""", "pat-1" },
            { "Patient", """ "identifier":[{"period":{"start":"2024-02-01","end":"2024-01-01"}}]""", "per-1" },
            { "Patient", """ "generalPractitioner":[{"reference":"#nobody"}]""", "ref-1" },
            { "Patient", """ "extension":[{"url":"http://example.org/x"}]""", "ext-1" },
            { "Patient", """ "managingOrganization":{"reference":"not a url"}""", "no URL" },
            {
                "Condition",
                """ "subject":{"reference":"Patient/sample-a"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"no"}]}""",
                "binding"
            },
        };

    public static TheoryData<string> Narratives { get; } =
    [
        "<script>x</script>",
        "<p onclick='x'>a</p>",
        "<iframe src='x'>a</iframe>",
        "<form>a</form>",
        "<a href='javascript:x'>a</a>",
        "<a href=' java&#10;script:x'>a</a>",
        "<img src='http://example.org/x.png' alt='a'/>a",
        "<img src='//example.org/x.png' alt='a'/>a",
        "<img src='data:image/svg+xml,x' alt='a'/>a",
        "<p style='background:url(x)'>a</p>",
        "<!DOCTYPE x><p>a</p>",
    ];

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task What_breaks_a_rule_is_told_by_validate_and_refused_on_write(
        string type,
        string content,
        string key
    )
    {
        var body = $$"""{"resourceType":"{{type}}",{{content}}}""";
        var told = await server.SendAsync("clinician1", HttpMethod.Post, type + "/$validate", body);
        Assert.Equal(HttpStatusCode.OK, told.Status);
        var issue = Errors(told).Single();
        Assert.Contains(key, issue.GetProperty("diagnostics").GetString(), StringComparison.Ordinal);
        Assert.StartsWith(type, issue.GetProperty("expression")[0].GetString(), StringComparison.Ordinal);

        var created = await server.SendAsync("ingest1", HttpMethod.Post, type, body);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, created.Status);
        Assert.Contains(key, created.Body, StringComparison.Ordinal);
        Assert.StartsWith(
            type,
            created.Json.GetProperty("issue")[0].GetProperty("expression")[0].GetString(),
            StringComparison.Ordinal
        );
        var bundle = $$$"""
            {"resourceType":"Bundle","type":"transaction","entry":[
            {"resource":{{{body}}},"request":{"method":"POST","url":"{{{type}}}"}}]}
            """;
        var transaction = await server.SendAsync("ingest1", HttpMethod.Post, "", bundle);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, transaction.Status);
        Assert.Contains("entry[0]", transaction.Body, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Narratives))]
    public async Task Narrative_that_runs_or_fetches_something_is_refused(string inner)
    {
        var refused = await server.SendAsync("ingest1", HttpMethod.Post, "Patient", WithNarrative(inner));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.DoesNotContain("example.org", refused.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<p>a</p>")]
    [InlineData("<a href='https://example.org/'>a</a><a href='#x'>b</a><a name='x'>c</a>")]
    [InlineData("<img src='#pic' alt='a'/><img src='data:image/png;base64,AA==' alt='a'/>a")]
    [InlineData("<table style='color:red' class='x'><tr><td colspan='2'>a</td></tr></table>")]
    public async Task Narrative_that_only_shows_something_is_taken(string inner)
    {
        var told = await server.SendAsync("clinician1", HttpMethod.Post, "Patient/$validate", WithNarrative(inner));
        Assert.Empty(Errors(told));
    }

    [Fact]
    public async Task Validate_answers_for_a_type_and_for_an_instance()
    {
        var valid = """{"resourceType":"Patient","id":"sample-a","active":true}""";
        var bare = await server.SendAsync("clinician1", HttpMethod.Post, "Patient/$validate", valid);
        Assert.Equal((HttpStatusCode.OK, "OperationOutcome"), (bare.Status, TypeOf(bare)));
        Assert.Empty(Errors(bare));
        var wrapped = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Patient/$validate",
            Parameters(valid, "create")
        );
        Assert.Empty(Errors(wrapped));
        var update = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Patient/sample-a/$validate",
            Parameters(valid, "update")
        );
        Assert.Empty(Errors(update));
        var other = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Patient/other/$validate",
            Parameters(valid, "update")
        );
        Assert.Single(Errors(other));
        var stored = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Patient/sample-a/$validate",
            Parameters(null, null)
        );
        Assert.True(stored.Status == HttpStatusCode.OK && !Errors(stored).Any(), stored.Body);
        var deletable = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Patient/sample-a/$validate",
            Parameters(null, "delete")
        );
        Assert.Empty(Errors(deletable));
        var own = await server.SendAsync(
            "patient1",
            HttpMethod.Post,
            "Patient/sample-a/$validate",
            Parameters(null, "delete")
        );
        Assert.Single(Errors(own));

        var type = await server.SendAsync("clinician1", HttpMethod.Post, "Observation/$validate", valid);
        Assert.NotEmpty(Errors(type));
        var mode = await server.SendAsync("clinician1", HttpMethod.Post, "Patient/$validate?mode=delete", valid);
        Assert.Equal(HttpStatusCode.BadRequest, mode.Status);
        var profile = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Patient/$validate?profile=http://example.org/p",
            valid
        );
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "not-supported"), (profile.Status, profile.Issue));
        var nothing = await server.SendAsync("clinician1", HttpMethod.Post, "Patient/$validate", "{");
        Assert.Equal(HttpStatusCode.BadRequest, nothing.Status);
        foreach (var user in new[] { "compliance1", "operator1" })
            Assert.Equal(
                HttpStatusCode.Forbidden,
                (await server.SendAsync(user, HttpMethod.Post, "Patient/$validate", valid)).Status
            );
        // What is wrong is listed whole.
        var both = """{"resourceType":"Patient","gender":"x","birthDate":"2024-02-30"}""";
        Assert.Equal(2, Errors(await server.SendAsync("ingest1", HttpMethod.Post, "Patient/$validate", both)).Count());
    }

    [Fact]
    public void Every_invariant_of_the_specification_compiles()
    {
        Assert.True(Invariant.Paths.Sum(p => Invariant.At(p).Count) > 240);
    }

    [SharedDataFact("fhir-test-cases")]
    public void The_examples_of_the_specification_are_valid()
    {
        // The one that breaks csd-1 does: a code stands twice in it.
        var files = Directory.GetFiles(Path.Combine(SharedData.Folder("fhir-test-cases")!, "r4-examples"), "*.json");
        var read = 0;
        foreach (var file in files)
        {
            if (ResourceParser.Read(System.IO.File.ReadAllBytes(file), out _) is not { } resource)
                continue;
            read++;
            var issues = ResourceValidator.Validate(resource);
            Assert.True(
                issues.Count == 0 || Path.GetFileName(file) == "codesystem-example.json",
                $"{Path.GetFileName(file)}: {string.Join("; ", issues)}"
            );
        }
        Assert.True(read > 60);
    }

    [SharedDataFact("synthea-r4")]
    public void Synthea_resources_are_valid()
    {
        var read = 0;
        foreach (var file in Directory.GetFiles(SharedData.Folder("synthea-r4")!, "*.json"))
        {
            using var bundle = JsonDocument.Parse(System.IO.File.ReadAllBytes(file));
            foreach (var entry in bundle.RootElement.GetProperty("entry").EnumerateArray())
            {
                var json = Encoding.UTF8.GetBytes(entry.GetProperty("resource").GetRawText());
                var resource = ResourceParser.Read(json, out var issues);
                issues = resource is null ? issues : ResourceValidator.Validate(resource);
                Assert.True(issues.Count == 0, string.Join("; ", issues.Select(issue => issue.Describe())));
                read++;
            }
        }
        Assert.True(read > 7000);
    }

    private static string WithNarrative(string inner) =>
        JsonSerializer.Serialize(
            new
            {
                resourceType = "Patient",
                text = new { status = "generated", div = $"<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>" },
            }
        );

    private static string Parameters(string? resource, string? mode)
    {
        string?[] parts =
        [
            resource is null ? null : "{\"name\":\"resource\",\"resource\":" + resource + "}",
            mode is null ? null : $$"""{"name":"mode","valueCode":"{{mode}}"}""",
        ];
        return $$"""{"resourceType":"Parameters","parameter":[{{string.Join(',', parts.Where(p => p is not null))}}]}""";
    }

    private static string? TypeOf(FhirAnswer answer) => answer.Json.GetProperty("resourceType").GetString();

    private static IEnumerable<JsonElement> Errors(FhirAnswer answer) =>
        answer.Json.GetProperty("issue").EnumerateArray().Where(i => i.GetProperty("severity").GetString() == "error");
}
