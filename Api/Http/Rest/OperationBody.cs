using System.Text.Json;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Http.Rest;

/// <summary>What an operation is called with: Parameters, or the one resource that it is about (FHIR R4, operations.html).</summary>
internal sealed class OperationBody
{
    private readonly List<(string Name, JsonElement Parameter)> _parameters = [];

    /// <summary>Reads the body; null with the problem.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="names">The parameters that the operation has, in lower case; names are compared without regard to case.</param>
    /// <param name="sole">The parameter that a body without Parameters is; null when the body may also be empty.</param>
    public static async Task<(OperationBody? Input, Outcome? Problem)> ReadAsync(
        FhirExchange exchange,
        IReadOnlyList<string> names,
        string? sole
    )
    {
        var input = new OperationBody();
        var request = exchange.Http.Request;
        if (sole is null && request.ContentType is null && request.ContentLength is null or 0)
            return (input, null);
        var (body, problem) = await ResourceInput.ReadAsync(request, exchange.Aborted);
        if (body is null)
            return (null, problem);
        if (ResourceInput.Identity(body) is not { } identity)
            return (null, Outcomes.Table.Structure("The body is not one FHIR resource in JSON."));
        if (ResourceParser.TryParse(body, out var invalid) is null)
            return (null, Outcomes.Table.Invalid(invalid ?? "not valid FHIR R4"));
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement.Clone();
        if (identity.Type != "Parameters")
        {
            if (sole is null)
                return (null, Outcomes.Table.BadRequest("The body is not Parameters."));
            var parameter = JsonSerializer.SerializeToElement(new { resource = root });
            input._parameters.Add((sole, parameter));
            return (input, null);
        }
        if (!root.TryGetProperty("parameter", out var all))
            return (input, null);
        foreach (var parameter in all.EnumerateArray())
        {
            var name = parameter.GetProperty("name").GetString()!;
            if (names.FirstOrDefault(n => n.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } known)
                return (null, Outcomes.Table.BadRequest("The operation has no such parameter."));
            input._parameters.Add((known, parameter));
        }
        return (input, null);
    }

    /// <summary>The resources of a parameter, as they were sent.</summary>
    public IReadOnlyList<JsonElement> Resources(string name) => Values(name, "resource");

    /// <summary>The values of a parameter that are objects.</summary>
    public IReadOnlyList<JsonElement> Values(string name, string member) =>
        [
            .. Named(name)
                .Select(p => p.TryGetProperty(member, out var value) ? value : default)
                .Where(value => value.ValueKind == JsonValueKind.Object),
        ];

    /// <summary>How often a parameter stands there.</summary>
    public int Count(string name) => Named(name).Count();

    /// <summary><c>Type/id</c> of the reference in a parameter; null when it has none.</summary>
    public string? Reference(string name) =>
        Named(name)
            .Select(p =>
                p.TryGetProperty("valueReference", out var value)
                && value.TryGetProperty("reference", out var reference)
                    ? LiteralReference.ToTypeAndId(reference.GetString() ?? "")
                    : null
            )
            .FirstOrDefault();

    private IEnumerable<JsonElement> Named(string name) =>
        _parameters.Where(p => p.Name == name).Select(p => p.Parameter);
}
