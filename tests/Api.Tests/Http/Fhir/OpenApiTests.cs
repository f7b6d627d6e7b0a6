using System.Net;
using MedLedger.Api.Http.Rest;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>The OpenAPI document has every FHIR interaction that is registered, and nothing else below <c>/fhir</c>.</summary>
[Collection("FHIR server")]
public sealed class OpenApiTests(FhirServer server)
{
    [Fact]
    public async Task Below_fhir_it_has_what_is_registered_and_nothing_else()
    {
        var described = (await DescribedAsync()).Where(r => r.Contains(" /fhir", StringComparison.Ordinal)).ToList();
        var registered = FhirRoutes
            .All.SelectMany(route =>
                (route is { Method: "GET", IsAlone: false } ? ["GET", "HEAD"] : new[] { route.Method }).Select(method =>
                    $"{method} /fhir{route.Path}".TrimEnd('/')
                )
            )
            .Append("GET /fhir/metadata")
            .Append("GET /fhir/.well-known/smart-configuration");
        Assert.Equal(
            registered.Order(StringComparer.Ordinal),
            described.Order(StringComparer.Ordinal),
            StringComparer.Ordinal
        );
    }

    [Fact]
    public async Task What_the_CapabilityStatement_names_is_registered_and_the_other_way_round()
    {
        var metadata = await server.SendAsync(null, HttpMethod.Get, "metadata");
        var rest = metadata.Json.GetProperty("rest")[0];
        var consent = rest.GetProperty("resource")
            .EnumerateArray()
            .Single(r => r.GetProperty("type").GetString() == "Consent");
        var named = consent
            .GetProperty("interaction")
            .EnumerateArray()
            .Select(i => i.GetProperty("code").GetString()!)
            .Concat(consent.GetProperty("operation").EnumerateArray().Select(o => o.GetProperty("name").GetString()!))
            .Concat(rest.GetProperty("interaction").EnumerateArray().Select(i => i.GetProperty("code").GetString()!))
            .Where(code => code != "batch"); // the other thing that POST / takes
        var registered = FhirRoutes
            .All.Where(route =>
                route.Level != FhirLevel.Operation
                || route.ResourceType == "Consent"
                || route.Path.StartsWith("/{type}/", StringComparison.Ordinal)
            )
            .Select(route => route.Code);
        Assert.Equal(
            registered.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
            named.Order(StringComparer.Ordinal),
            StringComparer.Ordinal
        );
    }

    [Fact]
    public async Task Every_described_route_beside_fhir_answers_and_the_document_says_how_to_authenticate()
    {
        var api = await server.GetAsync("operator1", server.Beside("/openapi/v1.json"));
        Assert.Equal(
            "http",
            api.Json.GetProperty("components")
                .GetProperty("securitySchemes")
                .GetProperty("bearer")
                .GetProperty("type")
                .GetString()
        );
        var nothing = await server.SendAsync("operator1", HttpMethod.Get, server.Beside("/no/such/route"));
        Assert.Equal(HttpStatusCode.NotFound, nothing.Status);
        foreach (var route in (await DescribedAsync()).Where(r => !r.Contains(" /fhir", StringComparison.Ordinal)))
        {
            var parts = route.Split(' ');
            var path = parts[1].Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
            var answer = await server.SendAsync(null, new HttpMethod(parts[0]), server.Beside(path));
            Assert.True(answer.Status != HttpStatusCode.MethodNotAllowed, route);
        }
    }

    // The other way round: from the routes that the running server has.
    [Fact]
    public async Task Every_route_beside_fhir_is_described()
    {
        using var routes = new MappedRoutes();
        await server.SendAsync(null, HttpMethod.Get, server.Beside("/health/live"));
        var mapped = routes
            .All.Where(r => !r.Contains(" /fhir", StringComparison.Ordinal))
            .Except(["GET /openapi/{documentName}.json"], StringComparer.Ordinal);
        var described = (await DescribedAsync()).Where(r => !r.Contains(" /fhir", StringComparison.Ordinal));
        Assert.Equal(
            mapped.Order(StringComparer.Ordinal),
            described.Order(StringComparer.Ordinal),
            StringComparer.Ordinal
        );
    }

    private async Task<IReadOnlyList<string>> DescribedAsync()
    {
        var api = await server.GetAsync("operator1", server.Beside("/openapi/v1.json"));
        Assert.Equal(HttpStatusCode.OK, api.Status);
        return
        [
            .. api
                .Json.GetProperty("paths")
                .EnumerateObject()
                .SelectMany(p =>
                    p.Value.EnumerateObject().Select(m => $"{m.Name.ToUpperInvariant()} {p.Name}".TrimEnd('/'))
                ),
        ];
    }
}
