using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Hl7.Fhir.FhirPath;
using Hl7.Fhir.Introspection;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using Hl7.FhirPath;
using Hl7.FhirPath.Expressions;

namespace MedLedger.Api.Fhir;

/// <summary>
/// FHIRPath Patch (FHIR R4, fhirpatch.html): operations in a Parameters resource, all or none, done on the JSON of the
/// resource, so that what they do not name stays as it is.
/// </summary>
internal static partial class FhirPathPatch
{
    private const int MostOperations = 100;
    private const int LongestPath = 500;

    // A resource between two operations need not be valid; the patched one is parsed strictly.
    private static readonly BaseFhirJsonDeserializer Lenient = new(
        ModelInfo.ModelInspector,
        new DeserializerSettings().UsingMode(DeserializationMode.Ostrich)
    );

    private static readonly FhirPathCompiler Compiler = new(new SymbolTable().AddStandardFP().AddFhirExtensions());

    // What stays within the element that it looks at: no other resource, no regular expression, no endless walk.
    private static readonly HashSet<string> Functions = new(StringComparer.Ordinal)
    {
        "where",
        "exists",
        "empty",
        "not",
        "first",
        "last",
        "single",
        "skip",
        "take",
        "ofType",
        "as",
        "is",
        "extension",
        "contains",
        "startsWith",
        "endsWith",
    };

    /// <summary>The patched resource; null with the problem, which names operations and no values.</summary>
    public static JsonObject? Apply(JsonObject resource, JsonObject parameters, out string? problem)
    {
        problem = null;
        var operations = parameters["parameter"] as JsonArray ?? [];
        if (operations.Count > MostOperations)
            problem = $"a FHIRPath Patch has at most {MostOperations} operations";
        var patched = (JsonObject)resource.DeepClone();
        for (var i = 0; problem is null && i < operations.Count; i++)
        {
            var operation = new Operation(operations[i] as JsonObject ?? []);
            if (operation.Problem is null)
                problem = Apply(patched, operation);
            problem ??= operation.Problem;
            if (problem is not null)
                problem = string.Create(CultureInfo.InvariantCulture, $"operation {i}: {problem}");
        }
        return problem is null ? patched : null;
    }

    private static string? Apply(JsonObject resource, Operation operation)
    {
        if (Select(resource, operation.Path, out var problem) is not { } found)
            return problem;
        switch (operation.Type)
        {
            case "add":
                return found is [var parent] ? Add(resource, parent, operation) : NotOne(found);
            case "replace":
                return found is [var old] ? Replace(resource, old, operation) : NotOne(found);
            case "delete":
                return found.Count > 1 ? NotOne(found)
                    : found is [var gone] ? Delete(resource, gone)
                    : null;
            case "insert" or "move":
                if (
                    found.Count == 0
                    || found.Exists(n => n.Name != found[0].Name || n.Parent?.Poco != found[0].Parent?.Poco)
                )
                    return "its path is no list that is there";
                return ElementPlace.Of(found[0], resource) is { Index: not null } list
                    ? operation.Type == "insert"
                        ? Insert(list, found[0], operation)
                        : Move(list, operation)
                    : "its path is no list";
            default:
                return "it has no type that FHIRPath Patch knows";
        }
    }

    private static string NotOne(List<PocoNode> found) =>
        found.Count == 0 ? "there is nothing at its path" : "there is more than one element at its path";

    private static string? Add(JsonObject resource, PocoNode parent, Operation operation)
    {
        var mapping = ModelInfo.ModelInspector.FindOrImportClassMapping(parent.Poco);
        return
            operation.Name is not { } name
            || mapping?.FindMappedElementByName(name) is not { } property
            || ElementPlace.ObjectOf(parent, resource) is not { } owner
            ? "its name is no element there"
            : Append(owner, property, operation.Value);
    }

    private static string? Append(JsonObject owner, PropertyMapping property, JsonObject? given)
    {
        var isChoice = property.Choice == ChoiceType.DatatypeChoice;
        var type = isChoice ? null : ModelInfo.ModelInspector.FindOrImportClassMapping(property.ImplementingType);
        if (Read(given, type) is not { } value)
            return "it has no value for that element";
        if (isChoice && owner.Any(m => property.Name.Length < m.Key.TrimStart('_').Length && IsChoice(property, m.Key)))
            return "the element is there already";
        var place = new ElementPlace(owner, isChoice ? property.Name + value.Suffix : property.Name, null);
        if (property.IsCollection)
            place.Insert(place.Count, value.Json, value.Other);
        else if (place.IsThere)
            return "the element is there already";
        else
            place.Put(value.Json, value.Other);
        return null;
    }

    private static bool IsChoice(PropertyMapping property, string member) =>
        property.DeclaringClass.FindMappedElementByChoiceName(member.TrimStart('_')) == property;

    private static string? Replace(JsonObject resource, PocoNode old, Operation operation)
    {
        if (ElementPlace.Of(old, resource) is not { } place)
            return "its path is no element of the resource";
        var type = ModelInfo.ModelInspector.FindOrImportClassMapping(old.Poco);
        if (Read(operation.Value, type) is not { } value)
            return "it has no value for that element";
        if (place.Name != old.Name)
        {
            place.Remove();
            place = place with { Name = old.Name + value.Suffix };
        }
        place.Put(value.Json, value.Other);
        return null;
    }

