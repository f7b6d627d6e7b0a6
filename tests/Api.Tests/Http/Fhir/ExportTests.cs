using System.Net;
using System.Text.Json;

namespace MedLedger.Api.Tests.Http.Fhir;

[Collection("FHIR server")]
public sealed class ExportTests(FhirServer server)
{
    [Fact]
    public async Task An_export_is_asked_for_polled_fetched_and_cancelled()
    {
        await PatientAsync();
        var url = await KickOffAsync("patient-export-1", "Patient/$export");
        var manifest = await ManifestAsync("patient-export-1", url);
        Assert.Equal(server.BaseUrl + "/Patient/$export", manifest.GetProperty("request").GetString());
        Assert.True(manifest.GetProperty("requiresAccessToken").GetBoolean());
        Assert.True(manifest.GetProperty("transactionTime").TryGetDateTimeOffset(out _));
        Assert.Empty(manifest.GetProperty("error").EnumerateArray());
        foreach (
            var type in new[]
            {
                "application/fhir+ndjson",
                "application/ndjson",
                "application/fhir+ndjson, text/html;q=0.1",
            }
        )
        {
            var file = await server.GetAsync("patient-export-1", ExportClient.Files(manifest)[0], ("Accept", type));
            Assert.Equal(HttpStatusCode.OK, file.Status);
            Assert.Equal("application/fhir+ndjson", file.Content.ContentType!.MediaType);
        }
        var lines = await LinesAsync("patient-export-1", manifest);
        var all = (await server.GetAsync("patient-export-1", "Patient/$everything")).Found();
        Assert.Equal(all.Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));

