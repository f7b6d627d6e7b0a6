using System.Net;
using System.Text.Json;

namespace MedLedger.Api.Tests.Http.Fhir;

[Collection("FHIR server")]
public sealed class HistoryTests(FhirServer server)
{
    [Fact]
    public async Task The_history_of_a_type_has_each_version_the_newest_first_and_deletions()
    {
        var id = await CreateAsync("sample-a");
        var path = $"Observation/{id}";
        var before = await server.GetAsync("clinician1", path);
        var since = before.Json.GetProperty("meta").GetProperty("lastUpdated").GetString()!;
        var changed = before.Body.Replace("\"final\"", "\"amended\"", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("clinician1", HttpMethod.Put, path, changed)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await server.SendAsync("clinician1", HttpMethod.Delete, path)).Status);
        foreach (var history in new[] { "Observation/_history", "_history" })
        {
            var answer = await server.GetAsync("clinician1", $"{history}?_since={since}");
            Assert.Equal((HttpStatusCode.OK, "history"), (answer.Status, answer.Json.GetProperty("type").GetString()));
            var own = Requests(answer).Where(r => r.Url.EndsWith(path, StringComparison.Ordinal)).ToList();
            Assert.Equal(["DELETE 204", "PUT 200", "POST 201"], own.Select(o => o.Line), StringComparer.Ordinal);
            Assert.Contains(
                path,
                (await server.GetAsync("patient1", $"{history}?_since={since}")).Body,
                StringComparison.Ordinal
            );
            Assert.DoesNotContain(
                path,
                (await server.GetAsync("clinician2", $"{history}?_since={since}")).Body,
                StringComparison.Ordinal
            );
        }
        Assert.DoesNotContain(
            path,
            (await server.GetAsync("clinician1", "Patient/_history")).Body,
            StringComparison.Ordinal
        );
        Assert.Equal("not-supported", (await server.GetAsync("clinician1", "_history?_at=2020")).Issue);
        Assert.Equal("not-supported", (await server.GetAsync("clinician1", "_history?_since=2020")).Issue);
        Assert.Equal("not-supported", (await server.GetAsync("clinician1", "_history?_count=0")).Issue);
        var later = await server.GetAsync("clinician1", "Observation/_history?_since=2999-01-01T00:00:00Z");
        Assert.Empty(Requests(later));
    }

    [Theory]
    [InlineData("_history")]
    [InlineData("Observation/_history")]
    public async Task Pages_have_each_version_once_and_are_their_callers_alone(string path)
    {
        var whole = Requests(await server.GetAsync("patient1", path + "?_count=500"));
        Assert.InRange(whole.Count, 7, 499);
        var paged = new List<(string Url, string Tag, string Line)>();
        var page = await server.GetAsync("patient1", path + "?_count=3");
        while (true)
        {
            paged.AddRange(Requests(page));
            if (page.Link("next") is not { } next)
                break;
            Assert.Equal(3, Requests(page).Count);
            foreach (var other in new[] { "clinician1", "clinician2" })
                Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(other, next)).Status);
            page = await server.GetAsync("patient1", next);
        }
        Assert.Equal(whole, paged);
        // A link is for its path.
        var first = (await server.GetAsync("patient1", path + "?_count=3")).Link("next")!;
        var elsewhere = first.Replace(path, "Condition/_history", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("patient1", elsewhere)).Status);
    }

    [Fact]
    public async Task One_resource_s_versions_come_in_pages_too()
    {
        var id = await CreateAsync("sample-a");
        var path = $"Observation/{id}";
        var body = (await server.GetAsync("clinician1", path)).Body;
        foreach (var status in new[] { "amended", "corrected" })
            await server.SendAsync(
                "clinician1",
                HttpMethod.Put,
                path,
                body.Replace("\"final\"", $"\"{status}\"", StringComparison.Ordinal)
            );
        var page = await server.GetAsync("clinician1", path + "/_history?_count=2");
        Assert.Equal(["W/\"3\"", "W/\"2\""], Requests(page).Select(r => r.Tag), StringComparer.Ordinal);
        Assert.Equal(3, page.Json.GetProperty("total").GetInt32());
        var rest = await server.GetAsync("clinician1", page.Link("next")!);
        Assert.Equal(["W/\"1\""], Requests(rest).Select(r => r.Tag), StringComparer.Ordinal);
        Assert.Null(rest.Link("next"));
    }

    [Fact]
    public async Task Scopes_hold_for_the_history_of_many()
    {
        var read = await server.ScopedTokenAsync("clinician1", "user/Observation.r", null);
        Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync(read, "Observation/_history")).Status);
        var search = await server.ScopedTokenAsync("clinician1", "user/Observation.rs", null);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(search, "Observation/_history")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync(search, "Condition/_history")).Status);
        var all = Requests(await server.GetAsync(search, "_history?_count=500"));
        Assert.NotEmpty(all);
        Assert.All(all, r => Assert.Contains("/Observation/", r.Url, StringComparison.Ordinal));
        foreach (var user in new[] { "ingest1", "compliance1", "operator1" })
            Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync(user, "_history")).Status);
    }

    private async Task<string> CreateAsync(string patient)
    {
        var body =
            "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},"
            + $"\"subject\":{{\"reference\":\"Patient/{patient}\"}}}}";
        var created = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", body);
        Assert.Equal(HttpStatusCode.Created, created.Status);
        return created.Json.GetProperty("id").GetString()!;
    }

    private static List<(string Url, string Tag, string Line)> Requests(FhirAnswer answer) =>
        answer.Json.TryGetProperty("entry", out var entries)
            ?
            [
                .. entries
                    .EnumerateArray()
                    .Select(e =>
                        (
                            Text(e, "fullUrl"),
                            Text(e.GetProperty("response"), "etag"),
                            $"{Text(e.GetProperty("request"), "method")} {Text(e.GetProperty("response"), "status")}"
                        )
                    ),
            ]
            : [];

    private static string Text(JsonElement from, string name) => from.GetProperty(name).GetString()!;
}
