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
        for (string? path = "AuditEvent?_count=40"; path is not null && pages < 1000; pages++)
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
        Assert.NotEqual(HttpStatusCode.OK, (await server.GetAsync("compliance1", "AuditEvent?nothing=x")).Status);
    }

    [Theory]
    [InlineData("agent=Practitioner/clinician2")]
    [InlineData("agent=Practitioner/clinician2&patient=Patient/sample-a")]
    [InlineData("outcome=4")]
    [InlineData("outcome:not=0")]
    [InlineData("action=R")]
    [InlineData("subtype=http://hl7.org/fhir/restful-interaction|read")]
    [InlineData("type=rest")]
    [InlineData("entity=Patient/sample-a")]
    [InlineData("date=ge2020-01-01&date=lt2200-01-01")]
    [InlineData("agent=Practitioner/clinician2&outcome=4&action=R&_sort=-date")]
    public async Task A_patient_searches_what_concerns_them_by_GET_and_POST(string query)
    {
        await server.GetAsync("clinician2", "Patient/sample-a");
        var read = await server.GetAsync("patient1", "AuditEvent?_count=5&" + query);
        Assert.True(read.Status == HttpStatusCode.OK, read.Body);
        Assert.NotEmpty(read.Found());
        foreach (var resource in read.Json.GetProperty("entry").EnumerateArray().Select(e => e.GetProperty("resource")))
        {
            var text = resource.GetRawText();
            if (query.Contains("agent=", StringComparison.Ordinal))
                Assert.Contains("Practitioner/clinician2", text, StringComparison.Ordinal);
            if (query.Contains("outcome", StringComparison.Ordinal))
                Assert.Equal("4", resource.GetProperty("outcome").GetString());
            if (query.Contains("action=R", StringComparison.Ordinal))
                Assert.Equal("R", resource.GetProperty("action").GetString());
        }
        (string, string) form = ("Content-Type", "application/x-www-form-urlencoded");
        var posted = await server.SendAsync(
            "patient1",
            HttpMethod.Post,
            "AuditEvent/_search",
            "_count=5&" + query,
            form
        );
        Assert.Equal(HttpStatusCode.OK, posted.Status);
        Assert.NotEmpty(posted.Found());
        Assert.DoesNotContain(query, posted.Link("self"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agent=Practitioner/nobody")]
    [InlineData("outcome=12")]
    [InlineData("date=lt2020-01-01")]
    [InlineData("entity=Patient/sample-b")]
    [InlineData("entity:identifier=urn:medledger:opaque-key|x")]
    public async Task What_matches_nothing_is_empty(string query) =>
        Assert.Empty((await server.GetAsync("patient1", "AuditEvent?" + query)).Found());

    [Theory]
    [InlineData("date=yesterday")]
    [InlineData("_sort=date")]
    [InlineData("_count=0")]
    [InlineData("agent.name=x")]
    [InlineData("outcome:in=x")]
    [InlineData("_page=AAAA")]
    public async Task What_cannot_be_answered_is_refused(string query) =>
        Assert.NotEqual(HttpStatusCode.OK, (await server.GetAsync("patient1", "AuditEvent?" + query)).Status);

    [Fact]
    public async Task Pages_of_a_search_keep_it_and_are_for_their_caller_alone()
    {
        for (var i = 0; i < 3; i++)
            await server.GetAsync("clinician2", "Patient/sample-a");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var first = await server.GetAsync("patient1", "AuditEvent?agent=Practitioner/clinician2&_count=1");
        var second = await server.GetAsync("patient1", first.Link("next")!);
        Assert.All(first.Found().Concat(second.Found()), id => Assert.True(seen.Add(id), id));
        Assert.Equal(2, seen.Count);
        Assert.Contains("Practitioner/clinician2", second.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("clinician2", first.Link("next")!, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("compliance1", first.Link("next")!)).Status);
    }

    [Fact]
    public async Task Compliance_follows_one_patient_by_an_opaque_key_and_sentences_name_no_patient()
    {
        await server.GetAsync("clinician2", "Patient/sample-a");
        var refused = await server.GetAsync("compliance1", "AuditEvent?outcome=4&agent=Practitioner/clinician2");
        var resource = refused.Json.GetProperty("entry")[0].GetProperty("resource");
        var key = resource
            .GetProperty("entity")[0]
            .GetProperty("what")
            .GetProperty("identifier")
            .GetProperty("value")
            .GetString();
        var about = await server.GetAsync(
            "compliance1",
            $"AuditEvent?entity:identifier=urn:medledger:opaque-key|{key}"
        );
        Assert.Contains(resource.GetProperty("id").GetString()!, about.Body, StringComparison.Ordinal);
        Assert.All(
            about.Json.GetProperty("entry").EnumerateArray(),
            e => Assert.Contains(key!, e.GetRawText(), StringComparison.Ordinal)
        );
        var text = resource.GetProperty("text").GetProperty("div").GetString();
        Assert.Contains("Practitioner/clinician2 tried to read", text, StringComparison.Ordinal);
        Assert.Contains("treatment", text, StringComparison.Ordinal);
        Assert.DoesNotContain("sample-", about.Body, StringComparison.Ordinal);
    }
}
