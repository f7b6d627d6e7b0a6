using System.Net;
using System.Text.Json;
using MedLedger.Api.Http.Rest;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>The operations in the CapabilityStatement are those of the routes, both ways.</summary>
[Collection("FHIR server")]
public sealed class OperationStatementTests(FhirServer server)
{
    [Fact]
    public async Task Every_route_is_in_the_statement()
    {
        var rest = await RestAsync();
        var types = rest.GetProperty("resource").EnumerateArray().ToList();
        foreach (var route in FhirRoutes.All)
        {
            switch (route.Level)
            {
                case FhirLevel.System:
                    Assert.Contains(route.Code, Codes(rest), StringComparer.Ordinal);
                    break;
                case FhirLevel.Type:
                    Assert.All(types, type => Assert.Contains(route.Code, Codes(type), StringComparer.Ordinal));
                    break;
                case FhirLevel.Operation:
                    var at =
                        route.ResourceType is { } own ? types.Where(t => t.GetProperty("type").GetString() == own)
                        : route.Path.StartsWith("/{type}", StringComparison.Ordinal) ? types
                        : [rest];
                    Assert.All(at, one => Assert.Contains((route.Code, route.Definition!), Operations(one)));
                    break;
            }
        }
    }

    [Fact]
    public async Task Everything_in_the_statement_has_a_route_and_answers()
    {
        var rest = await RestAsync();
        var system = Codes(rest).Where(c => c != "batch");
        Assert.All(system, code => Assert.Contains(FhirRoutes.All, r => r.Code == code));
        foreach (var type in rest.GetProperty("resource").EnumerateArray())
            Assert.All(Codes(type), code => Assert.Contains(FhirRoutes.All, r => r.Code == code));
        var named = rest.GetProperty("resource")
            .EnumerateArray()
            .SelectMany(t => Operations(t).Select(o => (Type: t.GetProperty("type").GetString()!, o.Name)))
            .Concat(Operations(rest).Select(o => (Type: "", o.Name)))
            .ToList();
        Assert.Contains(("Patient", "everything"), named);
        Assert.Contains(("", "export"), named);
        foreach (var (type, name) in named)
        {
            var routes = FhirRoutes.All.Where(r =>
                r.Level == FhirLevel.Operation
                && r.Code == name
                && (
                    r.ResourceType is { } own ? own == type
                    : type.Length == 0 ? r.Path.StartsWith("/$", StringComparison.Ordinal)
                    : r.Path.StartsWith("/{type}", StringComparison.Ordinal)
                )
            );
            Assert.NotEmpty(routes);
            if (type is not ("" or "Patient" or "Group"))
                continue; // one answers as the other
            foreach (var route in routes)
            {
                var path = route
                    .Path.TrimStart('/')
                    .Replace("{type}", type, StringComparison.Ordinal)
                    .Replace("{id}", "nobody", StringComparison.Ordinal)
                    .Replace("{file}", "1", StringComparison.Ordinal);
                var answer = await server.SendAsync("clinician1", new HttpMethod(route.Method), path);
                Assert.True(answer.Status != HttpStatusCode.NotImplemented, path);
            }
        }
    }

    private async Task<JsonElement> RestAsync() =>
        (await server.SendAsync(null, HttpMethod.Get, "metadata")).Json.GetProperty("rest")[0];

    private static List<string> Codes(JsonElement at) =>
        [.. at.GetProperty("interaction").EnumerateArray().Select(i => i.GetProperty("code").GetString()!)];

    private static List<(string Name, string Definition)> Operations(JsonElement at) =>
        at.TryGetProperty("operation", out var operations)
            ?
            [
                .. operations
                    .EnumerateArray()
                    .Select(o => (o.GetProperty("name").GetString()!, o.GetProperty("definition").GetString()!)),
            ]
            : [];
}
