using System.Net;
using System.Text.Json;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Asks for bulk exports, waits for them and reads their files (FHIR Bulk Data Access 2.0).</summary>
internal static class ExportClient
{
    /// <summary>The header that every export needs.</summary>
    public static readonly (string, string) Async = ("Prefer", "respond-async");

    /// <summary>Asks for an export; answers where it is polled.</summary>
    public static async Task<string> KickOffAsync(FhirServer server, string user, string path)
    {
        var accepted = await server.GetAsync(user, path, Async);
        Assert.True(accepted.Status == HttpStatusCode.Accepted, accepted.Body);
        return accepted.Content.ContentLocation!.OriginalString;
    }

    /// <summary>Polls until the manifest is there.</summary>
    public static async Task<JsonElement> ManifestAsync(FhirServer server, string user, string url)
    {
        while (true)
        {
            var answer = await server.GetAsync(user, url);
            if (answer.Status == HttpStatusCode.OK)
            {
                Assert.Equal("application/json", answer.Content.ContentType!.MediaType);
                Assert.NotNull(answer.Content.Expires);
                return answer.Json;
            }
            Assert.Equal(HttpStatusCode.Accepted, answer.Status);
            Assert.Matches("^[0-9]{1,3}%$", answer.Headers.GetValues("X-Progress").Single());
            Assert.NotNull(answer.Headers.RetryAfter);
            await Task.Delay(50);
        }
    }

    /// <summary>Where the files are.</summary>
    public static List<string> Files(JsonElement manifest) =>
        [.. manifest.GetProperty("output").EnumerateArray().Select(o => o.GetProperty("url").GetString()!)];

    /// <summary><c>Type/id</c> of all lines of all files.</summary>
    public static async Task<List<string>> LinesAsync(FhirServer server, string user, JsonElement manifest)
    {
        var lines = new List<string>();
        foreach (var output in manifest.GetProperty("output").EnumerateArray())
        {
            var file = await server.GetAsync(user, output.GetProperty("url").GetString()!);
            Assert.Equal(HttpStatusCode.OK, file.Status);
            Assert.Equal("application/fhir+ndjson", file.Content.ContentType!.MediaType);
            foreach (var line in file.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var resource = JsonDocument.Parse(line).RootElement;
                Assert.Equal(output.GetProperty("type").GetString(), resource.GetProperty("resourceType").GetString());
                lines.Add($"{resource.GetProperty("resourceType")}/{resource.GetProperty("id")}");
            }
        }
        return lines;
    }

    /// <summary><c>Type/id</c> of what the lines of the deleted files delete.</summary>
    public static async Task<List<string>> DeletedAsync(FhirServer server, string user, JsonElement manifest)
    {
        var deleted = new List<string>();
        foreach (var item in manifest.GetProperty("deleted").EnumerateArray())
        {
            Assert.Equal("Bundle", item.GetProperty("type").GetString());
            var file = await server.GetAsync(user, item.GetProperty("url").GetString()!);
            Assert.Equal(HttpStatusCode.OK, file.Status);
            foreach (var line in file.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var bundle = JsonDocument.Parse(line).RootElement;
                Assert.Equal("transaction", bundle.GetProperty("type").GetString());
                var request = bundle.GetProperty("entry")[0].GetProperty("request");
                Assert.Equal("DELETE", request.GetProperty("method").GetString());
                deleted.Add(request.GetProperty("url").GetString()!);
            }
        }
        return deleted;
    }
}
