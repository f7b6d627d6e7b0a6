using System.Net;
using System.Text;
using System.Text.Json;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>A consent that lets only de-identified text out, from the patient's words to what the clinician gets.</summary>
[Collection("FHIR server")]
public sealed class DeidentifiedAnalysisTests(FhirServer server)
{
    private const string Note =
        "Mr. Oswald Kingsley, MRN 00123456, was seen on 03/14/2019. He denies chest pain. Assessment: pneumonia.";

    [Fact]
    [Trait("threat", "clinician with a valid account")]
    public async Task An_analysis_under_a_consent_that_demands_it_gives_masked_text_alone()
    {
        await server.AddUserAsync("deid1", "Clinician", "Practitioner/deid1");
        await server.AddUserAsync("patient-deid", "Patient", "Patient/deid");
        await PutAsync("Patient/deid", """{"resourceType":"Patient","id":"deid"}""");
        var data = Convert.ToBase64String(Encoding.UTF8.GetBytes(Note));
        await PutAsync(
            "DocumentReference/deid-note",
            $$$"""
            {"resourceType":"DocumentReference","id":"deid-note","status":"current","subject":{"reference":"Patient/deid"},
             "content":[{"attachment":{"contentType":"text/plain","data":"{{{data}}}"}}]}
            """
        );
        var consented = await server.SendAsync(
            "patient-deid",
            HttpMethod.Post,
            server.Beside("/consents"),
            Consent,
            ("Content-Type", "application/json")
        );
        Assert.Equal(HttpStatusCode.Created, consented.Status);

        // The records themselves stay closed; the analysis is done.
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("deid1", "DocumentReference/deid-note")).Status);
        var path = await AnalyseAsync();
        var report = await server.GetAsync("deid1", path + "/report");
        Assert.Equal(HttpStatusCode.OK, report.Status);
        Assert.DoesNotContain("Kingsley", report.Body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("00123456", report.Body, StringComparison.Ordinal);
        var summary = Encoding.UTF8.GetString(
            report.Json.GetProperty("presentedForm")[0].GetProperty("data").GetBytesFromBase64()
        );
        Assert.DoesNotContain("Kingsley", summary, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"pneumonia\" (DocumentReference/deid-note)", summary, StringComparison.Ordinal);
        var conditions = report
            .Json.GetProperty("contained")
            .EnumerateArray()
            .Where(c => c.GetProperty("resourceType").GetString() == "Condition")
            .ToDictionary(c => c.GetProperty("code").GetProperty("text").GetString()!, StringComparer.Ordinal);
        Assert.Equal("refuted", Status(conditions["chest pain"]));
        Assert.Equal("confirmed", Status(conditions["pneumonia"]));
        // Nobody else has it, also not under /fhir.
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician2", path + "/report")).Status);
        var id = report.Json.GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("deid1", $"DiagnosticReport/{id}")).Status);
    }

    private static string? Status(JsonElement condition) =>
        condition.GetProperty("verificationStatus").GetProperty("coding")[0].GetProperty("code").GetString();

    private async Task PutAsync(string path, string json) =>
        Assert.Equal(HttpStatusCode.Created, (await server.SendAsync("ingest1", HttpMethod.Put, path, json)).Status);

    private async Task<string> AnalyseAsync()
    {
        var asked = await server.SendAsync(
            "deid1",
            HttpMethod.Post,
            server.Beside("/analyses"),
            """{"patient":"Patient/deid"}""",
            ("Content-Type", "application/json")
        );
        Assert.Equal(HttpStatusCode.Accepted, asked.Status);
        var path = server.Beside("/analyses/" + asked.Json.GetProperty("id").GetString());
        while (true)
        {
            var answer = (await server.GetAsync("deid1", path)).Json;
            var state = answer.GetProperty("state").GetString();
            Assert.False(state is "Denied" or "Aborted", answer.ToString());
            if (state == "Delivered")
                return path;
            await Task.Delay(200);
        }
    }

    private const string Consent = """
        {"resourceType":"Consent","id":"deid-consent","status":"active",
         "meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"DEID"}]},
         "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
         "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
         "patient":{"reference":"Patient/deid"},"dateTime":"2026-01-01T00:00:00Z",
         "policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTIN"}]},
         "provision":{"type":"permit","purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}],
           "actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},
             "reference":{"reference":"Practitioner/deid1"}}]}}
        """;
}
