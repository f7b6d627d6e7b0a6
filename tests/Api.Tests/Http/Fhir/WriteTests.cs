using System.Net;
using System.Text.Json.Nodes;
using MedLedger.Api.Tests.Records;

namespace MedLedger.Api.Tests.Http.Fhir;

[Collection("FHIR server")]
public sealed class WriteTests(FhirServer server)
{
    [Fact]
    public async Task A_resource_is_created_updated_deleted_and_keeps_its_history()
    {
        var created = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Observation",
            Observation("sample-a", "7.10")
        );
        Assert.True(created.Status == HttpStatusCode.Created, created.Body);
        var id = created.Json.GetProperty("id").GetString()!;
        Assert.Equal($"{server.BaseUrl}/Observation/{id}/_history/1", created.Headers.Location!.ToString());
        Assert.Equal("W/\"1\"", created.Headers.ETag!.ToString());
        Assert.Contains("7.10", created.Body, StringComparison.Ordinal);
        Assert.Equal(created.Body, (await server.GetAsync("clinician1", $"Observation/{id}")).Body);

        var changed = Observation("sample-a", "7.20", id);
        var path = $"Observation/{id}";
        var stale = await server.SendAsync("clinician1", HttpMethod.Put, path, changed, ("If-Match", "W/\"9\""));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "conflict"), (stale.Status, stale.Issue));
        var updated = await server.SendAsync("clinician1", HttpMethod.Put, path, changed, ("If-Match", "W/\"1\""));
        Assert.Equal((HttpStatusCode.OK, "W/\"2\""), (updated.Status, updated.Headers.ETag!.ToString()));
        var same = await server.SendAsync("clinician1", HttpMethod.Put, path, changed, ("Prefer", "return=minimal"));
        Assert.Equal((HttpStatusCode.OK, "W/\"2\"", ""), (same.Status, same.Headers.ETag!.ToString(), same.Body));
        // Nothing was written, so that its time is that of the version.
        var unchanged = await server.SendAsync("clinician1", HttpMethod.Put, path, changed);
        Assert.Equal(updated.Body, unchanged.Body);
        Assert.Contains(
            "7.10",
            (await server.GetAsync("patient1", path + "/_history/1")).Body,
            StringComparison.Ordinal
        );

        Assert.Equal(HttpStatusCode.NoContent, (await server.SendAsync("clinician1", HttpMethod.Delete, path)).Status);
        var gone = await server.GetAsync("clinician1", path);
        Assert.Equal((HttpStatusCode.Gone, "deleted"), (gone.Status, gone.Issue));
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician2", path)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("clinician1", path + "/_history/2")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician2", path + "/_history/2")).Status);
        var history = await server.GetAsync("clinician1", path + "/_history");
        Assert.Equal(
            "DELETE,PUT,POST",
            string.Join(
                ',',
                history
                    .Json.GetProperty("entry")
                    .EnumerateArray()
                    .Select(e => e.GetProperty("request").GetProperty("method").GetString())
            )
        );

        var again = await server.SendAsync("clinician1", HttpMethod.Put, path, changed);
        Assert.Equal((HttpStatusCode.Created, "W/\"4\""), (again.Status, again.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("clinician1", path)).Status);
    }

    [Fact]
    public async Task A_conditional_create_finds_only_what_the_caller_may_see()
    {
        var body = Observation("sample-a", "5").Replace("8480-6", "99995-6", StringComparison.Ordinal);
        (string, string) condition = ("If-None-Exist", "patient=sample-a&code=99995-6");
        var created = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", body, condition);
        Assert.Equal(HttpStatusCode.Created, created.Status);
        var again = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", body, condition);
        Assert.Equal((HttpStatusCode.OK, created.Headers.Location), (again.Status, again.Headers.Location));
        // The service that reads nothing is not told of it: it makes another one.
        var other = await server.SendAsync("ingest1", HttpMethod.Post, "Observation", body, condition);
        Assert.Equal(HttpStatusCode.Created, other.Status);
        var many = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", body, condition);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "multiple-matches"), (many.Status, many.Issue));
    }

    [Fact]
    public async Task Nobody_writes_what_consent_does_not_give()
    {
        foreach (var patient in new[] { "sample-d", "nobody" })
        {
            var refused = await server.SendAsync(
                "clinician1",
                HttpMethod.Post,
                "Observation",
                Observation(patient, "1")
            );
            Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), (refused.Status, refused.Issue));
        }
        var denied = await server.SendAsync("clinician2", HttpMethod.Put, "Patient/sample-a", Patient("sample-a"));
        var absent = await server.SendAsync("clinician2", HttpMethod.Put, "Patient/nobody", Patient("nobody"));
        Assert.Equal((HttpStatusCode.NotFound, denied.Body), (denied.Status, absent.Body));
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await server.SendAsync("clinician2", HttpMethod.Delete, "Patient/sample-a")).Status
        );
        var own = await server.SendAsync("patient1", HttpMethod.Delete, "Patient/sample-a");
        Assert.Equal(HttpStatusCode.Forbidden, own.Status);
        var organization = """{"resourceType":"Organization","name":"x"}""";
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await server.SendAsync("clinician1", HttpMethod.Post, "Organization", organization)).Status
        );
        foreach (var user in new[] { "compliance1", "operator1" })
            Assert.Equal(
                HttpStatusCode.Forbidden,
                (await server.SendAsync(user, HttpMethod.Post, "Organization", organization)).Status
            );
    }

    [Theory]
    [InlineData("{", "application/fhir+json", HttpStatusCode.BadRequest)]
    [InlineData("[]", "application/fhir+json", HttpStatusCode.BadRequest)]
    [InlineData("""{"resourceType":"Patient"}""", "application/fhir+json", HttpStatusCode.BadRequest)]
    [InlineData(
        """{"resourceType":"Observation","status":"final"}""",
        "application/fhir+json",
        HttpStatusCode.UnprocessableEntity
    )]
    [InlineData(
        """{"resourceType":"Observation","status":"no","code":{}}""",
        "application/json",
        HttpStatusCode.UnprocessableEntity
    )]
    [InlineData("<Observation/>", "application/fhir+xml", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("x", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"x"},"status":"amended"}""",
        "application/fhir+json",
        HttpStatusCode.BadRequest
    )]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"x","te\u0078t":"y"}}""",
        "application/fhir+json",
        HttpStatusCode.BadRequest
    )]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"\ud800"}}""",
        "application/fhir+json",
        HttpStatusCode.UnprocessableEntity
    )]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1e400}}""",
        "application/fhir+json",
        HttpStatusCode.UnprocessableEntity
    )]
    public async Task Bad_bodies_are_refused_with_the_right_status(string body, string type, HttpStatusCode status)
    {
        var refused = await server.SendAsync("ingest1", HttpMethod.Post, "Observation", body, ("Content-Type", type));
        Assert.Equal(status, refused.Status);
        Assert.NotNull(refused.Issue);
    }

    [Theory]
    [InlineData(70)]
    [InlineData(100_000)]
    public async Task Deep_nesting_is_refused(int depth)
    {
        var nested = new string('[', depth) + new string(']', depth);
        var body = $$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"contained":{{nested}}}""";
        var refused = await server.SendAsync("ingest1", HttpMethod.Post, "Observation", body);
        Assert.Equal((HttpStatusCode.BadRequest, "structure"), (refused.Status, refused.Issue));
        var bundle = $$"""{"resourceType":"Bundle","type":"batch","entry":{{nested}}}""";
        refused = await server.SendAsync("ingest1", HttpMethod.Post, "", bundle);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
    }

    /// <summary>A multipart form would lie on the disk in clear while it arrives; a form of ten thousand fields is none.</summary>
    [Fact]
    public async Task Only_forms_in_the_encoding_of_urls_are_read()
    {
        const string Parts = "--a\r\nContent-Disposition: form-data; name=\"patient\"\r\n\r\nsample-a\r\n--a--\r\n";
        const string Path = "Observation/_search";
        var multipart = ("Content-Type", "multipart/form-data; boundary=a");
        var refused = await server.SendAsync("clinician1", HttpMethod.Post, Path, Parts, multipart);
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, "not-supported"), (refused.Status, refused.Issue));
        var fields = string.Join('&', Enumerable.Range(0, 10_000).Select(i => $"a{i}=1"));
        var form = ("Content-Type", "application/x-www-form-urlencoded");
        refused = await server.SendAsync("clinician1", HttpMethod.Post, Path, fields, form);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), (refused.Status, refused.Issue));
    }

    [Fact]
    public async Task What_is_the_servers_in_meta_is_the_servers()
    {
        var body = JsonNode.Parse(Observation("sample-a", "3"))!;
        body["meta"] = new JsonObject
        {
            ["versionId"] = "77",
            ["lastUpdated"] = "1999-01-01T00:00:00Z",
            ["profile"] = new JsonArray("http://example.org/p"),
        };
        body["id"] = "chosen";
        var created = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", body.ToJsonString());
        Assert.Equal(HttpStatusCode.Created, created.Status);
        var meta = created.Json.GetProperty("meta");
        Assert.Equal("1", meta.GetProperty("versionId").GetString());
        Assert.False(meta.GetProperty("lastUpdated").GetString()!.StartsWith("1999", StringComparison.Ordinal));
        Assert.Equal("http://example.org/p", meta.GetProperty("profile")[0].GetString());
        Assert.DoesNotContain("\"chosen\"", created.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_is_written_whole_with_its_references_resolved()
    {
        var answer = await server.SendAsync("ingest1", HttpMethod.Post, "", SampleRecords.Bundle("Wintermantel", 5));
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("transaction-response", answer.Json.GetProperty("type").GetString());
        var locations = answer
            .Json.GetProperty("entry")
            .EnumerateArray()
            .Select(e => e.GetProperty("response").GetProperty("location").GetString()!)
            .ToList();
        Assert.Equal(6, locations.Count);
        Assert.Matches("^Patient/[0-9a-f-]{36}/_history/1$", locations[0]);
        Assert.All(locations.Skip(1), l => Assert.Matches("^Observation/[0-9a-f-]{36}/_history/1$", l));
        // No consent covers the new patient, and the service reads nothing back.
        foreach (var location in locations)
        {
            Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician1", location)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync("ingest1", location)).Status);
        }
    }

    [Fact]
    public async Task A_transaction_with_one_bad_entry_writes_nothing()
    {
        var id = "whole-or-nothing";
        var bundle = $$$"""
            {"resourceType":"Bundle","type":"transaction","entry":[
            {"resource":{"resourceType":"Organization","id":"{{{id}}}","name":"x"},"request":{"method":"PUT","url":"Organization/{{{id}}}"}},
            {"resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/nobody"}},
             "request":{"method":"POST","url":"Observation"}}]}
            """;
        var refused = await server.SendAsync("ingest1", HttpMethod.Post, "", bundle);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("entry[1]", refused.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician1", $"Organization/{id}")).Status);

        var dangling = bundle.Replace(
            "Patient/nobody",
            "urn:uuid:00000000-0000-0000-0000-00000000ffff",
            StringComparison.Ordinal
        );
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await server.SendAsync("ingest1", HttpMethod.Post, "", dangling)).Status
        );
        // A batch takes what it can.
        var batch = bundle.Replace("\"transaction\"", "\"batch\"", StringComparison.Ordinal);
        var answer = await server.SendAsync("ingest1", HttpMethod.Post, "", batch);
        Assert.Equal(
            "201,422",
            string.Join(
                ',',
                answer
                    .Json.GetProperty("entry")
                    .EnumerateArray()
                    .Select(e => e.GetProperty("response").GetProperty("status").GetString()![..3])
            )
        );
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("clinician1", $"Organization/{id}")).Status);
    }

    [Fact]
    public async Task A_batch_reads_through_the_same_gate()
    {
        const string Batch = """
            {"resourceType":"Bundle","type":"batch","entry":[
            {"request":{"method":"GET","url":"Patient/sample-a"}},
            {"request":{"method":"GET","url":"Patient/sample-d"}},
            {"request":{"method":"GET","url":"Patient/nobody"}},
            {"request":{"method":"GET","url":"Patient/sample-a/_history"}}]}
            """;
        var answer = await server.SendAsync("clinician1", HttpMethod.Post, "", Batch);
        var entries = answer.Json.GetProperty("entry").EnumerateArray().ToList();
        Assert.Equal(
            "200,404,404,200",
            string.Join(',', entries.Select(e => e.GetProperty("response").GetProperty("status").GetString()![..3]))
        );
        Assert.Equal(entries[1].GetRawText(), entries[2].GetRawText());
        Assert.Equal("sample-a", entries[0].GetProperty("resource").GetProperty("id").GetString());
        var denied = await server.SendAsync("clinician2", HttpMethod.Post, "", Batch);
        Assert.All(
            denied.Json.GetProperty("entry").EnumerateArray(),
            e =>
                Assert.StartsWith(
                    "404",
                    e.GetProperty("response").GetProperty("status").GetString()!,
                    StringComparison.Ordinal
                )
        );
    }

    [SharedDataFact("synthea-r4")]
    public async Task A_synthea_bundle_is_taken_as_it_is()
    {
        var file = Directory
            .GetFiles(SharedData.Folder("synthea-r4")!, "*.json")
            .OrderBy(f => new FileInfo(f).Length)
            .First();
        var answer = await server.SendAsync(
            "ingest1",
            HttpMethod.Post,
            "",
            await System.IO.File.ReadAllTextAsync(file)
        );
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Issue);
        Assert.All(
            answer.Json.GetProperty("entry").EnumerateArray(),
            e =>
                Assert.StartsWith(
                    "201",
                    e.GetProperty("response").GetProperty("status").GetString()!,
                    StringComparison.Ordinal
                )
        );
    }

    [Theory]
    [InlineData("""{"text":"a\u0000b"}""")]
    [InlineData("""{"text":"a\u001bb"}""")]
    [InlineData("""{"coding":[{"display":"a\bb"}]}""")]
    public async Task Text_has_no_control_characters(string code)
    {
        var body = Observation("sample-a", "7.30")
            .Replace("\"subject\"", $"\"bodySite\":{code},\"subject\"", StringComparison.Ordinal);
        var refused = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", body);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "value"), (refused.Status, refused.Issue));
        Assert.Contains("Observation.bodySite", refused.Body, StringComparison.Ordinal);
        foreach (var kind in new[] { "\\t", "\\r\\n", "\\u0085" })
        {
            var lines = body.Replace(code, $$"""{"text":"a{{kind}}b"}""", StringComparison.Ordinal);
            var taken = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", lines);
            Assert.True(taken.Status == HttpStatusCode.Created, taken.Body);
        }
    }

    [Theory]
    [InlineData("[{}]")]
    [InlineData("""[{"resourceType":"\ud800"}]""")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"resourceType":"Patient"}""")]
    public async Task What_is_contained_is_a_list_of_resources(string contained)
    {
        var body = Observation("sample-a", "7.40")
            .Replace("\"status\"", $"\"contained\":{contained},\"status\"", StringComparison.Ordinal);
        var refused = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", body);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "structure"), (refused.Status, refused.Issue));
    }

    [Theory]
    [InlineData("patient1", "/consents", "{}")]
    [InlineData("patient1", "/consents", """{"resourceType":"\ud800"}""")]
    [InlineData("clinician1", "/analyses", """{"patient":"Patient/sample-a","types":[null]}""")]
    public async Task What_is_posted_beside_FHIR_and_cannot_be_read_is_refused(string user, string path, string body)
    {
        var url = server.Beside(path);
        var refused = await server.SendAsync(user, HttpMethod.Post, url, body, ("Content-Type", "application/json"));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid"), (refused.Status, refused.Issue));
    }

    private static string Patient(string id) => $$"""{"resourceType":"Patient","id":"{{id}}"}""";

    private static string Observation(string patient, string value, string? id = null) =>
        $$$"""
            {"resourceType":"Observation",{{{(id is null ? "" : $"\"id\":\"{id}\",")}}}"status":"final",
            "code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},
            "subject":{"reference":"Patient/{{{patient}}}"},"effectiveDateTime":"2024-05-01",
            "valueQuantity":{"value":{{{value}}},"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}
            """;
}
