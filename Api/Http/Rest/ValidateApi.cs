using System.Text;
using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// $validate (FHIR R4, resource-operation-validate.html): would this be taken? Nothing is stored. It says what is wrong with
/// the content, and for <c>delete</c> whether the role deletes; whose consent a write needs is decided when it is made.
/// </summary>
internal static class ValidateApi
{
    private static readonly ValidationIssue NotDeleted = new(false, "forbidden", "this role does not delete it", "");

    private const string Profiles = "http://hl7.org/fhir/StructureDefinition/";

    /// <summary>POST Type/$validate.</summary>
    public static Task<IResult> TypeAsync(FhirExchange exchange) => RunAsync(exchange, isInstance: false);

    /// <summary>POST Type/id/$validate.</summary>
    public static Task<IResult> InstanceAsync(FhirExchange exchange) => RunAsync(exchange, isInstance: true);

    private static async Task<IResult> RunAsync(FhirExchange exchange, bool isInstance)
    {
        if (!ResourceParser.ResourceTypes.Contains(exchange.Type))
            return Outcomes.Table.NoSuchType.ToResult();
        if (!exchange.MayWrite && !exchange.MayRead)
            return Outcomes.Forbidden;
        var (body, problem) = await ResourceInput.ReadAsync(exchange.Http.Request, exchange.Aborted);
        if (body is null)
            return problem!.ToResult();
        var asked = Read(body, exchange.Http.Request.Query);
        if (asked.Profile is { } profile && profile != Profiles + exchange.Type)
            return Outcomes.Table.UnknownProfile.ToResult();
        if (asked.Mode is not (null or "create" or "update" or "delete") || (asked.Mode == "delete" && !isInstance))
            return Outcomes.Table.BadRequest("mode is create or update, and for one instance also delete.").ToResult();

        var content = asked.Resource;
        if (asked.Mode == "delete" || content is null)
        {
            if (!isInstance)
                return Outcomes.Table.BadRequest("There is no resource to validate.").ToResult();
            using var current =
                exchange.MayRead && exchange.HasReference
                    ? await WriteApi.ReadAsync(exchange, "validate", ScopePermissions.Read)
                    : null;
            if (current is null || current.IsDeleted)
                return Outcomes.NotFound;
            if (asked.Mode == "delete")
                return Outcomes.Table.Validated(exchange.MayChange(current.Type) ? [] : [NotDeleted]).ToResult();
            content = current.Content.ToArray();
        }
        return Answer(exchange, content, isInstance && asked.Mode != "create").ToResult();
    }

    private static Outcome Answer(FhirExchange exchange, byte[] content, bool isOwnId)
    {
        var issues = new List<ValidationIssue>();
        if (ResourceInput.Identity(content) is not { } identity)
            return Outcomes.Table.Structure("The body is not one FHIR resource in JSON.");
        if (identity.Type != exchange.Type)
            issues.Add(
                new ValidationIssue(false, "invalid", "the resource type is not that of the URL", identity.Type)
            );
        if (isOwnId && identity.Id != exchange.Id)
            issues.Add(new ValidationIssue(false, "invalid", "the id is not that of the URL", identity.Type + ".id"));
        if (ResourceParser.Read(content, out var found) is { } resource)
        {
            issues.AddRange(ResourceValidator.Validate(resource, withWarnings: true));
            if (resource.Meta?.Profile?.Any(p => p != Profiles + identity.Type) == true)
                issues.Add(
                    new ValidationIssue(true, "not-supported", "no profile is checked", identity.Type + ".meta.profile")
                );
        }
        else
        {
            issues.AddRange(found);
        }
        return Outcomes.Table.Validated(issues);
    }

    // Parameters with resource, mode and profile, or the resource itself with the others in the URL.
    private static Asked Read(byte[] body, IQueryCollection query)
    {
        var asked = new Asked(body, query["mode"], query["profile"]);
        if (ResourceInput.Identity(body) is not { Type: "Parameters" })
            return asked;
        using var json = JsonDocument.Parse(body);
        asked = asked with { Resource = null };
        if (
            !json.RootElement.TryGetProperty("parameter", out var parameters)
            || parameters.ValueKind != JsonValueKind.Array
        )
            return asked;
        foreach (var parameter in parameters.EnumerateArray().Where(p => p.ValueKind == JsonValueKind.Object))
        {
            asked = SearchTerms.Text(parameter, "name") switch
            {
                "resource" when parameter.TryGetProperty("resource", out var resource) => asked with
                {
                    Resource = Encoding.UTF8.GetBytes(resource.GetRawText()),
                },
                "mode" => asked with { Mode = SearchTerms.Text(parameter, "valueCode") ?? "" },
                "profile" => asked with
                {
                    Profile =
                        SearchTerms.Text(parameter, "valueUri") ?? SearchTerms.Text(parameter, "valueCanonical") ?? "",
                },
                _ => asked,
            };
        }
        return asked;
    }

    private sealed record Asked(byte[]? Resource, string? Mode, string? Profile);
}
