using System.Net;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Searches in a compartment: <c>Patient/id/Type</c>, <c>Patient/id/*</c>, and the same of Encounter, Practitioner, RelatedPerson, Device.</summary>
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

    [Theory]
    [InlineData("Encounter/sample-b-encounter-2/Observation", "Observation?encounter=sample-b-encounter-2")]
    [InlineData("Encounter/sample-b-encounter-2/Encounter", "Encounter?_id=sample-b-encounter-2")]
    [InlineData("Practitioner/clinician1/Observation", "Observation?performer=Practitioner/clinician1")]
    [InlineData("Practitioner/clinician1/PractitionerRole", "PractitionerRole?practitioner=clinician1")]
    [InlineData("Practitioner/clinician1/Practitioner", "Practitioner?_id=clinician1")]
    [InlineData("Encounter/nobody/Observation", "Observation?encounter=nobody")]
    public async Task Other_compartments_hold_what_names_their_resource(string path, string search)
    {
        var named = await server.GetAsync("clinician1", search + "&_count=1000");
        var found = await server.GetAsync("clinician1", path + "?_count=1000");
        Assert.Equal(HttpStatusCode.OK, found.Status);
        Assert.Equal(path.Contains("nobody", StringComparison.Ordinal), found.Found().Count == 0);
        Assert.Equal(Sorted(named), Sorted(found));
        // The same caller sees as much of it as of the search, others as little.
        var others = await server.GetAsync("clinician2", path + "?_count=1000");
        Assert.Equal(Sorted(await server.GetAsync("clinician2", search + "&_count=1000")), Sorted(others));
    }

    [Fact]
    public async Task Any_of_several_parameters_puts_a_resource_into_the_compartment_of_a_device_or_a_person()
    {
        string Body(string members) =>
            $$"""
                {"resourceType":"Observation","status":"final","code":{"text":"x"},
                "subject":{"reference":"Patient/sample-a"},{{members}}}
                """;
        var ids = new List<string>();
        foreach (
            var members in new[]
            {
                """ "device":{"reference":"Device/compartment-device"} """,
                """ "performer":[{"reference":"RelatedPerson/compartment-person"}] """,
            }
        )
        {
            var made = await server.SendAsync("clinician1", HttpMethod.Post, "Observation", Body(members));
            Assert.True(made.Status == HttpStatusCode.Created, made.Body);
            ids.Add("Observation/" + made.Json.GetProperty("id").GetString());
        }
        Assert.Equal([ids[0]], (await server.GetAsync("clinician1", "Device/compartment-device/Observation")).Found());
        Assert.Equal([ids[0]], (await server.GetAsync("clinician1", "Device/compartment-device/*")).Found());
        Assert.Equal([ids[1]], (await server.GetAsync("clinician1", "RelatedPerson/compartment-person/*")).Found());
        Assert.Empty((await server.GetAsync("clinician1", "Device/compartment-device/Condition")).Found());
        Assert.Empty((await server.GetAsync("clinician2", "Device/compartment-device/*")).Found());
    }

    [Fact]
    public async Task The_CapabilityStatement_names_the_compartments_and_their_parameters_are_those_of_R4()
    {
        var statement = await server.GetAsync("clinician1", "metadata");
        Assert.Equal(
            ["device", "encounter", "patient", "practitioner", "relatedPerson"],
            statement
                .Json.GetProperty("rest")[0]
                .GetProperty("compartment")
                .EnumerateArray()
                .Select(url => url.GetString()!.Split('/')[^1]),
            StringComparer.Ordinal
        );
        foreach (var compartment in SearchCompartment.Types.Except(["Patient"], StringComparer.Ordinal))
        {
            foreach (var (type, codes) in SearchCompartment.Parameters(compartment))
            {
                Assert.All(codes, code => Assert.True(SearchDefinition.Of(type)[code].IsIndexed, $"{type}.{code}"));
                Assert.All(
                    codes,
                    code => Assert.Equal(Hl7.Fhir.Model.SearchParamType.Reference, SearchDefinition.Of(type)[code].Type)
                );
            }
        }
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
    [InlineData("Encounter/x/Nonsense", HttpStatusCode.NotFound)]
    [InlineData("Encounter/x/*?code=x", HttpStatusCode.BadRequest)]
    [InlineData("Organization/clinic/Observation", HttpStatusCode.NotImplemented)]
    [InlineData("Patient/sample-b/$nonsense", HttpStatusCode.NotImplemented)]
    public async Task What_is_no_compartment_search_is_refused(string path, HttpStatusCode status)
    {
        var refused = await server.GetAsync("clinician1", path);
        Assert.Equal(status, refused.Status);
        Assert.NotNull(refused.Issue);
    }

    private static string Sorted(FhirAnswer answer) => string.Join(',', answer.Found().Order(StringComparer.Ordinal));
}
