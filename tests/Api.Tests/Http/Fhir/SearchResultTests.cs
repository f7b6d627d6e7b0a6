using System.Net;
using System.Text.Json;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Searches over several resources, and what of each of them is answered.</summary>
[Collection("FHIR server")]
public sealed class SearchResultTests(FhirServer server)
{
    [Theory]
    // composite, chains of several steps, and _has inside _has
    [InlineData("Observation?code-value-quantity=http://example.org/search|pressure$gt100", "Observation/s-obs")]
    [InlineData("Observation?component-code-value-quantity=systolic$gt100||mm[Hg]", "Observation/s-obs")]
    [InlineData("Observation?component-code-value-quantity=systolic$lt100", "")]
    [InlineData("Observation?code=pressure&encounter.type=visit", "Observation/s-obs")]
    [InlineData("Observation?code=pressure&encounter:Encounter.subject:Patient._id=sample-a", "Observation/s-obs")]
    [InlineData("Observation?code=pressure&encounter.subject:Patient._id=sample-b", "")]
    [InlineData("Encounter?_id=s-enc&_has:Observation:encounter:code=pressure", "Encounter/s-enc")]
    [InlineData("Encounter?_id=s-enc&_has:Observation:encounter:code=other", "")]
    [InlineData("Patient?_has:Encounter:subject:_has:Observation:encounter:code=pressure", "Patient/sample-a")]
    [InlineData("Observation?encounter._has:DiagnosticReport:encounter:code=report", "Observation/s-obs")]
    // all of the repeated, any of the listed
    [InlineData("Observation?code=pressure&code=other", "")]
    [InlineData("Observation?code=pressure,other&category=c1", "Observation/s-obs")]
    [InlineData("Observation?_id=s-obs,nothing&_id=s-obs", "Observation/s-obs")]
    [InlineData("Observation?_id=s-obs&_id=s-other", "")]
    [InlineData("Observation?_id=s-obs&_lastUpdated=2001,ge2020", "Observation/s-obs")]
    [InlineData("Observation?_id=s-obs&_lastUpdated=ge2020&_lastUpdated=lt2021", "")]
    [InlineData("Observation?_tag=http://example.org/search|t", "Observation/s-obs")]
    [InlineData("Observation?identifier=http://example.org/search|a\\,b\\|c", "Observation/s-obs")]
    [InlineData("Observation?code:text=blood&_id=s-obs", "Observation/s-obs")]
    [InlineData("Patient?_id=sample-a&deceased=false", "Patient/sample-a")]
    [InlineData("Patient?_id=sample-a&deceased=true", "")]
    public async Task What_is_searched_is_found(string query, string expected)
    {
        await server.OnceAsync(nameof(SearchResultTests), WriteAsync);
        foreach (var user in new[] { "clinician1", "patient1" })
        {
            var answer = await server.GetAsync(user, Encoded(query));
            Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
            Assert.Equal(expected, string.Join(',', answer.Found()));
        }
        Assert.Empty((await server.GetAsync("clinician2", Encoded(query))).Found());
    }

    [Theory]
    [InlineData("Observation?_text=x")]
    [InlineData("Observation?_content=x")]
    [InlineData("Observation?_filter=code eq x")]
    [InlineData("Observation?_query=x")]
    [InlineData("Observation?_list=x")]
    [InlineData("Observation?code:in=http://example.org/vs")]
    [InlineData("Observation?subject.nonsense=x")]
    [InlineData("Observation?code.text=x")]
    [InlineData("Observation?subject:Nobody.name=x")]
    [InlineData("Observation?encounter.episode-of-care.patient.general-practitioner.organization.name=x")]
    [InlineData("Observation?_sort=code-value-quantity")]
    [InlineData("Observation?_summary=most")]
    [InlineData("Observation?_total=some")]
    [InlineData("Observation?_count=-1")]
    [InlineData("Observation?_count=x")]
    [InlineData("Observation?_id=a/b")]
    [InlineData("Patient?_revinclude=*")]
    [InlineData("Patient?_include=Observation:subject")]
    [InlineData("Patient?_include=Patient:name")]
    [InlineData("Patient?_include=Patient:link:Nobody")]
    [InlineData("Patient?_summary=text&_include=Patient:link")]
    [InlineData("MolecularSequence?chromosome-variant-coordinate=1$2$3")]
    public async Task What_cannot_be_answered_rightly_is_refused(string query)
    {
        var refused = await server.GetAsync("clinician1", Encoded(query));
        Assert.Equal((HttpStatusCode.BadRequest, "not-supported"), (refused.Status, refused.Issue));
    }

