using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using MedLedger.Api.Fhir;
using MedLedger.Api.Jobs;

namespace MedLedger.Api.Http.Rest;

/// <summary>The CapabilityStatement, made from the registrations of the routes (FHIR R4, capabilitystatement.html).</summary>
internal static class CapabilityApi
{
    private const string SecurityService = "http://terminology.hl7.org/CodeSystem/restful-security-service";
    private const string OAuthUris = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";

    private static readonly BaseFhirJsonSerializer Serializer = new(ModelInfo.ModelInspector);

    /// <summary>GET metadata; the one path that needs no token.</summary>
    public static IResult Get(HttpContext http, OpenLedger ledger)
    {
        if (FhirBody.Negotiate(http.Request) is not { } type)
            return Outcomes.Table.NotAcceptable.ToResult();
        var statement = Statement($"{http.Request.Scheme}://{http.Request.Host}/fhir", ledger.Store.Time.GetUtcNow());
        return Results.Text(Serializer.SerializeToString(statement), type);
    }

    /// <summary>The statement of a server at a base URL.</summary>
    public static CapabilityStatement Statement(string baseUrl, DateTimeOffset now)
    {
        var rest = new CapabilityStatement.RestComponent
        {
            Mode = CapabilityStatement.RestfulCapabilityMode.Server,
            Security = new CapabilityStatement.SecurityComponent
            {
                Cors = false,
                Service = [new CodeableConcept(SecurityService, "SMART-on-FHIR")],
                Extension = [Endpoints(baseUrl[..baseUrl.LastIndexOf('/')])],
                Description =
                    "OAuth 2.0 bearer tokens that carry a purpose of use; every record is read through the patient's consents.",
            },
        };
        foreach (var code in Codes(FhirLevel.System).Append("batch"))
        {
            rest.Interaction.Add(
                new CapabilityStatement.SystemInteractionComponent
                {
                    CodeElement = new Code<CapabilityStatement.SystemRestfulInteraction> { JsonValue = code },
                }
            );
        }
        rest.Compartment = SearchCompartment.Types.Select(CompartmentUrl);
        foreach (var (name, kind) in SearchRequest.Common)
            rest.SearchParam.Add(new CapabilityStatement.SearchParamComponent { Name = name, Type = kind });
        foreach (var operation in Operations(route => route.Path.StartsWith("/$", StringComparison.Ordinal)))
            rest.Operation.Add(operation);
        foreach (var type in ResourceParser.ResourceTypes.Order(StringComparer.Ordinal))
            rest.Resource.Add(Resource(type));
        return new CapabilityStatement
        {
            Url = baseUrl + "/metadata",
            Name = "MedLedger",
            Title = "MedLedger FHIR R4 server",
            Status = PublicationStatus.Active,
            Date = now.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
            Kind = CapabilityStatementKind.Instance,
            FhirVersion = FHIRVersion.N4_0_1,
            Format = [FhirBody.FhirJson, "json"],
            PatchFormat = PatchApi.Formats,
            Software = new CapabilityStatement.SoftwareComponent { Name = "MedLedger" },
            Implementation = new CapabilityStatement.ImplementationComponent
            {
                Description = "Records sealed at rest, read through the patient's consents",
                Url = baseUrl,
            },
            Rest = [rest],
        };
    }

    // Where apps of SMART App Launch 1 look for the endpoints; those of 2 read .well-known/smart-configuration.
    private static Extension Endpoints(string server) =>
        new()
        {
            Url = OAuthUris,
            Extension =
            [
                new Extension("authorize", new FhirUri(server + "/connect/authorize")),
                new Extension("token", new FhirUri(server + "/connect/token")),
                new Extension("revoke", new FhirUri(server + "/connect/revoke")),
                new Extension("introspect", new FhirUri(server + "/connect/introspect")),
            ],
        };

    private static CapabilityStatement.ResourceComponent Resource(string type)
    {
        var resource = new CapabilityStatement.ResourceComponent
        {
            TypeElement = new Code<ResourceType> { JsonValue = type },
            Versioning = CapabilityStatement.ResourceVersionPolicy.Versioned,
            ReadHistory = true,
            UpdateCreate = Codes(FhirLevel.Type).Contains("update", StringComparer.Ordinal),
            ConditionalCreate = Has("POST", "/{type}"),
            ConditionalRead = CapabilityStatement.ConditionalReadStatus.FullSupport,
            ConditionalUpdate = Has("PUT", "/{type}"),
            ConditionalDelete = Has("DELETE", "/{type}")
                ? CapabilityStatement.ConditionalDeleteStatus.Single
                : CapabilityStatement.ConditionalDeleteStatus.NotSupported,
        };
        foreach (var code in Codes(FhirLevel.Type))
        {
            resource.Interaction.Add(
                new CapabilityStatement.ResourceInteractionComponent
                {
                    CodeElement = new Code<CapabilityStatement.TypeRestfulInteraction> { JsonValue = code },
                }
            );
        }
        foreach (
            var operation in Operations(route =>
                route.ResourceType == type || route.Path.StartsWith("/{type}/", StringComparison.Ordinal)
            )
        )
            resource.Operation.Add(operation);
        var included = new List<string> { "*", $"{type}:*" };
        foreach (var definition in SearchDefinition.Of(type).Values.OrderBy(d => d.Code, StringComparer.Ordinal))
        {
            resource.SearchParam.Add(
                new CapabilityStatement.SearchParamComponent { Name = definition.Code, Type = definition.Type }
            );
            if (definition.Type == SearchParamType.Reference)
                included.Add($"{type}:{definition.Code}");
        }
        resource.SearchInclude = included;
        return resource;
    }

    // The canonical URLs begin small: .../relatedPerson.
    private static string CompartmentUrl(string type) =>
        $"http://hl7.org/fhir/CompartmentDefinition/{char.ToLowerInvariant(type[0])}{type[1..]}";

    private static bool Has(string method, string path) =>
        FhirRoutes.All.Any(route => route.Method == method && route.Path == path);

    private static IEnumerable<string> Codes(FhirLevel level) =>
        FhirRoutes
            .All.Where(route => route.Level == level)
            .Select(route => route.Code)
            .Distinct(StringComparer.Ordinal);

    private static IEnumerable<CapabilityStatement.OperationComponent> Operations(Func<FhirRoute, bool> isThere) =>
        FhirRoutes
            .All.Where(route => route.Level == FhirLevel.Operation && isThere(route))
            .DistinctBy(route => route.Code, StringComparer.Ordinal)
            .Select(route => new CapabilityStatement.OperationComponent
            {
                Name = route.Code,
                Definition = route.Definition,
            });
}
