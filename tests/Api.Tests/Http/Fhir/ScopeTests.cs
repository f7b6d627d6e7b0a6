using System.Net;
using System.Text.Json;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>What a token's scopes and launch context leave of what consent gives (SMART App Launch 2.2).</summary>
[Collection("FHIR server")]
[Trait("threat", "clinician with a valid account")]
public sealed class ScopeTests(FhirServer server)
{
    private static readonly JsonSerializerOptions WithoutNulls = new()
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    // clinician1 may see sample-a and sample-b; the token is for sample-a.
    public static TheoryData<string> PathsToTheOther { get; } =
    [
        "Patient/sample-b",
        "Patient/sample-b/_history/1",
        "Patient/sample-b/_history",
        "Patient?_id=sample-b",
        "Observation?patient=sample-b",
        "Observation?patient=sample-b&_summary=count",
        "Observation?subject:Patient._id=sample-b",
        "Patient?_id=sample-b&_has:Observation:patient:_id=x",
        "Condition?subject=Patient/sample-b&_include=Condition:subject",
        "Patient?_id=sample-b&_revinclude=Observation:subject",
    ];

    [Theory]
    [MemberData(nameof(PathsToTheOther))]
    public async Task A_token_for_one_patient_reaches_no_other(string path)
    {
        var wide = await server.GetAsync("clinician1", path);
        Assert.Equal(HttpStatusCode.OK, wide.Status);
        var token = await server.ScopedTokenAsync("clinician1", "patient/*.rs", "Patient/sample-a");
        await NothingAsync(token, HttpMethod.Get, path);
        var inner = (await InBatchAsync(token, "GET", path)).GetProperty("response");
        var expected = path.Contains('?', StringComparison.Ordinal) ? "200" : "404";
        Assert.StartsWith(expected, inner.GetProperty("status").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_for_one_patient_finds_this_one_in_searches_over_all()
    {
        var token = await server.ScopedTokenAsync("clinician1", "patient/*.rs", "Patient/sample-a");
        Assert.Equal(["Patient/sample-a"], (await server.GetAsync(token, "Patient")).Found());
        Assert.True((await server.GetAsync("clinician1", "Patient")).Found().Count > 1);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(token, "Patient/sample-a")).Status);
        var all = await server.GetAsync(token, "Observation?_include=Observation:subject&_count=1000");
        Assert.NotEmpty(all.Found());
        Assert.Equal(["Patient/sample-a"], all.Found("include"));
        var own = await server.GetAsync(token, "Observation?patient=sample-a&_summary=count");
        Assert.Equal(all.Found().Count, own.Json.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task A_page_link_opens_no_more_than_the_token_that_follows_it()
    {
        var first = await server.GetAsync("clinician1", "Patient?_count=1&_sort=_id");
        var token = await server.ScopedTokenAsync("clinician1", "patient/*.rs", "Patient/sample-a");
        Assert.Empty((await server.GetAsync(token, first.Link("next")!)).Found());
    }

    [Fact]
    public async Task A_token_for_one_patient_changes_nothing_of_another()
    {
        var token = await server.ScopedTokenAsync("clinician1", "patient/*.cruds", "Patient/sample-a");
        const string other = """
            {"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/sample-b"}}
            """;
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await server.SendAsync(token, HttpMethod.Post, "Observation", other)).Status
        );
        var transaction = Bundle("transaction", "POST", "Observation", other);
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await server.SendAsync(token, HttpMethod.Post, "", transaction)).Status
        );
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await server.SendAsync(token, HttpMethod.Delete, "Patient/sample-b")).Status
        );
        var change = """{"resourceType":"Patient","id":"sample-b","active":false}""";
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await server.SendAsync(token, HttpMethod.Put, "Patient/sample-b", change)).Status
        );
        var put = Bundle("transaction", "PUT", "Patient/sample-b", change);
        Assert.Equal(HttpStatusCode.NotFound, (await server.SendAsync(token, HttpMethod.Post, "", put)).Status);
    }

    [Fact]
    public async Task A_token_for_one_patient_asks_for_no_analysis_of_another()
    {
        var root = server.BaseUrl[..^"fhir".Length];
        var token = await server.ScopedTokenAsync("clinician1", "patient/*.rs", "Patient/sample-a");
        var json = ("Content-Type", "application/json");
        var body = """{"patient":"Patient/sample-b"}""";
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await server.SendAsync(token, HttpMethod.Post, root + "analyses", body, json)).Status
        );
        var narrow = await server.ScopedTokenAsync("clinician1", "user/Observation.rs", null);
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await server.SendAsync(narrow, HttpMethod.Post, root + "analyses", body, json)).Status
        );
    }

    [Theory]
    [InlineData("GET", "Patient/sample-a", "user/Patient.cuds")]
    [InlineData("GET", "Patient/sample-a/_history/1", "user/Patient.s")]
    [InlineData("GET", "Patient/sample-a/_history", "user/Patient.s user/Observation.r")]
    [InlineData("GET", "Patient?_id=sample-a", "user/Patient.r")]
    [InlineData("POST", "Observation", "user/Observation.ruds")]
    [InlineData("PUT", "Patient/sample-a", "user/Patient.crds")]
    [InlineData("DELETE", "Patient/sample-a", "user/Patient.crus")]
    public async Task Each_interaction_needs_its_own_letter_alone_and_in_bundles(
        string method,
        string path,
        string scopes
    )
    {
        var token = await server.ScopedTokenAsync("clinician1", scopes, null);
        var (type, id) = (path.Split('/', '?')[0], path.Split('/', '?').Length > 1 ? "sample-a" : null);
        var resource = method is "POST" or "PUT"
            ? $$"""{"resourceType":"{{type}}"{{(id is null ? "" : ",\"id\":\"sample-a\"")}}}"""
            : null;
        var alone = await server.SendAsync(token, new HttpMethod(method), path, resource);
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), (alone.Status, alone.Issue));
        Assert.Contains("scopes", alone.Body, StringComparison.Ordinal);
        var inner = await InBatchAsync(token, method, path, resource);
        Assert.StartsWith(
            "403",
            inner.GetProperty("response").GetProperty("status").GetString(),
            StringComparison.Ordinal
        );
        if (method == "GET")
            return;
        var transaction = await server.SendAsync(
            token,
            HttpMethod.Post,
            "",
            Bundle("transaction", method, path, resource)
        );
        Assert.Equal(HttpStatusCode.Forbidden, transaction.Status);
    }

    [Fact]
    public async Task Includes_chains_and_conditions_need_the_scope_of_what_they_look_at()
    {
        var token = await server.ScopedTokenAsync("clinician1", "user/Observation.cs", null);
        var found = await server.GetAsync(token, "Observation?patient=sample-a&_include=Observation:subject&_count=3");
        Assert.NotEmpty(found.Found());
        Assert.Empty(found.Found("include"));
        Assert.Empty((await server.GetAsync(token, "Observation?subject:Patient._id=sample-a")).Found());
        var blind = await server.ScopedTokenAsync("clinician1", "user/Observation.c", null);
        var condition = await server.SendAsync(
            blind,
            HttpMethod.Post,
            "Observation",
            """{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/sample-a"}}""",
            ("If-None-Exist", "patient=sample-a")
        );
        Assert.Equal(HttpStatusCode.Forbidden, condition.Status);
    }

    [Fact]
    public async Task A_patients_app_does_what_it_was_allowed_and_not_what_the_patient_may()
    {
        var root = server.BaseUrl[..^"fhir".Length];
        var token = await server.ScopedTokenAsync("patient1", "patient/Observation.rs", null, "PATRQT");
        foreach (var path in new[] { "consents", "uses", "audit", "receipt" })
            Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync(token, root + path)).Status);
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await server.SendAsync(token, HttpMethod.Post, root + "consents", "{}")).Status
        );
        Assert.NotEmpty((await server.GetAsync(token, "Observation?_count=2")).Found());
    }

    private async Task NothingAsync(string token, HttpMethod method, string path)
    {
        var answer = await server.SendAsync(token, method, path);
        if (!path.Contains('?', StringComparison.Ordinal))
        {
            Assert.Equal(HttpStatusCode.NotFound, answer.Status);
            return;
        }
        Assert.Equal(0, answer.Json.GetProperty("total").GetInt32());
        Assert.Empty(answer.Found());
        Assert.Empty(answer.Found("include"));
    }

    private async Task<JsonElement> InBatchAsync(string token, string method, string path, string? resource = null) =>
        (await server.SendAsync(token, HttpMethod.Post, "", Bundle("batch", method, path, resource))).Json.GetProperty(
            "entry"
        )[0];

    private static string Bundle(string type, string method, string path, string? resource) =>
        JsonSerializer.Serialize(
            new
            {
                resourceType = "Bundle",
                type,
                entry = new[]
                {
                    new
                    {
                        resource = resource is null ? (JsonElement?)null : JsonDocument.Parse(resource).RootElement,
                        request = new { method, url = path },
                    },
                },
            },
            WithoutNulls
        );
}