    // What is empty afterwards is no element any more.
    private static string? Delete(JsonObject resource, PocoNode gone)
    {
        if (ElementPlace.Of(gone, resource) is not { } place)
            return "its path is no element of the resource";
        place.Remove();
        for (var parent = gone.Parent; place.Owner.Count == 0 && parent?.Parent is not null; parent = parent.Parent)
        {
            if (ElementPlace.Of(parent, resource) is not { } above)
                break;
            if (parent.Poco is PrimitiveType && above.Value is { } value)
            {
                above.Put(value.DeepClone(), null);
                break;
            }
            above.Remove();
            place = above;
        }
        return null;
    }

    private static string? Insert(ElementPlace list, PocoNode first, Operation operation)
    {
        if (operation.Index is not { } index || index > list.Count)
            return "its index is not in the list";
        if (Read(operation.Value, ModelInfo.ModelInspector.FindOrImportClassMapping(first.Poco)) is not { } value)
            return "it has no value for that element";
        list.Insert(index, value.Json, value.Other);
        return null;
    }

    private static string? Move(ElementPlace list, Operation operation)
    {
        var count = list.Count;
        if (
            operation.Source is not { } source
            || operation.Destination is not { } target
            || source >= count
            || target >= count
        )
            return "its source or destination is not in the list";
        var (json, other) = list.RemoveAt(source);
        list.Insert(target, json, other);
        return null;
    }

    // value[x], a resource, or parts for a type that has no name of its own.
    private static Value? Read(JsonObject? given, ClassMapping? type)
    {
        if (given is null)
            return null;
        if (given["resource"] is JsonObject resource)
            return new Value(resource.DeepClone(), null, "");
        if (given["part"] is JsonArray parts)
        {
            var made = new JsonObject();
            foreach (var part in parts)
            {
                if (
                    part is not JsonObject child
                    || type?.FindMappedElementByName(Operation.Text(child, "name") ?? "") is not { } property
                    || Append(made, property, child) is not null
                )
                    return null;
            }
            return new Value(made, null, "");
        }
        var member = given.Select(m => m.Key.TrimStart('_')).FirstOrDefault(IsValue);
        return member is null
            ? null
            : new Value(given[member]?.DeepClone(), given["_" + member]?.DeepClone(), member["value".Length..]);
    }

    private static bool IsValue(string member) =>
        member.Length > 5 && member.StartsWith("value", StringComparison.Ordinal) && char.IsAsciiLetterUpper(member[5]);

    private static List<PocoNode>? Select(JsonObject resource, string path, out string? problem)
    {
        problem = null;
        if (path.Length > LongestPath || path.Contains('%', StringComparison.Ordinal) || !IsSimple(path))
        {
            problem = "its path is longer or does more than a patch needs";
            return null;
        }
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(resource.ToJsonString()));
        try
        {
            Lenient.TryDeserializeResource(ref reader, out var poco, out _);
            if (poco?.ToPocoNode(ModelInfo.ModelInspector, null) is not { } root)
            {
                problem = "what the operations before it made is no resource";
                return null;
            }
            var context = new FhirEvaluationContext { Resource = root, RootResource = root };
            return [.. Compiler.Compile(path)([root], context)];
        }
        catch (Exception wrong)
            when (wrong is FormatException or InvalidOperationException or ArgumentException or NotSupportedException)
        {
            problem = "its path cannot be evaluated";
            return null;
        }
    }

    private static bool IsSimple(string path) =>
        Calls().Matches(Literals().Replace(path, "''")).All(call => Functions.Contains(call.Groups["name"].Value));

    [GeneratedRegex(@"'(?:[^'\\]|\\.)*'", RegexOptions.None, 1000)]
    private static partial Regex Literals();

    [GeneratedRegex(@"(?<name>[A-Za-z_`]+)\s*\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Calls();

    private sealed record Value(JsonNode? Json, JsonNode? Other, string Suffix);

    private sealed class Operation
    {
        private readonly Dictionary<string, JsonObject> _parts = new(StringComparer.Ordinal);

        public Operation(JsonObject parameter)
        {
            if (Text(parameter, "name") != "operation")
                Problem = "a parameter is called operation";
            foreach (var part in (parameter["part"] as JsonArray ?? []).OfType<JsonObject>())
            {
                var isKnown =
                    Text(part, "name") is "type" or "path" or "name" or "value" or "index" or "source" or "destination";
                if (!isKnown || !_parts.TryAdd(Text(part, "name")!, part))
                    Problem = "it has a part that is not known, or one twice";
            }
        }

        public string? Problem { get; }

        public string? Type => Of("type", "valueCode") ?? Of("type", "valueString");

        public string Path => Of("path", "valueString") ?? "";

        public string? Name => Of("name", "valueString");

        public JsonObject? Value => _parts.GetValueOrDefault("value");

        public int? Index => Number("index");

        public int? Source => Number("source");

        public int? Destination => Number("destination");

        public static string? Text(JsonObject from, string member) =>
            from[member]?.GetValueKind() == JsonValueKind.String ? from[member]!.GetValue<string>() : null;

        private string? Of(string part, string member) =>
            _parts.TryGetValue(part, out var given) ? Text(given, member) : null;

        private int? Number(string part) =>
            _parts.TryGetValue(part, out var given)
            && given["valueInteger"]?.GetValueKind() == JsonValueKind.Number
            && int.TryParse(
                given["valueInteger"]!.ToJsonString(),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var number
            )
                ? number
                : null;
    }
}
