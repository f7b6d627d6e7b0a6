using System.Net;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Searches in the compartment of a patient: <c>Patient/id/Type</c> and <c>Patient/id/*</c>.</summary>
[Collection("FHIR server")]
[Trait("threat", "clinician with a valid account")]
public sealed class CompartmentTests(FhirServer server)
{
    [Fact]
    public async Task A_type_in_a_compartment_is_what_names_the_patient()
    {
        var named = await server.GetAsync("clinician1", "Observation?patient=sample-b&_count=1000");
        var found = await server.GetAsync("clinician1", "Patient/sample-b/Observation?_count=1000");
        Assert.NotEmpty(found.Found());
        Assert.Equal(Sorted(named), Sorted(found));
        Assert.Equal(named.Json.GetProperty("total").GetInt32(), found.Json.GetProperty("total").GetInt32());
        Assert.Contains("/Patient/sample-b/Observation?", found.Link("self"), StringComparison.Ordinal);
        (string, string) form = ("Content-Type", "application/x-www-form-urlencoded");
        var posted = await server.SendAsync(
            "clinician1",
            HttpMethod.Post,
            "Patient/sample-b/Observation/_search",
            "_count=1000",
            form
        );
        Assert.Equal(Sorted(found), Sorted(posted));
        var one = found.Found()[0];
        Assert.Equal(
            [one],
            (await server.GetAsync("clinician1", $"Patient/sample-b/Observation?_id={one.Split('/')[1]}")).Found()
        );
        Assert.Empty(
            (await server.GetAsync("clinician1", $"Patient/sample-a/Observation?_id={one.Split('/')[1]}")).Found()
        );
    }

    [Fact]
    public async Task All_types_in_a_compartment_come_page_by_page()
    {
        var all = await server.GetAsync("clinician1", "Patient/sample-b/*?_count=1000");
        Assert.Contains(all.Found(), r => r == "Patient/sample-b");
        Assert.Contains(all.Found(), r => r.StartsWith("Observation/", StringComparison.Ordinal));
        Assert.DoesNotContain(all.Found(), r => r.StartsWith("Organization/", StringComparison.Ordinal));
        var paged = new List<string>();
        for (var next = "Patient/sample-b/*?_count=7"; next is not null; )
        {
            var page = await server.GetAsync("clinician1", next);
            Assert.Equal(HttpStatusCode.OK, page.Status);
            paged.AddRange(page.Found());
            next = page.Link("next");
        }
        Assert.Equal(Sorted(all), string.Join(',', paged.Order(StringComparer.Ordinal)));
        // A link of one compartment opens no other.
        var link = (await server.GetAsync("clinician1", "Patient/sample-b/*?_count=2")).Link("next")!;
        var moved = link.Replace("sample-b", "sample-a", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician1", moved)).Status);
    }

    [Fact]
    public async Task Of_all_types_a_token_finds_those_that_its_scopes_cover()
    {
        var token = await server.ScopedTokenAsync("clinician1", "user/Observation.s", null);
        var found = (await server.GetAsync(token, "Patient/sample-b/*?_count=1000")).Found();
        Assert.NotEmpty(found);
        Assert.All(found, r => Assert.StartsWith("Observation/", r, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync(token, "Patient/sample-b/Condition")).Status);
    }

    [Theory]
    [InlineData("Patient/sample-b/Nonsense", HttpStatusCode.NotFound)]
    [InlineData("Patient/sample-b/*?_id=x", HttpStatusCode.BadRequest)]
    [InlineData("Patient/sample-b/*?code=x", HttpStatusCode.BadRequest)]
    [InlineData("Patient/sample-b/*?_has:Observation:patient:code=x", HttpStatusCode.BadRequest)]
    [InlineData("Encounter/x/Observation", HttpStatusCode.NotImplemented)]
    [InlineData("Patient/sample-b/$nonsense", HttpStatusCode.NotImplemented)]
    public async Task What_is_no_compartment_search_is_refused(string path, HttpStatusCode status)
    {
        var refused = await server.GetAsync("clinician1", path);
        Assert.Equal(status, refused.Status);
        Assert.NotNull(refused.Issue);
    }

    private static string Sorted(FhirAnswer answer) => string.Join(',', answer.Found().Order(StringComparer.Ordinal));
}
