using System.Globalization;
using System.Text.Json;
using Hl7.Fhir.Model;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// The parameters of an operation: those of the URL, and of a POST the primitive ones and the references of a
/// Parameters resource too
/// (FHIR R4, operations.html).
/// </summary>
internal static class OperationInput
{
    /// <summary>Names and values in their order; null with the problem.</summary>
    public static async Task<(IReadOnlyList<KeyValuePair<string, string>>? Given, IResult? Problem)> ReadAsync(
        FhirExchange exchange
    )
    {
        var request = exchange.Http.Request;
        var given = request
            .Query.Where(one => one.Key is not ("_format" or "_pretty"))
            .SelectMany(one => one.Value.Select(value => KeyValuePair.Create(one.Key, value ?? "")))
            .ToList();
        if (!HttpMethods.IsPost(request.Method) || request is { ContentType: null, ContentLength: null or 0 })
            return (given, null);
        var (body, problem) = await ResourceInput.ReadAsync(request, exchange.Aborted);
        if (body is null)
            return (null, problem!.ToResult());
        if (ResourceInput.Identity(body) is not { } identity)
            return (null, Outcomes.Table.Structure("The body is not one FHIR resource in JSON.").ToResult());
        if (identity.Type != "Parameters")
            return (null, Outcomes.Table.BadRequest("The body is not a Parameters resource.").ToResult());
        // Clients send one without parameters, which the strict parser takes for an empty resource.
        if (IsEmpty(body))
            return (given, null);
        if (ResourceParser.TryParse(body, out var invalid) is not Parameters parameters)
            return (null, Outcomes.Table.Structure(invalid!).ToResult());
        foreach (var one in parameters.Parameter)
        {
            if (one.Name is not { } name || Text(one.Value) is not { } value)
                return (
                    null,
                    Outcomes.Table.BadRequest("A parameter has no primitive value and no reference.").ToResult()
                );
            given.Add(KeyValuePair.Create(name, value));
        }
        return (given, null);
    }

    private static bool IsEmpty(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.EnumerateObject().Count() == 1;
    }

    private static string? Text(DataType? value) =>
        value switch
        {
            PrimitiveType { JsonValue: bool flag } => flag ? "true" : "false",
            PrimitiveType { JsonValue: { } text } => Convert.ToString(text, CultureInfo.InvariantCulture),
            ResourceReference { Reference: { } reference } => reference,
            _ => null,
        };
}
