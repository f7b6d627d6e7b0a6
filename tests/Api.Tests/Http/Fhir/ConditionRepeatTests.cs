using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Conditions that say nothing, stand twice, or stand before what is not there yet.</summary>
[Collection("FHIR server")]
public sealed class ConditionRepeatTests(FhirServer server)
{
    [Fact]
    public async Task An_empty_condition_creates_nothing()
    {
        var body = Observation("none").ToJsonString();
        var answer = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", body, ("If-None-Exist", ""));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), (answer.Status, answer.Issue));
        Assert.Equal(0, await CountAsync("none"));
    }

    [Fact]
    public async Task Two_conditions_create_nothing()
    {
        var target = new Uri(server.BaseUrl);
        using var client = new TcpClient(target.Host, target.Port);
        var body = Observation("twice").ToJsonString();
        // HttpClient would make one header of the two.
        var request = $"""
            POST /fhir/Observation HTTP/1.1
            Host: {target.Authority}
            Authorization: Bearer {await server.TokenAsync("clinician1")}
            Content-Type: application/fhir+json
            If-None-Exist: identifier=urn:repeat|1
            If-None-Exist: identifier=urn:repeat|2
            Content-Length: {body.Length}
            Connection: close

            {body}
            """;
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request.ReplaceLineEndings("\r\n")));
        using var reader = new StreamReader(client.GetStream());
        Assert.StartsWith("HTTP/1.1 400", await reader.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync("twice"));
    }

    [Fact]
    public async Task An_update_of_one_version_creates_nothing()
    {
        var answer = await server.SendAsync(
            "clinician1",
            HttpMethod.Put,
            "Observation?identifier=urn:repeat|version",
            Observation("version").ToJsonString(),
            ("If-Match", "W/\"2\"")
        );
        Assert.Equal((HttpStatusCode.PreconditionFailed, "conflict"), (answer.Status, answer.Issue));
        Assert.Equal(0, await CountAsync("version"));
    }

    [Fact]
    public async Task What_two_entries_create_under_one_condition_is_created_once()
    {
        const string One = "urn:uuid:5a4f7a52-6a0e-4d0f-9d0d-0d2f3b0f7f01";
        const string Two = "urn:uuid:5a4f7a52-6a0e-4d0f-9d0d-0d2f3b0f7f02";
        string Create(string name) =>
            Entry("POST", "Observation", Observation("shared"), name, "identifier=urn:repeat|shared");
        string Naming(string name, string of) => Entry("POST", "Observation", Observation(name, of));
        var answer = await PostAsync(Create(One), Create(Two), Naming("first", One), Naming("second", Two));
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
        var entries = answer.Json.GetProperty("entry").EnumerateArray().ToList();
        Assert.Equal(
            "201,200,201,201",
            string.Join(',', entries.Select(e => e.GetProperty("response").GetProperty("status").GetString()![..3]))
        );
        var made = Location(entries[0]);
        Assert.Equal(made, Location(entries[1]));
        Assert.Equal(entries[0].GetProperty("resource").GetRawText(), entries[1].GetProperty("resource").GetRawText());
        Assert.Equal(1, await CountAsync("shared"));
        foreach (var name in new[] { "first", "second" })
        {
            var found = await server.GetAsync("clinician1", "Observation?identifier=urn:repeat|" + name);
            Assert.Contains($"\"{made.Split("/_history")[0]}\"", found.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_two_entries_update_under_one_condition_is_refused()
    {
        var update = Entry("PUT", "Observation?identifier=urn:repeat|updated", Observation("updated"));
        var answer = await PostAsync(update, update);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), (answer.Status, answer.Issue));
        Assert.Contains("entry[1]", answer.Body, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync("updated"));
    }

    [Fact]
    public async Task A_name_is_that_of_one_entry()
    {
        const string Name = "urn:uuid:5a4f7a52-6a0e-4d0f-9d0d-0d2f3b0f7f03";
        string Create(string value) => Entry("POST", "Observation", Observation(value), Name);
        var answer = await PostAsync(Create("named-1"), Create("named-2"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), (answer.Status, answer.Issue));
        Assert.Contains("entry[1]", answer.Body, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync("named-1"));
    }

    private Task<FhirAnswer> PostAsync(params string[] entries) =>
        server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "",
            $$"""{"resourceType":"Bundle","type":"transaction","entry":[{{string.Join(',', entries)}}]}""",
            ("Prefer", "return=representation")
        );

    private async Task<int> CountAsync(string value) =>
        (await server.GetAsync("clinician1", $"Observation?identifier=urn:repeat|{value}&_summary=count"))
            .Json.GetProperty("total")
            .GetInt32();

    private static string Location(JsonElement entry) =>
        entry.GetProperty("response").GetProperty("location").GetString()!;

    private static string Entry(
        string method,
        string url,
        JsonObject resource,
        string? fullUrl = null,
        string? ifNoneExist = null
    )
    {
        var request = new JsonObject { ["method"] = method, ["url"] = url };
        if (ifNoneExist is not null)
            request["ifNoneExist"] = ifNoneExist;
        var entry = new JsonObject { ["resource"] = resource, ["request"] = request };
        if (fullUrl is not null)
            entry["fullUrl"] = fullUrl;
        return entry.ToJsonString();
    }

    private static JsonObject Observation(string value, string? derivedFrom = null)
    {
        var observation = new JsonObject
        {
            ["resourceType"] = "Observation",
            ["identifier"] = new JsonArray(new JsonObject { ["system"] = "urn:repeat", ["value"] = value }),
            ["status"] = "final",
            ["code"] = new JsonObject { ["text"] = "x" },
            ["subject"] = new JsonObject { ["reference"] = "Patient/sample-a" },
        };
        if (derivedFrom is not null)
            observation["derivedFrom"] = new JsonArray(new JsonObject { ["reference"] = derivedFrom });
        return observation;
    }
}