    [Fact]
    public async Task A_lenient_client_is_told_what_was_ignored_and_a_strict_one_is_refused()
    {
        await server.OnceAsync(nameof(SearchResultTests), WriteAsync);
        const string Query = "Observation?code=pressure&nonsense=1&code:in=x&_sort=nonsense&_include=Nobody:x";
        foreach (var prefer in new[] { "handling=strict", "return=representation" })
        {
            var refused = await server.GetAsync("clinician1", Query, ("Prefer", prefer));
            Assert.Equal((HttpStatusCode.BadRequest, "not-supported"), (refused.Status, refused.Issue));
        }
        var answer = await server.GetAsync("clinician1", Query, ("Prefer", "handling=lenient"));
        Assert.Equal("Observation/s-obs", string.Join(',', answer.Found()));
        Assert.EndsWith("/Observation?code=pressure", answer.Link("self"), StringComparison.Ordinal);
        var told = answer
            .Json.GetProperty("entry")
            .EnumerateArray()
            .Single(e => e.GetProperty("search").GetProperty("mode").GetString() == "outcome")
            .GetProperty("resource")
            .GetProperty("issue");
        Assert.Equal(4, told.GetArrayLength());
        Assert.Equal("warning", told[0].GetProperty("severity").GetString());
        // What is wrong, as against unknown, is an error all the same.
        var wrong = await server.GetAsync("clinician1", "Observation?date=soon", ("Prefer", "handling=lenient"));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
    }

    [Theory]
    [InlineData("_include=Observation:encounter", "Encounter/s-enc")]
    [InlineData("_include=Observation:encounter:Encounter", "Encounter/s-enc")]
    [InlineData("_include=Observation:subject:Group", "")]
    [InlineData(
        "_include=Observation:encounter&_include:iterate=Encounter:subject",
        "Encounter/s-enc,Patient/sample-a"
    )]
    [InlineData("_include=Observation:encounter&_include=Observation:subject", "Encounter/s-enc,Patient/sample-a")]
    [InlineData("_include=*", "Encounter/s-enc,Patient/sample-a")]
    [InlineData("_include=Observation:*", "Encounter/s-enc,Patient/sample-a")]
    [InlineData("_revinclude=DiagnosticReport:result", "DiagnosticReport/s-report")]
    [InlineData("_revinclude=DiagnosticReport:result:Patient", "")]
    [InlineData(
        "_revinclude:iterate=DiagnosticReport:result&_include:iterate=DiagnosticReport:encounter",
        "DiagnosticReport/s-report,Encounter/s-enc"
    )]
    public async Task Includes_follow_references_in_both_directions(string includes, string expected)
    {
        await server.OnceAsync(nameof(SearchResultTests), WriteAsync);
        foreach (var user in new[] { "clinician1", "patient1" })
        {
            var answer = await server.GetAsync(user, "Observation?_id=s-obs&" + includes);
            Assert.Equal("Observation/s-obs", string.Join(',', answer.Found()));
            Assert.Equal(1, answer.Json.GetProperty("total").GetInt32());
            Assert.Equal(expected, string.Join(',', answer.Found("include").Order(StringComparer.Ordinal)));
        }
        // Whoever may not see the patient does not see what an organization's record would lead to, either.
        Assert.Empty((await server.GetAsync("clinician2", "Observation?_id=s-obs&" + includes)).Found("include"));
    }

