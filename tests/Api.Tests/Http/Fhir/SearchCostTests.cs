using System.Net;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>A server whose callers' searches may open few records a minute.</summary>
public sealed class LimitedFhirServer : FhirServer
{
    protected override string Settings => """{"search-cost":"60"}""";
}

[CollectionDefinition("FHIR server with limits", DisableParallelization = true)]
public sealed class LimitedFhirServerGroup : ICollectionFixture<LimitedFhirServer>;

[Collection("FHIR server with limits")]
[Trait("threat", "clinician with a valid account")]
public sealed class SearchCostTests(LimitedFhirServer server)
{
    private const string Search = "Observation?patient=sample-a";

    [Theory]
    [InlineData("GET", Search)]
    [InlineData("GET", "Patient/nobody/*")]
    [InlineData("GET", "Patient/sample-a/$everything")]
    [InlineData("GET", "Patient/nobody/$everything")]
    [InlineData("GET", "_history")]
    [InlineData("GET", "Observation/_history")]
    [InlineData("PUT", "Observation?patient=sample-a&code=limited")]
    [InlineData("PUT", "Observation?patient=nobody&code=limited")]
    [InlineData("DELETE", "Observation?patient=sample-a&code=limited")]
    public async Task Whose_searches_opened_too_much_waits_whatever_is_asked_for(string method, string path)
    {
        await SpendAsync();
        var answer = await server.SendAsync("clinician1", new HttpMethod(method), path, method == "PUT" ? Body : null);
        AssertSpent(answer);
    }

    [Fact]
    public async Task Conditions_inside_Bundles_wait_too_and_nothing_is_written()
    {
        await SpendAsync();
        var entry = $$$"""
            {"resource":{{{Body}}},
            "request":{"method":"POST","url":"Observation","ifNoneExist":"patient=sample-a&code=limited"}}
            """;
        var transaction = await server.SendAsync("clinician1", HttpMethod.Post, "", Bundle("transaction", entry));
        AssertSpent(transaction);
        var batch = await server.SendAsync("clinician1", HttpMethod.Post, "", Bundle("batch", entry));
        Assert.Equal(
            "429",
            batch.Json.GetProperty("entry")[0].GetProperty("response").GetProperty("status").GetString()![..3]
        );
        Assert.Equal(0, await CountAsync("patient1", "Observation?code=limited"));
    }

    [Fact]
    public async Task Reads_by_id_and_other_callers_go_on()
    {
        await SpendAsync();
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("clinician1", "Patient/sample-a")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("clinician2", "Observation?patient=nobody")).Status);
    }

    [Fact]
    public async Task What_is_denied_costs_no_more_of_it_than_what_is_not_there()
    {
        foreach (var patient in new[] { "sample-a", "sample-b", "nobody" })
        {
            for (var i = 0; i < 15; i++)
            {
                var answer = await server.GetAsync("clinician2", $"Observation?patient={patient}");
                Assert.Equal((HttpStatusCode.OK, 0), (answer.Status, answer.Found().Count));
            }
        }
    }

    private async Task SpendAsync()
    {
        // One of these opens more than a minute's worth; what is left of a debt may be too little for a test.
        for (var i = 0; i < 300; i++)
        {
            var answer = await server.GetAsync("clinician1", "_history?_count=500");
            if (answer.Headers.RetryAfter?.Delta > TimeSpan.FromSeconds(20))
                return;
            if (answer.Status == HttpStatusCode.TooManyRequests)
                await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
        Assert.Fail("Nothing limits what searches open.");
    }

    private async Task<int> CountAsync(string user, string path) => (await server.GetAsync(user, path)).Found().Count;

    private static void AssertSpent(FhirAnswer answer)
    {
        Assert.Equal((HttpStatusCode.TooManyRequests, "throttled"), (answer.Status, answer.Issue));
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    private static string Bundle(string type, string entry) =>
        $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{entry}}]}""";

    private const string Body = """
        {"resourceType":"Observation","status":"final","subject":{"reference":"Patient/sample-a"},
        "code":{"coding":[{"system":"urn:test","code":"limited"}]}}
        """;
}