        Assert.Equal(
            HttpStatusCode.Accepted,
            (await server.SendAsync("patient-export-1", HttpMethod.Delete, url)).Status
        );
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("patient-export-1", url)).Status);
        foreach (var file in ExportClient.Files(manifest))
            Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("patient-export-1", file)).Status);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await server.SendAsync("patient-export-1", HttpMethod.Delete, url)).Status
        );
    }

    [Fact]
    public async Task It_has_what_the_consents_give_the_caller_and_the_organization_s_at_the_level_of_the_system()
    {
        await PatientAsync();
        var system = await ManifestAsync("clinician1", await KickOffAsync("clinician1", "$export"));
        var lines = await LinesAsync("clinician1", system);
        Assert.Contains("Patient/sample-a", lines, StringComparer.Ordinal);
        Assert.Contains("Observation/export-1-0", lines, StringComparer.Ordinal);
        Assert.Contains("Practitioner/clinician2", lines, StringComparer.Ordinal);
        Assert.DoesNotContain("Condition/export-1-c", lines, StringComparer.Ordinal); // the consent is for Observations
        Assert.DoesNotContain("Patient/sample-d", lines, StringComparer.Ordinal);
        Assert.Equal(lines.Count, lines.Distinct(StringComparer.Ordinal).Count());
        var patients = await LinesAsync(
            "clinician1",
            await ManifestAsync(
                "clinician1",
                await KickOffAsync("clinician1", "Patient/$export?_type=Practitioner,Patient")
            )
        );
        Assert.Contains("Patient/sample-a", patients, StringComparer.Ordinal);
        Assert.All(patients, line => Assert.StartsWith("Patient/", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_group_s_export_has_its_members_for_who_may_read_the_group()
    {
        await PatientAsync();
        var manifest = await ManifestAsync(
            "patient-export-1",
            await KickOffAsync("patient-export-1", "Group/export-group/$export?_type=Observation")
        );
        Assert.Equal(
            ["Observation/export-1-0", "Observation/export-1-1", "Observation/export-1-2"],
            (await LinesAsync("patient-export-1", manifest)).Order(StringComparer.Ordinal),
            StringComparer.Ordinal
        );
        foreach (var group in new[] { "export-group", "nobody" })
        {
            var refused = await server.GetAsync("clinician2", $"Group/{group}/$export", ExportClient.Async);
            Assert.Equal(HttpStatusCode.NotFound, refused.Status);
        }
    }

    [Fact]
    public async Task What_was_written_since_comes_alone()
    {
        await PatientAsync();
        var later = await ManifestAsync(
            "patient-export-1",
            await KickOffAsync("patient-export-1", "Patient/$export?_since=2999-01-01T00:00:00Z&_outputFormat=ndjson")
        );
        Assert.Empty(ExportClient.Files(later));
        var parameters = """
            {"resourceType":"Parameters","parameter":[{"name":"_since","valueInstant":"2020-01-01T00:00:00Z"},
            {"name":"_type","valueString":"Condition"}]}
            """;
        var posted = await server.SendAsync(
            "patient-export-1",
            HttpMethod.Post,
            "Patient/$export",
            parameters,
            ExportClient.Async
        );
        Assert.Equal(HttpStatusCode.Accepted, posted.Status);
        var own = await ManifestAsync("patient-export-1", posted.Content.ContentLocation!.OriginalString);
        Assert.Equal(["Condition/export-1-c"], await LinesAsync("patient-export-1", own));
    }

    [Fact]
    public async Task What_was_deleted_since_is_told_to_who_could_see_it_and_to_nobody_else()
    {
        const string Id = "export-3";
        await BypassSituations.PatientAsync(server, Id, BypassSituations.Consent(Id, ""));
        var since = Uri.EscapeDataString(DateTimeOffset.UtcNow.AddMinutes(-5).ToString("O"));
        var deleted = await server.SendAsync("clinician1", HttpMethod.Delete, $"Observation/{Id}-0");
        Assert.True(deleted.Status == HttpStatusCode.NoContent, deleted.Body);
        foreach (var type in new[] { "", "&_type=Observation" })
        {
            var url = await KickOffAsync("clinician1", $"Patient/$export?_since={since}{type}");
            var manifest = await ManifestAsync("clinician1", url);
            Assert.DoesNotContain(
                $"Observation/{Id}-0",
                await LinesAsync("clinician1", manifest),
                StringComparer.Ordinal
            );
            Assert.Contains($"Observation/{Id}-0", await DeletedAsync("clinician1", manifest), StringComparer.Ordinal);
        }
        Assert.Contains(
            $"Observation/{Id}-0",
            await DeletedAsync(
                "patient-" + Id,
                await ExportedAsync("patient-" + Id, $"Patient/$export?_since={since}")
            ),
            StringComparer.Ordinal
        );
        // Others, other types, and whoever asks for all that there is, are told nothing of it.
        foreach (
            var (user, query) in new[]
            {
                ("clinician2", $"_since={since}"),
                ("patient1", $"_since={since}"),
                ("clinician1", $"_since={since}&_type=Patient"),
                ("clinician1", "_type=Observation"),
                ("clinician1", "_since=2999-01-01T00:00:00Z"),
            }
        )
        {
            var manifest = await ExportedAsync(user, "Patient/$export?" + query);
            Assert.DoesNotContain($"Observation/{Id}-0", await DeletedAsync(user, manifest), StringComparer.Ordinal);
        }
        // Who may not see the patient any more is not told of deletions that were listed before.
        var listed = await ExportedAsync("clinician1", $"Patient/$export?_since={since}");
        var ended = await server.SendAsync("patient-" + Id, HttpMethod.Delete, server.Beside($"/consents/{Id}-c"));
        Assert.Equal(HttpStatusCode.OK, ended.Status);
        Assert.DoesNotContain($"Observation/{Id}-0", await DeletedAsync("clinician1", listed), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Elements_and_filters_leave_of_the_files_what_they_say()
    {
        await PatientAsync();
        var query = "_type=Observation,Patient&_elements=Observation.code,Patient.active";
        var manifest = await ExportedAsync("patient-export-1", "Patient/$export?" + query);
        foreach (var file in ExportClient.Files(manifest))
        {
            foreach (var line in (await server.GetAsync("patient-export-1", file)).Body.Trim().Split('\n'))
            {
                var resource = JsonDocument.Parse(line).RootElement;
                Assert.Contains("SUBSETTED", line, StringComparison.Ordinal);
                Assert.Equal(
                    resource.GetProperty("resourceType").GetString() == "Observation"
                        ? ["code", "id", "meta", "resourceType", "status"] // status is mandatory
                        : ["id", "meta", "resourceType"], // there is nothing else
                    resource.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal),
                    StringComparer.Ordinal
                );
            }
        }
        const string Filter = "Patient/$export?_type=Observation,Condition&_typeFilter=Observation%3F";
        var none = await ExportedAsync("patient-export-1", Filter + "status%3Dcancelled");
        Assert.Equal(["Condition/export-1-c"], await LinesAsync("patient-export-1", none));
        var either = Filter + "status%3Dcancelled&_typeFilter=Observation%3Fstatus%3Dfinal%26date:missing%3Dtrue";
        Assert.Equal(
            ["Condition/export-1-c", "Observation/export-1-0", "Observation/export-1-1", "Observation/export-1-2"],
            (await LinesAsync("patient-export-1", await ExportedAsync("patient-export-1", either))).Order(
                StringComparer.Ordinal
            ),
            StringComparer.Ordinal
        );
    }

    [Theory]
    [InlineData("_typeFilter=Observation", HttpStatusCode.BadRequest)]
    [InlineData("_typeFilter=Nonsense%3Fstatus=final", HttpStatusCode.BadRequest)]
    [InlineData("_typeFilter=Observation%3Fnonsense=final", HttpStatusCode.BadRequest)]
    [InlineData("_typeFilter=Observation%3Fsubject.family=x", HttpStatusCode.BadRequest)]
    [InlineData("_typeFilter=Observation%3Fdate=x", HttpStatusCode.BadRequest)]
    [InlineData("_typeFilter=Observation%3F_include=Observation:subject", HttpStatusCode.BadRequest)]
    [InlineData("_outputFormat=csv", HttpStatusCode.BadRequest)]
    [InlineData("_since=2020", HttpStatusCode.BadRequest)]
    [InlineData("_type=Nonsense", HttpStatusCode.BadRequest)]
    [InlineData("_elements=nonsense", HttpStatusCode.BadRequest)]
    [InlineData("_elements=Observation.nonsense", HttpStatusCode.BadRequest)]
    [InlineData("_elements=Observation.code.coding", HttpStatusCode.BadRequest)]
    public async Task What_is_not_understood_is_refused(string query, HttpStatusCode status)
    {
        var refused = await server.GetAsync("clinician1", "$export?" + query, ExportClient.Async);
        Assert.Equal((status, "not-supported"), (refused.Status, refused.Issue));
    }

    [Fact]
    public async Task It_needs_respond_async_a_role_that_reads_and_scopes_of_its_types()
    {
        var now = await server.GetAsync("clinician1", "$export");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), (now.Status, now.Issue));
        foreach (var user in new[] { "ingest1", "compliance1", "operator1" })
            Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync(user, "$export", ExportClient.Async)).Status);
        var narrow = await server.ScopedTokenAsync("clinician1", "user/Condition.rs user/Patient.r", null);
        var outside = await server.GetAsync(narrow, "$export?_type=Observation", ExportClient.Async);
        Assert.Equal(HttpStatusCode.Forbidden, outside.Status);
        var lines = await LinesAsync(narrow, await ManifestAsync(narrow, await KickOffAsync(narrow, "$export")));
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.StartsWith("Condition/", line, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("threat", "clinician with a valid account")]
    public async Task What_is_revoked_after_the_listing_is_in_no_file_any_more()
    {
        const string Id = "export-2";
        await BypassSituations.PatientAsync(server, Id, BypassSituations.Consent(Id, ""));
        var url = await KickOffAsync("clinician1", "Patient/$export?_type=Observation");
        var manifest = await ManifestAsync("clinician1", url);
        Assert.Contains($"Observation/{Id}-0", await LinesAsync("clinician1", manifest), StringComparer.Ordinal);
        var ended = await server.SendAsync("patient-" + Id, HttpMethod.Delete, server.Beside($"/consents/{Id}-c"));
        Assert.Equal(HttpStatusCode.OK, ended.Status);
        foreach (var file in ExportClient.Files(manifest))
        {
            var after = await server.GetAsync("clinician1", file);
            Assert.Equal(HttpStatusCode.OK, after.Status);
            Assert.DoesNotContain(Id, after.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("threat", "clinician with a valid account")]
    public async Task Job_and_files_are_their_caller_s_and_their_purpose_s_alone()
    {
        var url = await KickOffAsync("clinician1", "Patient/$export");
        var manifest = await ManifestAsync("clinician1", url);
        var absent = await server.GetAsync("clinician1", "$export/00000000000000000000000000000000");
        Assert.Equal(HttpStatusCode.NotFound, absent.Status);
        string[] others =
        [
            "clinician2",
            "patient1",
            "compliance1",
            "operator1",
            "ingest1",
            await server.TokenAsync("clinician1", "HPAYMT"),
        ];
        foreach (var other in others)
        {
            foreach (var path in ExportClient.Files(manifest).Prepend(url))
            {
                var refused = await server.GetAsync(other, path);
                Assert.Equal((absent.Status, absent.Body), (refused.Status, refused.Body));
            }
            Assert.Equal(HttpStatusCode.NotFound, (await server.SendAsync(other, HttpMethod.Delete, url)).Status);
        }
        foreach (var file in ExportClient.Files(manifest))
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.SendAsync(null, HttpMethod.Get, file)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician1", url + "/9999")).Status);
        // Another session of the same caller, with narrower scopes, gets what these cover.
        var narrow = await server.ScopedTokenAsync("clinician1", "user/Condition.rs", null);
        var lines = await LinesAsync(narrow, manifest);
        Assert.All(lines, line => Assert.StartsWith("Condition/", line, StringComparison.Ordinal));
        Assert.NotEmpty(lines);
    }

    [Fact]
    public async Task Patients_read_in_the_log_that_they_were_looked_through_and_handed_out()
    {
        await PatientAsync();
        var manifest = await ManifestAsync("clinician1", await KickOffAsync("clinician1", "Patient/$export"));
        Assert.NotEmpty(await LinesAsync("clinician1", manifest));
        var log = (await server.GetAsync("patient-export-1", "AuditEvent?_count=500")).Body;
        Assert.Contains("clinician1 exported the patient", log, StringComparison.Ordinal);
        Assert.Contains("clinician1 searched", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_has_so_many_exports_and_no_more()
    {
        await server.AddUserAsync("export-many", "Clinician", "Practitioner/export-many");
        var urls = new List<string>();
        FhirAnswer answer;
        while (
            (answer = await server.GetAsync("export-many", "$export", ExportClient.Async)).Status
            == HttpStatusCode.Accepted
        )
            urls.Add(answer.Content.ContentLocation!.OriginalString);
        Assert.Equal((HttpStatusCode.TooManyRequests, "throttled"), (answer.Status, answer.Issue));
        Assert.Equal(20, urls.Count);
        foreach (var url in urls)
            await server.SendAsync("export-many", HttpMethod.Delete, url);
        Assert.Equal(
            HttpStatusCode.Accepted,
            (await server.GetAsync("export-many", "$export", ExportClient.Async)).Status
        );
    }

    [Fact]
    public async Task It_is_not_answered_inside_a_Bundle()
    {
        var answer = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "",
            """{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"$export"}}]}"""
        );
        Assert.Contains("501", answer.Body, StringComparison.Ordinal);
    }

    private Task<string> KickOffAsync(string user, string path) => ExportClient.KickOffAsync(server, user, path);

    private Task<JsonElement> ManifestAsync(string user, string url) => ExportClient.ManifestAsync(server, user, url);

    private async Task<JsonElement> ExportedAsync(string user, string path) =>
        await ManifestAsync(user, await KickOffAsync(user, path));

    private Task<List<string>> LinesAsync(string user, JsonElement manifest) =>
        ExportClient.LinesAsync(server, user, manifest);

    private Task<List<string>> DeletedAsync(string user, JsonElement manifest) =>
        ExportClient.DeletedAsync(server, user, manifest);

    private Task PatientAsync() =>
        server.OnceAsync(
            nameof(ExportTests),
            async () =>
            {
                await BypassSituations.PatientAsync(server, "export-1", BypassSituations.Consent("export-1", ""));
                (string Path, string Body)[] more =
                [
                    (
                        "Condition/export-1-c",
                        """
                        {"resourceType":"Condition","id":"export-1-c","code":{"text":"x"},
                        "subject":{"reference":"Patient/export-1"}}
                        """
                    ),
                    (
                        "Group/export-group",
                        """
                        {"resourceType":"Group","id":"export-group","type":"person","actual":true,
                        "member":[{"entity":{"reference":"Patient/export-1"}}]}
                        """
                    ),
                ];
                foreach (var (path, body) in more)
                {
                    var put = await server.SendAsync("ingest1", HttpMethod.Put, path, body);
                    Assert.True(put.Status == HttpStatusCode.Created, put.Body);
                }
            }
        );
}
