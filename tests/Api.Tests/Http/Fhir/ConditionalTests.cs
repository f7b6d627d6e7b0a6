using System.Globalization;
using System.Net;
using System.Text.Json;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Conditional create, update and delete, and conditional references: alone, in a batch, in a transaction.</summary>
[Collection("FHIR server")]
[Trait("threat", "clinician with a valid account")]
public sealed class ConditionalTests(FhirServer server)
{
    [Fact]
    public async Task An_update_by_criteria_creates_changes_and_refuses_what_is_not_clear()
    {
        const string Path = "Observation?patient=sample-a&code=99971-1";
        var created = await PutAsync("clinician1", Path, Observation("sample-a", "99971-1", 1));
        Assert.True(created.Status == HttpStatusCode.Created, created.Body);
        var id = created.Json.GetProperty("id").GetString()!;

        var changed = await PutAsync("clinician1", Path, Observation("sample-a", "99971-1", 2));
        Assert.Equal((HttpStatusCode.OK, "W/\"2\""), (changed.Status, changed.Headers.ETag!.ToString()));
        Assert.Equal(id, changed.Json.GetProperty("id").GetString());
        Assert.NotNull(changed.Content.LastModified);
        var named = await PutAsync(
            "clinician1",
            Path,
            Observation("sample-a", "99971-1", 3, id),
            ("If-Match", "W/\"2\"")
        );
        Assert.Equal((HttpStatusCode.OK, "W/\"3\""), (named.Status, named.Headers.ETag!.ToString()));

        var stale = await PutAsync("clinician1", Path, Observation("sample-a", "99971-1", 4), ("If-Match", "W/\"1\""));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "conflict"), (stale.Status, stale.Issue));
        var there = await PutAsync("clinician1", Path, Observation("sample-a", "99971-1", 4), ("If-None-Match", "*"));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "conflict"), (there.Status, there.Issue));
        var other = await PutAsync("clinician1", Path, Observation("sample-a", "99971-1", 4, "another"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), (other.Status, other.Issue));
        var chosen = await PutAsync(
            "clinician1",
            "Observation?patient=sample-a&code=99971-9",
            Observation("sample-a", "99971-9", 4, "chosen")
        );
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "business-rule"), (chosen.Status, chosen.Issue));

        await server.SendAsync("clinician1", HttpMethod.Post, "Observation", Observation("sample-a", "99971-1", 5));
        var several = await PutAsync("clinician1", Path, Observation("sample-a", "99971-1", 6));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "multiple-matches"), (several.Status, several.Issue));
    }

    [Theory]
    [InlineData("POST", "99978-1", "")]
    [InlineData("PUT", "99978-2", "")]
    [InlineData("POST", "99978-3", "transaction")]
    [InlineData("PUT", "99978-4", "transaction")]
    [InlineData("POST", "99978-5", "batch")]
    public async Task Of_several_conditional_creations_at_once_one_creates(string method, string code, string bundle)
    {
        var criteria = $"patient=sample-a&code={code}";
        Task<FhirAnswer> OneAsync(int value)
        {
            var body = Observation("sample-a", code, value);
            var url = method == "PUT" ? "Observation?" + criteria : "Observation";
            var condition = method == "PUT" ? null : criteria;
            if (bundle.Length > 0)
            {
                var entry = Entry(method, url, body, null, condition);
                return server.SendAsync("clinician1", HttpMethod.Post, "", Bundle(bundle, entry));
            }
            return condition is null
                ? PutAsync("clinician1", url, body)
                : server.SendAsync("clinician1", HttpMethod.Post, url, body, ("If-None-Exist", condition));
        }
        await server.TokenAsync("clinician1");
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(OneAsync));
        Assert.All(
            answers,
            answer => Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Created, answer.Body)
        );
        var statuses = answers.Select(a =>
            bundle.Length == 0
                ? ((int)a.Status).ToString(CultureInfo.InvariantCulture)
                : Response(a.Json.GetProperty("entry")[0], "status")[..3]
        );
        Assert.Equal("200 200 200 200 200 200 200 201", string.Join(' ', statuses.Order(StringComparer.Ordinal)));
        Assert.Single((await server.GetAsync("clinician1", "Observation?" + criteria)).Found());
    }

    [Theory]
    [InlineData("")]
    [InlineData("batch")]
    [InlineData("transaction")]
    public async Task What_is_there_against_If_None_Match_is_a_failed_precondition(string bundle)
    {
        // Of a patient, of nobody, deleted or not: the service that reads nothing is told that the id is taken, no more.
        const string Id = "taken-id";
        var body = Observation("sample-a", "99979-1", 1, Id);
        await PutAsync("ingest1", "Observation/" + Id, body);
        Task<FhirAnswer> AgainAsync(string tag) =>
            bundle.Length == 0
                ? PutAsync("ingest1", "Observation/" + Id, body, ("If-None-Match", tag))
                : server.SendAsync(
                    "ingest1",
                    HttpMethod.Post,
                    "",
                    Bundle(
                        bundle,
                        $$$"""
                        {"resource":{{{body}}},"request":{"method":"PUT","url":"Observation/{{{Id}}}","ifNoneMatch":"{{{tag}}}"}}
                        """
                    )
                );
        var answer = await AgainAsync("*");
        var status =
            bundle == "batch"
                ? Response(answer.Json.GetProperty("entry")[0], "status")[..3]
                : ((int)answer.Status).ToString(CultureInfo.InvariantCulture);
        Assert.Equal("412", status);
        Assert.Contains("\"conflict\"", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("sample-a", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT", "Observation")]
    [InlineData("PUT", "Observation?_count=5")]
    [InlineData("DELETE", "Observation")]
    [InlineData("PUT", "Observation?nonsense=1")]
    [InlineData("DELETE", "Observation?nonsense=1")]
    public async Task Criteria_that_are_none_are_refused(string method, string path)
    {
        var body = method == "PUT" ? Observation("sample-a", "99972-1", 1) : null;
        var refused = await server.SendAsync("clinician1", new HttpMethod(method), path, body);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.NotNull(refused.Issue);
    }

    [Fact]
    public async Task A_deletion_by_criteria_deletes_the_one_that_matches()
    {
        const string Path = "Observation?patient=sample-a&code=99973-1";
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync("clinician1", Path)).Status);
        var one = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Observation",
            Observation("sample-a", "99973-1", 1)
        );
        var reference = "Observation/" + one.Json.GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync("clinician2", Path)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await DeleteAsync("patient1", Path)).Status);
        var deleted = await DeleteAsync("clinician1", Path);
        Assert.Equal((HttpStatusCode.NoContent, "W/\"2\""), (deleted.Status, deleted.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.Gone, (await server.GetAsync("clinician1", reference)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync("clinician1", Path)).Status);

        for (var i = 0; i < 2; i++)
            await server.SendAsync("clinician1", HttpMethod.Post, "Observation", Observation("sample-a", "99973-1", i));
        var several = await DeleteAsync("clinician1", Path);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "multiple-matches"), (several.Status, several.Issue));
    }

    [Fact]
    public async Task The_service_that_reads_nothing_finds_what_belongs_to_no_patient_and_changes_nothing()
    {
        const string Organization = """
            {"resourceType":"Organization","identifier":[{"system":"urn:test","value":"conditional"}],"name":"x"}
            """;
        const string Path = "Organization?identifier=urn:test|conditional";
        Assert.Equal(HttpStatusCode.Created, (await PutAsync("ingest1", Path, Organization)).Status);
        var again = await PutAsync("ingest1", Path, Organization.Replace("\"x\"", "\"y\"", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.Conflict, "duplicate"), (again.Status, again.Issue));
        var once = await PutAsync("ingest1", Path, Organization, ("If-None-Match", "*"));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "conflict"), (once.Status, once.Issue));
        // A patient is not found, whoever it is: it is made anew.
        var patient = """{"resourceType":"Patient","active":true}""";
        Assert.Equal(HttpStatusCode.Created, (await PutAsync("ingest1", "Patient?_id=sample-a", patient)).Status);
    }

    [Fact]
    public async Task Conditions_of_a_transaction_are_found_first_and_its_references_name_what_they_found()
    {
        var code = "99974-1";
        var kept = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Observation",
            Observation("sample-a", code, 1)
        );
        var keptId = kept.Json.GetProperty("id").GetString()!;
        await server.SendAsync("clinician1", HttpMethod.Post, "Observation", Observation("sample-a", "99974-2", 1));
        var bundle = Bundle(
            "transaction",
            Entry(
                "POST",
                "Observation",
                Observation("sample-a", code, 7),
                "urn:uuid:1",
                $"patient=sample-a&code={code}"
            ),
            Entry(
                "POST",
                "DiagnosticReport",
                """
                {"resourceType":"DiagnosticReport","status":"final","code":{"text":"x"},
                "subject":{"reference":"Patient?_id=sample-a"},"result":[{"reference":"urn:uuid:1"}]}
                """
            ),
            Entry("PUT", "Observation?patient=sample-a&code=99974-3", Observation("sample-a", "99974-3", 1)),
            Entry("DELETE", "Observation?patient=sample-a&code=99974-2")
        );
        var answer = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "",
            bundle,
            ("Prefer", "return=representation")
        );
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
        var entries = answer.Json.GetProperty("entry").EnumerateArray().ToList();
        Assert.Equal(
            "200 OK,201 Created,201 Created,204 No Content",
            string.Join(',', entries.Select(e => Response(e, "status")))
        );
        Assert.Equal($"Observation/{keptId}/_history/1", Response(entries[0], "location"));
        Assert.Equal(keptId, entries[0].GetProperty("resource").GetProperty("id").GetString());
        Assert.All(entries, e => Assert.StartsWith("W/", Response(e, "etag"), StringComparison.Ordinal));
        Assert.All(entries, e => Assert.EndsWith("Z", Response(e, "lastModified"), StringComparison.Ordinal));
        var report = entries[1].GetProperty("resource");
        Assert.Equal("Patient/sample-a", report.GetProperty("subject").GetProperty("reference").GetString());
        Assert.Equal("Observation/" + keptId, report.GetProperty("result")[0].GetProperty("reference").GetString());
        var found = await server.GetAsync("clinician1", "Observation?patient=sample-a&code=99974-2");
        Assert.Empty(found.Found());

        // Once more: the same update changes what the first one made.
        var again = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "",
            Bundle(
                "transaction",
                Entry("PUT", "Observation?patient=sample-a&code=99974-3", Observation("sample-a", "99974-3", 2))
            )
        );
        Assert.Equal("200 OK", Response(again.Json.GetProperty("entry")[0], "status"));
        Assert.Equal("W/\"2\"", Response(again.Json.GetProperty("entry")[0], "etag"));
    }

    [Theory]
    [InlineData("transaction")]
    [InlineData("batch")]
    [InlineData("")]
    public async Task A_conditional_reference_to_what_the_caller_cannot_see_names_nothing(string type)
    {
        Task<FhirAnswer> Of(string patient)
        {
            var body = $$"""
                {"resourceType":"Observation","status":"final","code":{"text":"x"},
                "subject":{"reference":"Patient/sample-a"},"focus":[{"reference":"Patient?_id={{patient}}"}]}
                """;
            return type.Length == 0
                ? server.SendAsync("clinician1", HttpMethod.Post, "Observation", body)
                : server.SendAsync("clinician1", HttpMethod.Post, "", Bundle(type, Entry("POST", "Observation", body)));
        }
        var before = await CountAsync();
        var denied = await Of("sample-d");
        var absent = await Of("nobody");
        Assert.Equal((absent.Status, absent.Body), (denied.Status, denied.Body));
        Assert.Contains("not-found", denied.Body, StringComparison.Ordinal);
        Assert.Equal(type == "batch" ? HttpStatusCode.OK : HttpStatusCode.PreconditionFailed, denied.Status);
        Assert.Equal(before, await CountAsync());
    }

    [Theory]
    [InlineData("POST", "99975-1", null)]
    [InlineData("PUT", null, "99975-1")]
    [InlineData("DELETE", null, "99975-1")]
    public async Task Several_matches_refuse_the_whole_transaction(string method, string? ifNoneExist, string? criteria)
    {
        for (var i = 0; i < 2; i++)
            await server.SendAsync("clinician1", HttpMethod.Post, "Observation", Observation("sample-a", "99975-1", i));
        var before = await CountAsync();
        var answer = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "",
            Bundle(
                "transaction",
                Entry("POST", "Observation", Observation("sample-a", "99975-2", 1)),
                Entry(
                    method,
                    criteria is null ? "Observation" : $"Observation?patient=sample-a&code={criteria}",
                    method == "DELETE" ? null : Observation("sample-a", "99975-1", 9),
                    null,
                    ifNoneExist is null ? null : $"patient=sample-a&code={ifNoneExist}"
                )
            )
        );
        Assert.Equal((HttpStatusCode.PreconditionFailed, "multiple-matches"), (answer.Status, answer.Issue));
        Assert.Contains("entry[1]", answer.Body, StringComparison.Ordinal);
        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task Answers_of_a_batch_say_what_happened_where_FHIR_puts_it()
    {
        var batch = Bundle(
            "batch",
            Entry("PUT", "Observation?patient=sample-a&code=99976-1", Observation("sample-a", "99976-1", 1)),
            Entry("DELETE", "Observation?patient=sample-a&code=99976-1"),
            Entry("DELETE", "Observation?patient=sample-a&code=99976-2")
        );
        var answer = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "",
            batch,
            ("Prefer", "return=OperationOutcome")
        );
        var entries = answer.Json.GetProperty("entry").EnumerateArray().ToList();
        Assert.Equal(
            "201 Created,204 No Content,404 Not Found",
            string.Join(',', entries.Select(e => Response(e, "status")))
        );
        Assert.Equal("W/\"1\",W/\"2\",", string.Join(',', entries.Select(e => Response(e, "etag"))));
        foreach (var at in new[] { 0, 2 })
        {
            Assert.False(entries[at].TryGetProperty("resource", out _));
            var outcome = entries[at].GetProperty("response").GetProperty("outcome");
            Assert.Equal("OperationOutcome", outcome.GetProperty("resourceType").GetString());
        }
        Assert.EndsWith("Z", Response(entries[1], "lastModified"), StringComparison.Ordinal);
    }

    private async Task<int> CountAsync() =>
        (await server.GetAsync("clinician1", "Observation?patient=sample-a&_summary=count"))
            .Json.GetProperty("total")
            .GetInt32();

    private Task<FhirAnswer> PutAsync(
        string user,
        string path,
        string body,
        params (string Name, string Value)[] headers
    ) => server.SendAsync(user, HttpMethod.Put, path, body, headers);

    private Task<FhirAnswer> DeleteAsync(string user, string path) => server.SendAsync(user, HttpMethod.Delete, path);

    private static string Response(JsonElement entry, string member) =>
        entry.GetProperty("response").TryGetProperty(member, out var value) ? value.GetString()! : "";

    private static string Bundle(string type, params string[] entries) =>
        $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{string.Join(',', entries)}}]}""";

    private static string Entry(
        string method,
        string url,
        string? resource = null,
        string? fullUrl = null,
        string? ifNoneExist = null
    )
    {
        var request = ifNoneExist is null
            ? JsonSerializer.Serialize(new { method, url })
            : JsonSerializer.Serialize(
                new
                {
                    method,
                    url,
                    ifNoneExist,
                }
            );
        var full = fullUrl is null ? "" : $"\"fullUrl\":\"{fullUrl}\",";
        var body = resource is null ? "" : $"\"resource\":{resource},";
        return "{" + full + body + "\"request\":" + request + "}";
    }

    private static string Observation(string patient, string code, int value, string? id = null) =>
        $$$"""
            {"resourceType":"Observation",{{{(id is null ? "" : $"\"id\":\"{id}\",")}}}"status":"final",
            "code":{"coding":[{"system":"http://loinc.org","code":"{{{code}}}"}]},
            "subject":{"reference":"Patient/{{{patient}}}"},"valueInteger":{{{value}}}}
            """;
}
