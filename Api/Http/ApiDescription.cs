using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace MedLedger.Api.Http;

/// <summary>What stands around the routes in the OpenAPI document; the routes are those that are mapped.</summary>
internal static class ApiDescription
{
    private const string Bearer = "bearer";

    /// <summary>Adds it.</summary>
    public static void Describe(OpenApiOptions options) =>
        options.AddDocumentTransformer(
            (document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "MedLedger",
                    Version = "1",
                    Description =
                        "Medical records, read through the patient's consents. Below /fhir it is FHIR R4: see /fhir/metadata.",
                };
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(
                    StringComparer.Ordinal
                );
                document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = Bearer,
                    BearerFormat = "JWT",
                    Description = "An access token of this server, with one purpose of use (X-Purpose-Of-Use).",
                };
                return Task.CompletedTask;
            }
        );
}
