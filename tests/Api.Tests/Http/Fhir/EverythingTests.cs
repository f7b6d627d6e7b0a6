using System.Net;

namespace MedLedger.Api.Tests.Http.Fhir;

[Collection("FHIR server")]
public sealed class EverythingTests(FhirServer server)
{
    private const string Path = "Patient/everything-1/$everything";

    [Fact]
    public async Task The_compartment_comes_with_what_it_names_of_the_organization()
    {
        await PatientAsync();
        foreach (var user in new[] { "clinician1", "patient-everything-1" })
        {
            var all = await server.GetAsync(user, Path);
            Assert.Equal(HttpStatusCode.OK, all.Status);
            Assert.Equal("Patient/everything-1", all.Found()[0]);
            Assert.Equal(
                [
                    "Condition/everything-1-old",
                    "Observation/everything-1-0",
                    "Observation/everything-1-1",
                    "Observation/everything-1-2",
                    "Patient/everything-1",
                ],
                all.Found().Where(IsNoConsent).Order(StringComparer.Ordinal),
                StringComparer.Ordinal
            );
            Assert.Contains("Practitioner/everything-doctor", all.Found("include"), StringComparer.Ordinal);
            Assert.Equal(all.Found().Count, all.Json.GetProperty("total").GetInt32());
            Assert.Null(all.Link("next"));
            var posted = await server.SendAsync(user, HttpMethod.Post, Path, """{"resourceType":"Parameters"}""");
            Assert.Equal(all.Found(), posted.Found());
            Assert.Equal(all.Found(), (await server.SendAsync(user, HttpMethod.Post, Path)).Found());
        }
    }

    [Fact]
    public async Task The_patient_s_own_record_needs_no_id()
    {
        await PatientAsync();
        var own = await server.GetAsync("patient-everything-1", "Patient/$everything");
        Assert.Equal("Patient/everything-1", own.Found()[0]);
        var launched = await server.ScopedTokenAsync("clinician1", "patient/*.rs", "Patient/everything-1");
        Assert.Equal("Patient/everything-1", (await server.GetAsync(launched, "Patient/$everything")).Found()[0]);
        var none = await server.GetAsync("clinician1", "Patient/$everything");
        Assert.Equal((HttpStatusCode.BadRequest, "required"), (none.Status, none.Issue));
    }

