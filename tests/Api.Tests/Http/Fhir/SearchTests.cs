using System.Net;

namespace MedLedger.Api.Tests.Http.Fhir;

[Collection("FHIR server")]
public sealed class SearchTests(FhirServer server)
{
    [Theory]
    [InlineData("Patient?_id=sample-a", "Patient/sample-a")]
    [InlineData("Patient?_has:Observation:patient:code=99999-1", "Patient/sample-a")]
    [InlineData("Observation?patient=sample-a&code=http://loinc.org|99999-1", "one")]
    [InlineData("Observation?subject=Patient/sample-a&code=99999-1", "one")]
    [InlineData("Observation?subject:Patient=sample-a&code=99999-1&status=final", "one")]
    [InlineData("Observation?code=99999-1&date=2024-05", "one")]
    [InlineData("Observation?code=99999-1&date=ge2024-05-02&date=lt2024-05-04", "one")]
    [InlineData("Observation?code=99999-1&date=gt2024-05-03", "")]
    [InlineData("Observation?code=99999-1&value-quantity=7.1", "one")]
    [InlineData("Observation?code=99999-1&value-quantity=gt7|http://unitsofmeasure.org|mm[Hg]", "one")]
    [InlineData("Observation?code=99999-1&value-quantity=gt8", "")]
    [InlineData("Observation?code=http://snomed.info/sct|99999-1", "")]
    [InlineData("Observation?code=|99999-1", "")]
    [InlineData("Observation?code=99999-1&status:not=final", "")]
    [InlineData("Observation?code=99999-1&encounter:missing=true", "one")]
    [InlineData("Observation?code=99999-1&subject:Patient._id=sample-a", "one")]
    [InlineData("Observation?code=99999-1&_lastUpdated=gt2020-01-01", "one")]
    [InlineData("Observation?code=99999-1&_lastUpdated=lt2020-01-01", "")]
    public async Task What_is_searched_is_found(string query, string expected)
    {
        var id = await ObservationAsync("99999-1", 3);
        foreach (var user in new[] { "clinician1", "patient1" })
        {
            var answer = await server.GetAsync(user, query);
            Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
            var wanted = expected == "one" ? $"Observation/{id}" : expected;
            Assert.Equal(wanted, string.Join(',', answer.Found()));
            Assert.Equal(wanted.Length == 0 ? 0 : 1, answer.Json.GetProperty("total").GetInt32());
        }
        // To a clinician without consent there is nothing, by no path and in no count.
        var denied = await server.GetAsync("clinician2", query);
        Assert.Equal((HttpStatusCode.OK, 0), (denied.Status, denied.Json.GetProperty("total").GetInt32()));
        var form = query[(query.IndexOf('?', StringComparison.Ordinal) + 1)..];
        var posted = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            query.Split('?')[0] + "/_search",
            string.Join(
                '&',
                form.Split('&').Select(p => string.Join('=', p.Split('=', 2).Select(Uri.EscapeDataString)))
            ),
            ("Content-Type", "application/x-www-form-urlencoded")
        );
        Assert.Equal(
            string.Join(',', (await server.GetAsync("clinician1", query)).Found()),
            string.Join(',', posted.Found())
        );
    }

    [Theory]
    [InlineData("Observation?nonsense=1")]
    [InlineData("Observation?code:in=http://example.org/vs")]
    [InlineData("Observation?date=soon")]
    [InlineData("Observation?value-quantity=much")]
    [InlineData("Observation?_sort=nonsense")]
    [InlineData("Observation?_include=Patient:link")]
    [InlineData("Observation?_lastUpdated=x")]
    [InlineData("Patient?_has:Observation:nonsense:code=1")]
    public async Task What_cannot_be_answered_rightly_is_refused(string query)
    {
        var refused = await server.GetAsync("clinician1", query);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Equal("not-supported", refused.Issue);
    }

    [Fact]
    public async Task Pages_are_sealed_for_their_caller_and_the_search_runs_anew_for_each()
    {
        for (var i = 1; i <= 5; i++)
            await ObservationAsync($"9999{i}-2", i, "category-paged");
        const string Query = "Observation?category=category-paged&_count=2&_sort=-date";
        var first = await server.GetAsync("clinician1", Query);
        Assert.Equal((2, 5), (first.Found().Count, first.Json.GetProperty("total").GetInt32()));
        var next = first.Link("next")!;
        Assert.DoesNotContain("category", next, StringComparison.Ordinal);
        var second = await server.GetAsync("clinician1", next);
        var third = await server.GetAsync("clinician1", second.Link("next")!);
        Assert.Null(third.Link("next"));
        var all = first.Found().Concat(second.Found()).Concat(third.Found()).ToList();
        Assert.Equal(5, all.Distinct(StringComparer.Ordinal).Count());
        var whole = await server.GetAsync("clinician1", "Observation?category=category-paged&_sort=-date");
        Assert.Equal(string.Join(',', whole.Found()), string.Join(',', all));

        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("patient1", next)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician2", next)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician1", next[..^4] + "AAAA")).Status);
    }

    [Fact]
    public async Task Counts_elements_and_includes()
    {
        var id = await ObservationAsync("99998-3", 3);
        var count = await server.GetAsync("clinician1", "Observation?code=99998-3&_summary=count");
        Assert.Equal((1, 0), (count.Json.GetProperty("total").GetInt32(), count.Found().Count));
        var none = await server.GetAsync("clinician1", "Observation?code=99998-3&_total=none");
        Assert.False(none.Json.TryGetProperty("total", out _));
        var cut = await server.GetAsync("clinician1", "Observation?code=99998-3&_elements=status");
        var resource = cut.Json.GetProperty("entry")[0].GetProperty("resource");
        Assert.Equal(
            "resourceType,id,meta,status,code",
            string.Join(',', resource.EnumerateObject().Select(m => m.Name))
        );
        Assert.Contains("SUBSETTED", cut.Body, StringComparison.Ordinal);

        var included = await server.GetAsync("clinician1", "Observation?code=99998-3&_include=Observation:patient");
        Assert.Equal($"Observation/{id}", string.Join(',', included.Found()));
        Assert.Equal("Patient/sample-a", string.Join(',', included.Found("include")));
        var reverse = await server.GetAsync("clinician1", "Patient?_id=sample-a&_revinclude=Observation:patient");
        Assert.Contains($"Observation/{id}", reverse.Found("include"), StringComparer.Ordinal);
        foreach (
            var query in new[] { "Observation?_include=Observation:patient", "Patient?_revinclude=Observation:patient" }
        )
            Assert.DoesNotContain(
                "sample-",
                (await server.GetAsync("clinician2", query)).Body,
                StringComparison.Ordinal
            );
    }

    [Fact]
    public async Task What_changed_or_was_deleted_is_found_as_it_is_now()
    {
        var id = await ObservationAsync("99997-4", 3);
        var changed = Observation("99996-5", 3, "x", id);
        Assert.Equal(
            HttpStatusCode.OK,
            (await server.SendAsync("clinician1", HttpMethod.Put, $"Observation/{id}", changed)).Status
        );
        Assert.Empty((await server.GetAsync("clinician1", "Observation?code=99997-4")).Found());
        Assert.Single((await server.GetAsync("clinician1", "Observation?code=99996-5")).Found());
        await server.SendAsync("clinician1", HttpMethod.Delete, $"Observation/{id}");
        Assert.Empty((await server.GetAsync("clinician1", "Observation?code=99996-5")).Found());
        Assert.Empty((await server.GetAsync("clinician1", $"Observation?_id={id}")).Found());
    }

    [Fact]
    public async Task The_organizations_resources_are_found_by_everybody_who_reads()
    {
        foreach (var user in new[] { "clinician1", "clinician2", "patient1" })
            Assert.NotEmpty((await server.GetAsync(user, "Organization")).Found());
        Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync("ingest1", "Organization")).Status);
    }

    // What a compartment is found by stays in memory from one search to the next, and until the next write.
    [Fact]
    public async Task What_was_written_changed_or_deleted_is_so_for_the_next_search()
    {
        const string Query = "Observation?patient=sample-a&code=99999-7";
        async Task<int> FoundAsync()
        {
            var again = await server.GetAsync("clinician1", Query);
            var found = await server.GetAsync("clinician1", Query);
            Assert.Equal(again.Found(), found.Found());
            return found.Found().Count;
        }
        async Task<string> SendAsync(HttpMethod method, string path, string? body, HttpStatusCode status)
        {
            var answer = await server.SendAsync("clinician1", method, path, body);
            Assert.True(answer.Status == status, answer.Body);
            return status == HttpStatusCode.Created ? answer.Json.GetProperty("id").GetString()! : "";
        }
        Assert.Equal(0, await FoundAsync());
        Task<string> CreateAsync() =>
            SendAsync(HttpMethod.Post, "Observation", Observation("99999-7", 1, "x"), HttpStatusCode.Created);
        var (first, second) = (await CreateAsync(), await CreateAsync());
        Assert.Equal(2, await FoundAsync());
        var other = Observation("99999-8", 1, "x", second);
        await SendAsync(HttpMethod.Put, $"Observation/{second}", other, HttpStatusCode.OK);
        Assert.Equal(1, await FoundAsync());
        await SendAsync(HttpMethod.Delete, $"Observation/{first}", null, HttpStatusCode.NoContent);
        Assert.Equal(0, await FoundAsync());
    }

    private async Task<string> ObservationAsync(string code, int day, string category = "x")
    {
        // Each test reads its own observation: found again when an earlier case made it.
        var known = await server.GetAsync("clinician1", $"Observation?code={code}&category={category}");
        if (known.Status == HttpStatusCode.OK && known.Found() is [var found, ..])
            return found["Observation/".Length..];
        var created = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Observation",
            Observation(code, day, category)
        );
        Assert.True(created.Status == HttpStatusCode.Created, created.Body);
        return created.Json.GetProperty("id").GetString()!;
    }

    private static string Observation(string code, int day, string category, string? id = null) =>
        $$$"""
            {"resourceType":"Observation",{{{(id is null ? "" : $"\"id\":\"{id}\",")}}}"status":"final",
            "category":[{"coding":[{"code":"{{{category}}}"}]}],
            "code":{"coding":[{"system":"http://loinc.org","code":"{{{code}}}"}]},
            "subject":{"reference":"Patient/sample-a"},"effectiveDateTime":"2024-05-{{{day:D2}}}",
            "valueQuantity":{"value":7.1,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}
            """;
}
