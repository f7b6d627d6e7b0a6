using System.Text.Json;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Http.Rest;

/// <summary>What an operation is called with: Parameters, or the one resource that it is about (FHIR R4, operations.html).</summary>
internal sealed class OperationInput
{
    private const string Resource = "resource";
    private readonly List<(string Name, JsonElement Parameter)> _parameters = [];

    /// <summary>Reads the body; null with the problem.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="names">The parameters that the operation has, in lower case; names are compared without regard to case.</param>
    /// <param name="sole">The parameter that a body without Parameters is; null when the body may also be empty.</param>
    public static async Task<(OperationInput? Input, Outcome? Problem)> ReadAsync(
        FhirExchange exchange,
        IReadOnlyList<string> names,
        string? sole
    )
    {
        var input = new OperationInput();
        if (sole is null && IsAbsent(exchange.Http.Request))
            return (input, null);
        var (body, type, problem) = await BodyAsync(exchange, sole is not null, Outcomes.Table.Invalid);
        if (problem is not null)
            return (null, problem);
        if (type != "Parameters")
        {
            input._parameters.Add((sole!, JsonSerializer.SerializeToElement(new { resource = body })));
            return (input, null);
        }
        foreach (var parameter in In(body))
        {
            var name = parameter.GetProperty("name").GetString()!;
            if (names.FirstOrDefault(n => n.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } known)
                return (null, Outcomes.Table.BadRequest("The operation has no such parameter."));
            input._parameters.Add((known, parameter));
        }
        return (input, null);
    }

    /// <summary>
    /// The parameters of an operation that are text alone: those of the URL, and of a POST the primitive ones and the
    /// references of Parameters too. Names and values in their order; null with the problem.
    /// </summary>
    public static async Task<(IReadOnlyList<KeyValuePair<string, string>>? Given, IResult? Problem)> TextsAsync(
        FhirExchange exchange
    )
    {
        var request = exchange.Http.Request;
        var given = request
            .Query.Where(one => one.Key is not ("_format" or "_pretty"))
            .SelectMany(one => one.Value.Select(value => KeyValuePair.Create(one.Key, value ?? "")))
            .ToList();
        if (!HttpMethods.IsPost(request.Method) || IsAbsent(request))
            return (given, null);
        var (body, _, problem) = await BodyAsync(exchange, mayBeOther: false, Outcomes.Table.Structure);
        if (problem is not null)
            return (null, problem.ToResult());
        foreach (var parameter in In(body))
        {
            if (TextOf(parameter) is not { } text)
                return (
                    null,
                    Outcomes.Table.BadRequest("A parameter has no primitive value and no reference.").ToResult()
                );
            given.Add(KeyValuePair.Create(parameter.GetProperty("name").GetString()!, text));
        }
        return (given, null);
    }

    /// <summary>The resources of a parameter, as they were sent.</summary>
    public IReadOnlyList<JsonElement> Resources(string name) => Values(name, Resource);

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

    private static bool IsAbsent(HttpRequest request) => request is { ContentType: null, ContentLength: null or 0 };

    // The resource that was sent, and its type: Parameters, or another where it may be one.
    private static async Task<(JsonElement Body, string Type, Outcome? Problem)> BodyAsync(
        FhirExchange exchange,
        bool mayBeOther,
        Func<string, Outcome> invalid
    )
    {
        var (bytes, problem) = await ResourceInput.ReadAsync(exchange.Http.Request, exchange.Aborted);
        if (bytes is null)
            return (default, "", problem);
        if (ResourceInput.Identity(bytes) is not { } identity)
            return (default, "", Outcomes.Table.Structure("The body is not one FHIR resource in JSON."));
        if (!mayBeOther && identity.Type != "Parameters")
            return (default, "", Outcomes.Table.BadRequest("The body is not a Parameters resource."));
        using var document = JsonDocument.Parse(bytes);
        var body = document.RootElement.Clone();
        // Clients send Parameters without any, which the strict parser takes for an empty resource.
        var isEmpty = identity.Type == "Parameters" && body.EnumerateObject().Count() == 1;
        return !isEmpty && ResourceParser.TryParse(bytes, out var reason) is null
            ? (default, "", invalid(reason ?? "not valid FHIR R4"))
            : (body, identity.Type, null);
    }

    private static JsonElement.ArrayEnumerator In(JsonElement parameters) =>
        parameters.TryGetProperty("parameter", out var all) ? all.EnumerateArray() : default;

    private static string? TextOf(JsonElement parameter)
    {
        var value = parameter
            .EnumerateObject()
            .FirstOrDefault(member => member.Name.StartsWith("value", StringComparison.Ordinal))
            .Value;
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            JsonValueKind.Object
                when parameter.TryGetProperty("valueReference", out _)
                    && value.TryGetProperty("reference", out var reference) => reference.GetString(),
            _ => null,
        };
    }

    private IEnumerable<JsonElement> Named(string name) =>
        _parameters.Where(p => p.Name == name).Select(p => p.Parameter);
}