    [Fact]
    public async Task Types_dates_of_care_and_times_of_writing_narrow()
    {
        await PatientAsync();
        async Task<IReadOnlyList<string>> Of(string query) =>
            [.. (await server.GetAsync("clinician1", Path + query)).Found().Where(IsNoConsent)];
        Assert.Equal(["Condition/everything-1-old"], await Of("?_type=Condition"));
        Assert.Equal(5, (await Of("?_type=Condition,Observation,Patient")).Count);
        Assert.Equal(5, (await Of("?_type=Condition&_type=Observation,Patient")).Count);
        Assert.Empty(await Of("?_type=Basic"));
        // What has no date of care is always there.
        Assert.Contains("Condition/everything-1-old", await Of("?end=2001-12-31"), StringComparer.Ordinal);
        Assert.DoesNotContain("Condition/everything-1-old", await Of("?start=2002-01-01"), StringComparer.Ordinal);
        Assert.DoesNotContain("Condition/everything-1-old", await Of("?end=1999"), StringComparer.Ordinal);
        Assert.Contains("Patient/everything-1", await Of("?end=1999"), StringComparer.Ordinal);
        Assert.Empty(await Of("?_since=2999-01-01T00:00:00Z"));
        Assert.Equal(5, (await Of("?_since=2020-01-01T00:00:00Z")).Count);
        var narrowed = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            Path,
            """
            {"resourceType":"Parameters","parameter":[{"name":"_type","valueCode":"Condition"},
            {"name":"start","valueDate":"2000-01-01"},{"name":"_count","valueInteger":3}]}
            """
        );
        Assert.Equal(["Condition/everything-1-old"], narrowed.Found());
    }

    [Theory]
    [InlineData("?start=x")]
    [InlineData("?_since=2020")]
    [InlineData("?_count=0")]
    [InlineData("?_type=Nonsense")]
    [InlineData("?_elements=id")]
    public async Task What_is_not_understood_is_refused(string query)
    {
        var refused = await server.GetAsync("clinician1", "Patient/sample-a/$everything" + query);
        Assert.Equal((HttpStatusCode.BadRequest, "not-supported"), (refused.Status, refused.Issue));
    }

    [Theory]
    [InlineData("{", "structure")]
    [InlineData("""{"resourceType":"Patient"}""", "invalid")]
    [InlineData("""{"resourceType":"Parameters","nonsense":1}""", "structure")]
    [InlineData(
        """{"resourceType":"Parameters","parameter":[{"name":"start","resource":{"resourceType":"Basic","code":{"text":"x"}}}]}""",
        "invalid"
    )]
    public async Task A_body_that_is_no_Parameters_resource_is_refused(string body, string issue)
    {
        var refused = await server.SendAsync("clinician1", HttpMethod.Post, "Patient/sample-a/$everything", body);
        Assert.Equal(issue, refused.Issue);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
    }

    [Fact]
    public async Task Pages_have_each_record_once_and_are_their_callers_alone()
    {
        await PatientAsync();
        var whole = (await server.GetAsync("clinician1", Path)).Found();
        var paged = new List<string>();
        var page = await server.GetAsync("clinician1", Path + "?_count=2");
        while (true)
        {
            Assert.False(page.Json.TryGetProperty("total", out _));
            paged.AddRange(page.Found());
            if (page.Link("next") is not { } next)
                break;
            Assert.Equal(2, page.Found().Count);
            foreach (var other in new[] { "clinician2", "patient1", "patient-everything-1" })
                Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(other, next)).Status);
            var elsewhere = next.Replace("everything-1", "sample-a", StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician1", elsewhere)).Status);
            page = await server.GetAsync("clinician1", next);
        }
        Assert.Equal(whole, paged);
    }

    [Fact]
    public async Task A_consent_that_ends_between_two_pages_ends_the_pages()
    {
        const string Id = "everything-2";
        await BypassSituations.PatientAsync(server, Id, BypassSituations.Consent(Id, ""));
        var page = await server.GetAsync("clinician1", $"Patient/{Id}/$everything?_count=2");
        Assert.Equal(2, page.Found().Count);
        var ended = await server.SendAsync("patient-" + Id, HttpMethod.Delete, server.Beside($"/consents/{Id}-c"));
        Assert.Equal(HttpStatusCode.OK, ended.Status);
        var absent = await server.GetAsync("clinician1", "Patient/nobody-1/$everything");
        foreach (var path in new[] { page.Link("next")!, $"Patient/{Id}/$everything" })
        {
            var after = await server.GetAsync("clinician1", path);
            Assert.Equal((absent.Status, absent.Body), (after.Status, after.Body));
        }
    }

    [Fact]
    public async Task The_patient_reads_who_asked_for_everything_and_who_was_refused()
    {
        await PatientAsync();
        await server.GetAsync("clinician1", Path);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician2", Path)).Status);
        var log = (await server.GetAsync("patient-everything-1", "AuditEvent?_count=500")).Body;
        Assert.Contains("clinician1 searched", log, StringComparison.Ordinal);
        Assert.Contains("clinician2 tried to search: Patient/everything-1", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scopes_need_read_and_search_of_Patient_and_leave_other_types_out()
    {
        await PatientAsync();
        foreach (var scopes in new[] { "user/Patient.r", "user/Patient.s", "user/Observation.rs" })
        {
            var token = await server.ScopedTokenAsync("clinician1", scopes, null);
            Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync(token, Path)).Status);
        }
        var narrow = await server.ScopedTokenAsync("clinician1", "user/Patient.rs user/Condition.rs", null);
        Assert.Equal(
            ["Patient/everything-1", "Condition/everything-1-old"],
            (await server.GetAsync(narrow, Path)).Found()
        );
    }

    [Fact]
    public async Task Where_the_consent_covers_one_type_everything_is_that_type()
    {
        const string Id = "everything-3";
        await BypassSituations.PatientAsync(server, Id, BypassSituations.Consent(Id, ""));
        var seen = await server.GetAsync("clinician1", $"Patient/{Id}/$everything");
        Assert.Equal(3, seen.Found().Count);
        Assert.All(seen.Found(), r => Assert.StartsWith($"Observation/{Id}", r, StringComparison.Ordinal));
        var none = await server.GetAsync("clinician1", $"Patient/{Id}/$everything?_type=Condition");
        Assert.Equal(HttpStatusCode.NotFound, none.Status);
    }

    /// <summary>A Consent for clinician1 to records of all types.</summary>
    internal static string ConsentToAll(string id) =>
        BypassSituations
            .Consent(id, "")
            .Replace(
                """ "class":[{"system":"http://hl7.org/fhir/resource-types","code":"Observation"}],""".TrimStart(),
                "",
                StringComparison.Ordinal
            );

    private static bool IsNoConsent(string reference) => !reference.StartsWith("Consent/", StringComparison.Ordinal);

    private Task PatientAsync() =>
        server.OnceAsync(
            nameof(EverythingTests),
            async () =>
            {
                const string Id = "everything-1";
                await BypassSituations.PatientAsync(server, Id, ConsentToAll(Id));
                await PutAsync(
                    "Practitioner/everything-doctor",
                    """{"resourceType":"Practitioner","id":"everything-doctor"}"""
                );
                await PutAsync(
                    $"Condition/{Id}-old",
                    $$$"""
                    {"resourceType":"Condition","id":"{{{Id}}}-old","subject":{"reference":"Patient/{{{Id}}}"},
                    "onsetPeriod":{"start":"2000-02-01","end":"2001-03-01"},
                    "recorder":{"reference":"Practitioner/everything-doctor"},"code":{"text":"x"}}
                    """
                );
            }
        );

    private async Task PutAsync(string path, string body) =>
        Assert.Equal(HttpStatusCode.Created, (await server.SendAsync("ingest1", HttpMethod.Put, path, body)).Status);
}
