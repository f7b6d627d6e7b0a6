using System.Net;
using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Http.Rest;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>The CapabilityStatement says what the routes do, and nothing else.</summary>
[Collection("FHIR server")]
public sealed class CapabilityTests(FhirServer server)
{
    [Fact]
    public async Task What_is_stated_has_a_route_and_what_has_a_route_is_stated()
    {
        var rest = (await server.SendAsync(null, HttpMethod.Get, "metadata")).Json.GetProperty("rest")[0];
        Assert.Equal(
            Codes(FhirLevel.System).Append("batch").Order(StringComparer.Ordinal),
            Stated(rest).Order(StringComparer.Ordinal)
        );
        var resources = rest.GetProperty("resource").EnumerateArray().ToList();
        Assert.Equal(
            ResourceParser.ResourceTypes.Order(StringComparer.Ordinal),
            resources.Select(r => r.GetProperty("type").GetString()!).Order(StringComparer.Ordinal)
        );
        foreach (var resource in resources)
            Assert.Equal(
                Codes(FhirLevel.Type).Order(StringComparer.Ordinal),
                Stated(resource).Order(StringComparer.Ordinal)
            );
    }

    [Fact]
    public async Task Conditions_that_are_stated_are_answered()
    {
        var patient = (await server.SendAsync(null, HttpMethod.Get, "metadata"))
            .Json.GetProperty("rest")[0]
            .GetProperty("resource")
            .EnumerateArray()
            .Single(r => r.GetProperty("type").GetString() == "Patient");
        Assert.True(patient.GetProperty("conditionalCreate").GetBoolean());
        Assert.True(patient.GetProperty("conditionalUpdate").GetBoolean());
        Assert.Equal("single", patient.GetProperty("conditionalDelete").GetString());
        Assert.Equal("full-support", patient.GetProperty("conditionalRead").GetString());
        foreach (var method in new[] { HttpMethod.Put, HttpMethod.Delete })
        {
            var answer = await server.SendAsync("clinician1", method, "Patient?_id=nobody", "{}");
            Assert.NotEqual(HttpStatusCode.NotImplemented, answer.Status);
        }
    }

    private static IEnumerable<string> Codes(FhirLevel level) =>
        FhirRoutes.All.Where(r => r.Level == level).Select(r => r.Code).Distinct(StringComparer.Ordinal);

    private static IEnumerable<string> Stated(JsonElement of) =>
        of.GetProperty("interaction").EnumerateArray().Select(i => i.GetProperty("code").GetString()!);
}
