using System.Net;
using System.Text.Json;

namespace MedLedger.Api.Tests.Http.Fhir;

[Collection("FHIR server")]
public sealed class AnalyzeTests(FhirServer server)
{
    [Fact]
    public async Task An_analysis_is_asked_for_its_Task_followed_and_its_report_read_while_consent_lasts()
    {
        const string Id = "analyze-1";
        await BypassSituations.PatientAsync(server, Id, EverythingTests.ConsentToAll(Id));
        var asked = await server.SendAsync("clinician1", HttpMethod.Post, $"Patient/{Id}/$analyze");
        Assert.True(asked.Status == HttpStatusCode.Accepted, asked.Body);
        var task = asked.Content.ContentLocation!.OriginalString;
        Assert.Equal(task, $"{server.BaseUrl}/Task/{asked.Json.GetProperty("id").GetString()}", StringComparer.Ordinal);
        Assert.NotNull(Api.Fhir.ResourceParser.TryParse(System.Text.Encoding.UTF8.GetBytes(asked.Body), out _));

        var done = await EndAsync("clinician1", task);
        Assert.Equal("completed", done.GetProperty("status").GetString());
        Assert.Equal("Patient/" + Id, done.GetProperty("for").GetProperty("reference").GetString());
        Assert.Equal("Practitioner/clinician1", done.GetProperty("requester").GetProperty("reference").GetString());
        var report = done.GetProperty("output")[0].GetProperty("valueReference").GetProperty("reference").GetString()!;
        foreach (var user in new[] { "clinician1", "patient-" + Id })
        {
            Assert.Equal("completed", (await EndAsync(user, task)).GetProperty("status").GetString());
            var read = await server.GetAsync(user, report);
            Assert.Equal(HttpStatusCode.OK, read.Status);
            Assert.Equal("DiagnosticReport", read.Json.GetProperty("resourceType").GetString());
        }
        // To anybody else there is neither.
        foreach (var path in new[] { task, report })
        {
            var other = await server.GetAsync("clinician2", path);
            var absent = await server.GetAsync("clinician2", path[..^1] + (path[^1] == '0' ? '1' : '0'));
            Assert.Equal((absent.Status, absent.Body), (other.Status, other.Body));
            Assert.Equal(HttpStatusCode.NotFound, other.Status);
        }
        var log = (await server.GetAsync("patient-" + Id, "AuditEvent?_count=500")).Body;
        Assert.Contains("clinician1 asked for an analysis", log, StringComparison.Ordinal);

        var ended = await server.SendAsync("patient-" + Id, HttpMethod.Delete, server.Beside($"/consents/{Id}-c"));
        Assert.Equal(HttpStatusCode.OK, ended.Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician1", report)).Status);
        var again = await server.SendAsync("clinician1", HttpMethod.Post, $"Patient/{Id}/$analyze");
        Assert.Equal(HttpStatusCode.NotFound, again.Status);
    }

    [Theory]
    [InlineData("Patient/sample-a/$analyze", "patient", "Patient/sample-b")]
    [InlineData("Patient/$analyze", "patient", "nonsense")]
    [InlineData("Patient/$analyze", "type", "Nonsense")]
    [InlineData("Patient/$analyze", "model", "x")]
    public async Task What_is_not_understood_is_refused(string path, string name, string value)
    {
        var body = JsonSerializer.Serialize(
            new { resourceType = "Parameters", parameter = new[] { new { name, valueString = value } } }
        );
        var refused = await server.SendAsync("clinician1", HttpMethod.Post, path, body);
        Assert.Equal((HttpStatusCode.BadRequest, "not-supported"), (refused.Status, refused.Issue));
    }

    [Fact]
    public async Task It_needs_a_patient_and_a_clinician()
    {
        var nobody = await server.SendAsync("clinician1", HttpMethod.Post, "Patient/$analyze");
        Assert.Equal((HttpStatusCode.BadRequest, "required"), (nobody.Status, nobody.Issue));
        foreach (var user in new[] { "patient1", "ingest1", "compliance1", "operator1" })
        {
            var refused = await server.SendAsync(user, HttpMethod.Post, "Patient/sample-a/$analyze");
            Assert.Equal(HttpStatusCode.Forbidden, refused.Status);
        }
    }

    private Task<JsonElement> EndAsync(string user, string task) => EndAsync(server, user, task);

    /// <summary>The Task when the analysis has ended.</summary>
    internal static async Task<JsonElement> EndAsync(FhirServer server, string user, string task)
    {
        while (true)
        {
            var state = await server.GetAsync(user, task);
            Assert.True(state.Status == HttpStatusCode.OK, state.Body);
            if (state.Json.GetProperty("status").GetString() is "completed" or "failed" or "rejected")
                return state.Json;
            await Task.Delay(200);
        }
    }
}
