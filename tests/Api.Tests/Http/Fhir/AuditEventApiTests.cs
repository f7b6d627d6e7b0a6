using System.Net;

namespace MedLedger.Api.Tests.Http.Fhir;

[Collection("FHIR server")]
public sealed class AuditEventApiTests(FhirServer server)
{
    [Fact]
    public async Task A_patient_reads_who_read_what_and_was_refused_and_nothing_of_others()
    {
        await server.GetAsync("clinician1", "Patient/sample-a");
        await server.GetAsync("clinician2", "Patient/sample-a");
        await server.GetAsync("clinician1", "Patient/sample-b");
        var read = await server.GetAsync("patient1", "AuditEvent?_count=20");
        Assert.Equal(HttpStatusCode.OK, read.Status);
        Assert.NotNull(Api.Fhir.ResourceParser.TryParse(System.Text.Encoding.UTF8.GetBytes(read.Body), out _));
        Assert.Contains("Patient/sample-a", read.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("sample-b", read.Body, StringComparison.Ordinal);
        var resources = read.Json.GetProperty("entry").EnumerateArray().Select(e => e.GetProperty("resource")).ToList();
        Assert.Contains(resources, r => r.GetProperty("outcome").GetString() == "4");
        Assert.Contains(
            resources,
            r => r.GetRawText().Contains("IHE.BasicAudit.PatientRead", StringComparison.Ordinal)
        );

        var id = resources[0].GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("patient1", "AuditEvent/" + id)).Status);
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await server.GetAsync("patient1", "AuditEvent?patient=sample-b")).Status
        );
    }

    [Fact]
    public async Task Compliance_pages_through_all_of_it_without_content()
    {
        await server.GetAsync("clinician1", "Patient/sample-b");
        var (pages, seen) = (0, new HashSet<string>(StringComparer.Ordinal));
        for (string? path = "AuditEvent?_count=40"; path is not null && pages < 100; pages++)
        {
            var page = await server.GetAsync("compliance1", path);
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.DoesNotContain("sample-", page.Body, StringComparison.Ordinal);
            Assert.All(page.Found(), id => Assert.True(seen.Add(id), id));
            path = page.Link("next")?[(server.BaseUrl.Length + 1)..];
        }
        Assert.Contains("AuditEvent/log-0", seen, StringComparer.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("patient1", "AuditEvent/log-99999999")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync("operator1", "AuditEvent")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync("compliance1", "Observation")).Status);
        Assert.NotEqual(HttpStatusCode.OK, (await server.GetAsync("compliance1", "AuditEvent?agent=x")).Status);
    }
}