    [Theory]
    [InlineData(
        "_summary=true",
        "code,component,effectiveDateTime,encounter,id,identifier,meta,resourceType,status,subject,valueQuantity"
    )]
    [InlineData("_summary=text", "code,id,meta,resourceType,status,text")]
    [InlineData(
        "_summary=data",
        "category,code,component,effectiveDateTime,encounter,id,identifier,meta,note,resourceType,status,subject,valueQuantity"
    )]
    [InlineData("_elements=note,subject", "code,id,meta,note,resourceType,status,subject")]
    public async Task A_summary_has_what_the_definitions_say_and_is_tagged(string part, string expected)
    {
        await server.OnceAsync(nameof(SearchResultTests), WriteAsync);
        var answer = await server.GetAsync("clinician1", "Observation?_id=s-obs&" + part);
        var resource = answer.Json.GetProperty("entry")[0].GetProperty("resource");
        var names = resource.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal);
        Assert.Equal(expected, string.Join(',', names));
        var tags = resource.GetProperty("meta").GetProperty("tag").EnumerateArray();
        Assert.Contains(tags, tag => tag.GetProperty("code").GetString() == "SUBSETTED");
        var read = await server.GetAsync("clinician1", "Observation/s-obs?" + part);
        Assert.Equal(resource.GetRawText(), read.Json.GetRawText());
        // A client that reads strictly reads it.
        Assert.NotNull(ResourceParser.TryParse(JsonSerializer.SerializeToUtf8Bytes(resource), out _));
        var whole = await server.GetAsync("clinician1", "Observation?_id=s-obs&_summary=false");
        Assert.DoesNotContain("SUBSETTED", whole.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_lead_forwards_and_back()
    {
        await server.OnceAsync(nameof(SearchResultTests), WriteAsync);
        var first = await server.GetAsync("clinician1", "Observation?code=paged&_count=2&_sort=value-quantity");
        Assert.Equal("Observation/s-page1,Observation/s-page2", string.Join(',', first.Found()));
        Assert.Null(first.Link("previous"));
        var second = await server.GetAsync("clinician1", first.Link("next")!);
        var third = await server.GetAsync("clinician1", second.Link("next")!);
        Assert.Equal("Observation/s-page5", string.Join(',', third.Found()));
        Assert.Null(third.Link("next"));
        Assert.Equal(second.Found(), (await server.GetAsync("clinician1", third.Link("previous")!)).Found());
        Assert.Equal(first.Found(), (await server.GetAsync("clinician1", third.Link("first")!)).Found());
    }

    [Theory]
    [InlineData("_sort=-value-quantity", "5,4,3,2,1")]
    [InlineData("_sort=category,-value-quantity", "4,2,5,3,1")]
    [InlineData("_sort=-date,value-quantity", "3,4,5,1,2")]
    [InlineData("_sort=-_id", "5,4,3,2,1")]
    public async Task Several_keys_sort(string sort, string expected)
    {
        await server.OnceAsync(nameof(SearchResultTests), WriteAsync);
        var answer = await server.GetAsync("clinician1", "Observation?code=paged&" + sort);
        Assert.Equal(expected, string.Join(',', answer.Found().Select(r => r[^1])));
    }

    [Fact]
    public async Task Labels_that_the_rules_derived_are_searched_too()
    {
        await server.OnceAsync(nameof(SearchResultTests), WriteAsync);
        var shown = (await server.GetAsync("patient1", "Condition/s-hiv")).Json.GetProperty("meta");
        var label = shown.GetProperty("security")[0].GetProperty("code").GetString();
        var found = await server.GetAsync("patient1", $"Condition?_security={label}&_id=s-hiv");
        Assert.Equal("Condition/s-hiv", string.Join(',', found.Found()));
        var all = await server.GetAsync("patient1", $"Condition?_security={label}");
        Assert.Contains("Condition/s-hiv", all.Found(), StringComparer.Ordinal);
        Assert.Empty((await server.GetAsync("patient1", $"Condition?_security:not={label}&_id=s-hiv")).Found());
    }

    private async Task WriteAsync()
    {
        await PutAsync(
            """
            {"resourceType":"Encounter","id":"s-enc","status":"finished","class":{"code":"AMB"},
            "type":[{"coding":[{"system":"http://example.org/search","code":"visit"}]}],
            "subject":{"reference":"Patient/sample-a"}}
            """
        );
        await PutAsync(
            """
            {"resourceType":"Observation","id":"s-obs","status":"final",
            "meta":{"tag":[{"system":"http://example.org/search","code":"t"}]},
            "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">pressure</div>"},
            "identifier":[{"system":"http://example.org/search","value":"a,b|c"}],
            "category":[{"coding":[{"code":"c1"}]}],
            "code":{"coding":[{"system":"http://example.org/search","code":"pressure","display":"Blood pressure"}]},
            "subject":{"reference":"Patient/sample-a"},"encounter":{"reference":"Encounter/s-enc"},
            "effectiveDateTime":"2024-05-03","note":[{"text":"n"}],
            "valueQuantity":{"value":120,"unit":"mmHg"},
            "component":[{"code":{"coding":[{"code":"systolic"}]},
            "valueQuantity":{"value":120,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}
            """
        );
        await PutAsync(
            """
            {"resourceType":"DiagnosticReport","id":"s-report","status":"final","code":{"coding":[{"code":"report"}]},
            "subject":{"reference":"Patient/sample-a"},"encounter":{"reference":"Encounter/s-enc"},
            "result":[{"reference":"Observation/s-obs"}]}
            """
        );
        await PutAsync(
            """
            {"resourceType":"Condition","id":"s-hiv","subject":{"reference":"Patient/sample-a"},
            "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"B20"}]}}
            """
        );
        for (var i = 1; i <= 5; i++)
        {
            await PutAsync(
                $$$"""
                {"resourceType":"Observation","id":"s-page{{{i}}}","status":"final","code":{"coding":[{"code":"paged"}]},
                "category":[{"coding":[{"code":"{{{(i % 2 == 0 ? "a" : "b")}}}"}]}],
                "subject":{"reference":"Patient/sample-a"},"effectiveDateTime":"2024-05-0{{{(i < 3 ? 1 : 2)}}}",
                "valueQuantity":{"value":{{{i}}}}}
                """
            );
        }
    }

    private async Task PutAsync(string resource)
    {
        var json = JsonDocument.Parse(resource).RootElement;
        var path = $"{json.GetProperty("resourceType").GetString()}/{json.GetProperty("id").GetString()}";
        var made = await server.SendAsync("ingest1", HttpMethod.Put, path, resource);
        Assert.True(made.Status == HttpStatusCode.Created, made.Body);
    }

    private static string Encoded(string query) =>
        query.Split('?')[0]
        + "?"
        + string.Join(
            '&',
            query
                .Split('?')[1]
                .Split('&')
                .Select(pair => string.Join('=', pair.Split('=', 2).Select(Uri.EscapeDataString)))
        );
}
