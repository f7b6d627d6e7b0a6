using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using MedLedger.Api.Samples;
using MedLedger.Api.Tests.Cli;
using MedLedger.Tests;

namespace MedLedger.Api.Tests.Http;

public sealed class ServeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task The_steps_of_the_main_job_over_http()
    {
        foreach (
            var (name, role) in new[]
            {
                ("ingest1", "Ingest"),
                ("clinician1", "Clinician"),
                ("clinician2", "Clinician"),
            }
        )
            Assert.Equal(0, (await CommandRun.Of(["user", "add", name, "--role", role, .. Store])).ExitCode);
        string[] patient = ["user", "add", "patient1", "--role", "Patient", "--reference", "Patient/sample-a"];
        Assert.Equal(0, (await CommandRun.Of([.. patient, .. Store])).ExitCode);
        using var server = Process.Start(
            new ProcessStartInfo("dotnet", [BuiltProgram.Path, "serve", "--urls", "http://127.0.0.1:0", .. Store])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            using var http = new HttpClient { BaseAddress = await AddressAsync(server) };
            await StoryAsync(http);
            await LogAsync(new Uri(http.BaseAddress!, "log"));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    public void Dispose() => _folder.Dispose();

    private string[] Store => ["--data", _folder.File("data"), "--key-file", _folder.File("master.key")];

    private async Task StoryAsync(HttpClient http)
    {
        var (ingest, clinician) = (await TokenAsync("ingest1", "TREAT"), await TokenAsync("clinician1", "TREAT"));
        var (outsider, patient) = (await TokenAsync("clinician2", "TREAT"), await TokenAsync("patient1", "PATRQT"));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/openapi/v1.json")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/fhir/Patient/sample-a")).StatusCode);
        Assert.Equal(
            HttpStatusCode.NotImplemented,
            (await SendAsync(http, HttpMethod.Get, "/fhir/Observation/$lastn", clinician)).Status
        );
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await SendAsync(http, HttpMethod.Get, "/audit", clinician + "A")).Status
        );

        var bundle = SampleFiles.Read(SampleFiles.Patients[0]);
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await SendAsync(http, HttpMethod.Post, "/import", clinician, bundle)).Status
        );
        var imported = await SendAsync(http, HttpMethod.Post, "/import", ingest, bundle);
        Assert.True(imported.Json.GetProperty("ok").GetBoolean());

        // What no consent permits looks like a patient who is not there.
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(http, clinician, "Patient/nobody")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(http, clinician)).Status);
        var consent = SampleFiles.ReadConsentOf("Patient/sample-a")!;
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await SendAsync(http, HttpMethod.Post, "/consents", clinician, consent)).Status
        );
        Assert.Equal(
            HttpStatusCode.Created,
            (await SendAsync(http, HttpMethod.Post, "/consents", patient, consent)).Status
        );

        var done = await AnalyseAsync(http, clinician);
        Assert.Equal("Delivered", done.GetProperty("state").GetString());
        var path = $"/analyses/{done.GetProperty("id").GetString()}";
        Assert.Equal(
            "DiagnosticReport",
            (await SendAsync(http, HttpMethod.Get, path + "/report", clinician))
                .Json.GetProperty("resourceType")
                .GetString()
        );
        // To anybody else there is no such analysis.
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await SendAsync(http, HttpMethod.Get, path + "/report", outsider)).Status
        );
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(http, HttpMethod.Get, path, outsider)).Status);
        var evidence = await SendAsync(http, HttpMethod.Get, path + "/evidence", patient);
        Assert.Equal("medledger.evidence.v1", evidence.Json.GetProperty("format").GetString());

        var revoked = await SendAsync(http, HttpMethod.Delete, "/consents/sample-a-consent", patient);
        Assert.Equal((HttpStatusCode.OK, 1), (revoked.Status, revoked.Json.GetProperty("revoked").GetInt32()));
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await SendAsync(http, HttpMethod.Get, path + "/report", clinician)).Status
        );
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(http, clinician)).Status);
        var uses = (await SendAsync(http, HttpMethod.Get, "/uses", patient)).Json;
        Assert.True(uses.GetProperty("agrees").GetBoolean());
        Assert.Equal(
            "verified",
            Assert.Single(uses.GetProperty("uses").EnumerateArray()).GetProperty("status").GetString()
        );
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(http, HttpMethod.Get, "/uses", clinician)).Status);
        var receipt = (await SendAsync(http, HttpMethod.Get, "/receipt", patient)).Json;
        Assert.Equal(1, receipt.GetProperty("receipt").GetProperty("revoked").GetArrayLength());
        var seen = await SendAsync(http, HttpMethod.Get, "/audit", patient);
        string Told(JsonElement e) => $"{e.GetProperty("action")} {e.GetProperty("entities")}";
        Assert.Contains(
            seen.Json.EnumerateArray(),
            e => Told(e) == $"Read [\"analysis-{path["/analyses/".Length..]}\"]"
        );
    }

    // A compliance officer has an address, the trust file and some node of the chain.
    private async Task LogAsync(Uri log)
    {
        var node = File.ReadAllText(_folder.File("data", "chain", "node.url")).Trim();
        string[] line = ["verify", "--log", log.ToString(), "--trust", _folder.File("data", "trust.json"), "--json"];
        foreach (var chain in new string[][] { [], ["--chain", node] })
        {
            var verified = await CommandRun.Of([.. line, .. chain]);
            Assert.True(verified.ExitCode == Api.Cli.ExitCode.Good, verified.Error);
            Assert.Equal("valid", verified.Json.GetProperty("result").GetString());
        }
    }

    private static Task<(HttpStatusCode Status, JsonElement Json)> AskAsync(
        HttpClient http,
        string token,
        string patient = "Patient/sample-a"
    ) => SendAsync(http, HttpMethod.Post, "/analyses", token, JsonSerializer.SerializeToUtf8Bytes(new { patient }));

    private static async Task<JsonElement> AnalyseAsync(HttpClient http, string token)
    {
        var accepted = await AskAsync(http, token);
        Assert.Equal(HttpStatusCode.Accepted, accepted.Status);
        var path = $"/analyses/{accepted.Json.GetProperty("id").GetString()}";
        for (var i = 0; i < 600; i++)
        {
            var state = (await SendAsync(http, HttpMethod.Get, path, token)).Json;
            if (state.GetProperty("state").GetString() is "Delivered" or "Denied" or "Aborted")
                return state;
            await Task.Delay(200);
        }
        throw new TimeoutException("The analysis did not end.");
    }

    private static async Task<(HttpStatusCode Status, JsonElement Json)> SendAsync(
        HttpClient http,
        HttpMethod method,
        string path,
        string token,
        byte[]? body = null
    )
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        using var response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    private async Task<string> TokenAsync(string user, string purpose)
    {
        var run = await CommandRun.Of(["token", "--user", user, "--purpose", purpose, "--json", .. Store]);
        return run.Json.GetProperty("token").GetString()!;
    }

    private static async Task<Uri> AddressAsync(Process server)
    {
        while (await server.StandardError.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("Listening on ", StringComparison.Ordinal))
                return new Uri(line["Listening on ".Length..].Split(';')[0]);
        }
        throw new InvalidOperationException("The server did not start.");
    }
}
