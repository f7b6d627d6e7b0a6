using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>PATCH with JSON Patch and FHIRPath Patch: alone, by criteria, in a batch, in a transaction.</summary>
[Collection("FHIR server")]
[Trait("threat", "clinician with a valid account")]
public sealed class PatchTests(FhirServer server)
{
    private const string JsonPatch = "application/json-patch+json";
    private const string Status = """[{"op":"replace","path":"/status","value":"amended"}]""";

    [Fact]
    public async Task A_json_patch_changes_what_it_names_and_nothing_else()
    {
        var (path, before) = await CreateAsync("99981-1");
        var patched = await PatchAsync("clinician1", path, Status, JsonPatch, ("If-Match", "W/\"1\""));
        Assert.True(patched.Status == HttpStatusCode.OK, patched.Body);
        Assert.Equal("W/\"2\"", patched.Headers.ETag!.ToString());
        Assert.NotNull(patched.Content.LastModified);
        Assert.EndsWith("/_history/2", patched.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal("amended", patched.Json.GetProperty("status").GetString());
        // The precision of a decimal stays.
        Assert.Contains("7.10", patched.Body, StringComparison.Ordinal);
        Assert.Equal(Without(before.Body, "status", "meta"), Without(patched.Body, "status", "meta"));
        Assert.Equal(patched.Body, (await server.GetAsync("clinician1", path)).Body);
        var stale = await PatchAsync("clinician1", path, Status, JsonPatch, ("If-Match", "W/\"1\""));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "conflict"), (stale.Status, stale.Issue));
    }

    [Fact]
    public async Task A_fhirpath_patch_changes_what_it_names_and_nothing_else()
    {
        var (path, before) = await CreateAsync("99981-2");
        var parameters = Parameters(
            ("replace", "Observation.status", null, "\"valueCode\":\"amended\""),
            ("add", "Observation", "note", "\"valueAnnotation\":{\"text\":\"seen\"}"),
            ("delete", "Observation.code.coding.where(code = '99981-2').display", null, null)
        );
        var patched = await PatchAsync("clinician1", path, parameters, "application/fhir+json");
        Assert.True(patched.Status == HttpStatusCode.OK, patched.Body);
        Assert.Equal("amended", patched.Json.GetProperty("status").GetString());
        Assert.Equal("seen", patched.Json.GetProperty("note")[0].GetProperty("text").GetString());
        Assert.DoesNotContain("display", patched.Body, StringComparison.Ordinal);
        Assert.Contains("7.10", patched.Body, StringComparison.Ordinal);
        Assert.Equal(
            Without(before.Body, "status", "meta", "code"),
            Without(patched.Body, "status", "meta", "note", "code")
        );
    }

    [Theory]
    [InlineData("""[{"op":"test","path":"/status","value":"draft"},{"op":"remove","path":"/status"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/status","value":"amended"},{"op":"remove","path":"/no"}]""", 422)]
    [InlineData("""[{"op":"remove","path":"/status"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/status","value":"no-such-code"}]""", 422)]
    [InlineData("""[{"op":"add","path":"/nonsense","value":1}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/id","value":"other"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/resourceType","value":"Basic"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/subject/reference","value":"Patient/sample-b"}]""", 422)]
    [InlineData("""[{"op":"remove","path":"/subject"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"","value":7}]""", 422)]
    [InlineData("""[{"op":"add","path":"/dataAbsentReason","value":{"text":"x"}}]""", 422)]
    [InlineData("""{"op":"remove"}""", 422)]
    [InlineData("""[{"op":"remove","path":"/a","path":"/status"}]""", 400)]
    [InlineData("[", 400)]
    [InlineData("""[{"op":"\ud800","path":"/note"}]""", 400)]
    [InlineData("""[{"op":"copy","from":"/\ud800","path":"/note"}]""", 400)]
    [InlineData("""[{"op":"add","path":"/\ud800","value":1}]""", 400)]
    [InlineData("""[{"op":"add","path":"/note","value":[{"text":"\ud800"}]}]""", 400)]
    [InlineData("""[{"op":"add","path":"/note","value":[{"\ud800":"x"}]}]""", 400)]
    [InlineData("""[{"op":"test","path":"/valueQuantity/value","value":1e999999999999}]""", 400)]
    [InlineData("""[{"op":"add","path":"/note","value":[{"text":"a\u0000b"}]}]""", 422)]
    public async Task A_patch_that_cannot_be_done_changes_nothing(string patch, int status)
    {
        var (path, before) = await CreateAsync("99981-3");
        var refused = await PatchAsync("clinician1", path, patch, JsonPatch);
        Assert.Equal(status, (int)refused.Status);
        Assert.NotNull(refused.Issue);
        Assert.Equal(before.Body, (await server.GetAsync("clinician1", path)).Body);
    }

    [Theory]
    [InlineData("Observation.nothing")]
    [InlineData("Observation.where(")]
    [InlineData("Observation.descendants()")]
    [InlineData("Observation.status.matches('(a+)+$')")]
    [InlineData("%resource.status")]
    [InlineData("'x'")]
    [InlineData("Observation.code.coding | Observation.status")]
    public async Task A_path_that_names_no_one_element_is_refused(string expression)
    {
        var (path, before) = await CreateAsync("99981-4");
        var parameters = Parameters(("replace", expression, null, "\"valueCode\":\"amended\""));
        var refused = await PatchAsync("clinician1", path, parameters, "application/fhir+json");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Equal(before.Body, (await server.GetAsync("clinician1", path)).Body);
    }

    [Fact]
    public async Task A_media_type_that_is_no_patch_is_told_which_are()
    {
        var (path, _) = await CreateAsync("99981-5");
        var refused = await PatchAsync("clinician1", path, Status, "text/plain");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused.Status);
        Assert.Contains(
            JsonPatch,
            string.Join(',', refused.Headers.GetValues("Accept-Patch")),
            StringComparison.Ordinal
        );
        var resource = await PatchAsync(
            "clinician1",
            path,
            """{"resourceType":"Observation"}""",
            "application/fhir+json"
        );
        Assert.Equal(HttpStatusCode.BadRequest, resource.Status);
    }

    [Fact]
    public async Task A_patch_needs_the_scope_to_read_what_it_can_ask_for()
    {
        var (path, _) = await CreateAsync("99981-6");
        var token = await server.ScopedTokenAsync("clinician1", "user/Observation.us", null);
        Assert.Equal(HttpStatusCode.Forbidden, (await PatchAsync(token, path, Status, JsonPatch)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await PatchAsync("ingest1", path, Status, JsonPatch)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await PatchAsync("patient1", path, Status, JsonPatch)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await PatchAsync("clinician2", path, Status, JsonPatch)).Status);
    }

    [Fact]
    public async Task A_patch_by_criteria_changes_the_one_that_matches()
    {
        const string Path = "Observation?patient=sample-a&code=99982-1";
        Assert.Equal(HttpStatusCode.NotFound, (await PatchAsync("clinician1", Path, Status, JsonPatch)).Status);
        await CreateAsync("99982-1");
        Assert.Equal(HttpStatusCode.NotFound, (await PatchAsync("clinician2", Path, Status, JsonPatch)).Status);
        var patched = await PatchAsync("clinician1", Path, Status, JsonPatch);
        Assert.Equal((HttpStatusCode.OK, "W/\"2\""), (patched.Status, patched.Headers.ETag!.ToString()));
        await CreateAsync("99982-1");
        var several = await PatchAsync("clinician1", Path, Status, JsonPatch);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "multiple-matches"), (several.Status, several.Issue));
    }

    [Theory]
    [InlineData("batch")]
    [InlineData("transaction")]
    public async Task Patches_in_bundles_are_binaries_and_parameters(string type)
    {
        var (one, _) = await CreateAsync("99983-1");
        var (other, _) = await CreateAsync("99983-2");
        var binary = JsonSerializer.Serialize(
            new
            {
                resourceType = "Binary",
                contentType = JsonPatch,
                data = Convert.ToBase64String(Encoding.UTF8.GetBytes(Status)),
            }
        );
        var parameters = Parameters(("replace", "Observation.status", null, "\"valueCode\":\"corrected\""));
        var answer = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "",
            Bundle(type, (one, binary), (other, parameters))
        );
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
        Assert.All(
            answer.Json.GetProperty("entry").EnumerateArray(),
            e => Assert.Equal("W/\"2\"", e.GetProperty("response").GetProperty("etag").GetString())
        );
        Assert.Equal("amended", (await server.GetAsync("clinician1", one)).Json.GetProperty("status").GetString());
        Assert.Equal("corrected", (await server.GetAsync("clinician1", other)).Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_patch_that_cannot_be_read_leaves_the_rest_of_a_batch()
    {
        var (path, _) = await CreateAsync("99986-1");
        const string Binary = """{"resourceType":"Binary","contentType":"\ud800","data":"W10="}""";
        var right = Parameters(("replace", "Observation.status", null, "\"valueCode\":\"amended\""));
        var answer = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "",
            Bundle("batch", (path, Binary), (path, right))
        );
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
        var statuses = answer
            .Json.GetProperty("entry")
            .EnumerateArray()
            .Select(e => e.GetProperty("response").GetProperty("status").GetString()![..3]);
        Assert.Equal("400,200", string.Join(',', statuses));
    }

    [Fact]
    public async Task A_patch_that_cannot_be_done_undoes_the_transaction()
    {
        var (path, before) = await CreateAsync("99984-1");
        var (other, _) = await CreateAsync("99984-2");
        var wrong = Parameters(("replace", "Observation.status", null, "\"valueCode\":\"no-such-code\""));
        var right = Parameters(("replace", "Observation.status", null, "\"valueCode\":\"amended\""));
        var answer = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "",
            Bundle("transaction", (path, right), (other, wrong))
        );
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Contains("entry[1]", answer.Body, StringComparison.Ordinal);
        Assert.Equal(before.Body, (await server.GetAsync("clinician1", path)).Body);
    }

    [Fact]
    public async Task No_change_takes_a_label_away()
    {
        var body = JsonNode.Parse(Observation("99985-1"))!;
        const string Label = """{"system":"urn:test","code":"marked"}""";
        body["meta"] = new JsonObject { ["security"] = new JsonArray(JsonNode.Parse(Label)) };
        var created = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", body.ToJsonString());
        Assert.True(created.Status == HttpStatusCode.Created, created.Body);
        var path = "Observation/" + created.Json.GetProperty("id").GetString();
        var without = Observation("99985-1", path["Observation/".Length..]);
        var put = await server.SendAsync("clinician1", HttpMethod.Put, path, without);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "business-rule"), (put.Status, put.Issue));
        var patch = await PatchAsync("clinician1", path, """[{"op":"remove","path":"/meta/security"}]""", JsonPatch);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "business-rule"), (patch.Status, patch.Issue));
        Assert.Contains("\"marked\"", (await server.GetAsync("patient1", path)).Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await PatchAsync("clinician1", path, Status, JsonPatch)).Status);
    }

    private async Task<(string Path, FhirAnswer Created)> CreateAsync(string code)
    {
        var created = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", Observation(code));
        Assert.True(created.Status == HttpStatusCode.Created, created.Body);
        return ("Observation/" + created.Json.GetProperty("id").GetString(), created);
    }

    private Task<FhirAnswer> PatchAsync(
        string user,
        string path,
        string patch,
        string type,
        params (string, string)[] headers
    ) => server.SendAsync(user, HttpMethod.Patch, path, patch, [("Content-Type", type), .. headers]);

    private static string Without(string body, params string[] members)
    {
        var resource = JsonNode.Parse(body)!.AsObject();
        foreach (var member in members)
            resource.Remove(member);
        return resource.ToJsonString();
    }

    private static string Parameters(params (string Type, string Path, string? Name, string? Value)[] operations) =>
        "{\"resourceType\":\"Parameters\",\"parameter\":["
        + string.Join(
            ',',
            operations.Select(o =>
                "{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\""
                + o.Type
                + "\"},{\"name\":\"path\",\"valueString\":"
                + JsonSerializer.Serialize(o.Path)
                + "}"
                + (o.Name is null ? "" : ",{\"name\":\"name\",\"valueString\":\"" + o.Name + "\"}")
                + (o.Value is null ? "" : ",{\"name\":\"value\"," + o.Value + "}")
                + "]}"
            )
        )
        + "]}";

    private static string Bundle(string type, params (string Url, string Resource)[] entries) =>
        "{\"resourceType\":\"Bundle\",\"type\":\""
        + type
        + "\",\"entry\":["
        + string.Join(
            ',',
            entries.Select(e =>
                "{\"resource\":" + e.Resource + ",\"request\":{\"method\":\"PATCH\",\"url\":\"" + e.Url + "\"}}"
            )
        )
        + "]}";

    private static string Observation(string code, string? id = null) =>
        $$$"""
            {"resourceType":"Observation",{{{(id is null ? "" : $"\"id\":\"{id}\",")}}}"status":"final",
            "code":{"coding":[{"system":"http://loinc.org","code":"{{{code}}}","display":"x"}]},
            "subject":{"reference":"Patient/sample-a"},
            "valueQuantity":{"value":7.10,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}
            """;
}
