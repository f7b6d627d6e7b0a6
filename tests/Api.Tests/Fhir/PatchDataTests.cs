using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Tests.Fhir;

/// <summary>The published test cases of JSON Patch and FHIRPath Patch.</summary>
public sealed partial class PatchDataTests
{
    private static readonly BaseFhirXmlDeserializer Xml = new(
        ModelInfo.ModelInspector,
        new DeserializerSettings().UsingMode(DeserializationMode.Ostrich)
    );

    [SharedDataFact("fhir-test-cases")]
    public void Every_json_patch_case_holds()
    {
        var cases = JsonNode.Parse(File.ReadAllText(Data("json-patch-tests.json")))!.AsArray();
        Assert.True(cases.Count > 10);
        foreach (var one in cases)
        {
            var patched = JsonPatch.Apply(one!["doc"]!, one["patch"], out var problem);
            var name = one["comment"]!.GetValue<string>();
            if (one["error"] is not null)
                Assert.True(problem is not null, name);
            else
                Assert.True(problem is null && JsonNode.DeepEquals(patched, one["expected"]), $"{name}: {problem}");
        }
    }

    [SharedDataFact("fhir-test-cases")]
    public void Every_fhirpath_patch_case_holds()
    {
        var cases = XDocument.Load(Data("fhir-patch-tests.xml")).Root!.Elements("case").ToList();
        Assert.True(cases.Count > 30);
        foreach (var one in cases)
        {
            var patched = FhirPathPatch.Apply(Json(one.Element("input")!), Json(one.Element("diff")!), out var problem);
            var name = one.Attribute("name")!.Value;
            if (one.Element("error") is not null)
                Assert.True(problem is not null, name);
            else
                Assert.True(
                    problem is null && JsonNode.DeepEquals(Plain(Json(one.Element("output")!)), Plain(patched!)),
                    $"{name}: {problem}"
                );
        }
    }

    [Fact]
    public void Copies_of_copies_are_bounded()
    {
        var patch = new JsonArray();
        for (var i = 0; i < 60; i++)
            patch.Add(JsonNode.Parse($$"""{"op":"copy","from":"","path":"/a{{i}}"}"""));
        Assert.Null(JsonPatch.Apply(JsonNode.Parse("{}")!, patch, out var problem));
        Assert.Contains("copies too much", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a/01")]
    [InlineData("/a/-1")]
    [InlineData("/a/2")]
    [InlineData("/a/1e0")]
    [InlineData("a")]
    [InlineData("/a~2")]
    [InlineData("/b/c")]
    public void A_pointer_that_is_none_changes_nothing(string path)
    {
        var patch = new JsonArray(new JsonObject { ["op"] = "remove", ["path"] = path });
        Assert.Null(JsonPatch.Apply(JsonNode.Parse("""{"a":[1,2],"a~2":3}""")!, patch, out var problem));
        Assert.NotNull(problem);
    }

    [Fact]
    public void Extensions_of_primitives_stay_with_their_values()
    {
        var patient = JsonNode
            .Parse(
                """
                {"resourceType":"Patient","name":[{"given":["a","b","c"],"_given":[null,{"id":"of-b"},null]}],
                "birthDate":"1970-01-01","_birthDate":{"extension":[{"url":"http://example.org/x","valueString":"y"}]}}
                """
            )!
            .AsObject();
        var moved = FhirPathPatch.Apply(
            patient,
            Operation("move", "Patient.name[0].given", "source", 1, "destination", 0),
            out var problem
        );
        Assert.Null(problem);
        Assert.Equal(
            """{"given":["b","a","c"],"_given":[{"id":"of-b"},null,null]}""",
            moved!["name"]![0]!.ToJsonString()
        );
        var cut = FhirPathPatch.Apply(patient, Operation("delete", "Patient.birthDate.extension[0]"), out problem);
        Assert.Null(problem);
        Assert.False(cut!.ContainsKey("_birthDate"));
        Assert.Equal("1970-01-01", cut["birthDate"]!.GetValue<string>());
    }

    private static JsonObject Operation(string type, string path, params object[] numbers)
    {
        var parts = new JsonArray(
            new JsonObject { ["name"] = "type", ["valueCode"] = type },
            new JsonObject { ["name"] = "path", ["valueString"] = path }
        );
        for (var i = 0; i < numbers.Length; i += 2)
            parts.Add(new JsonObject { ["name"] = (string)numbers[i], ["valueInteger"] = (int)numbers[i + 1] });
        return new JsonObject
        {
            ["resourceType"] = "Parameters",
            ["parameter"] = new JsonArray(new JsonObject { ["name"] = "operation", ["part"] = parts }),
        };
    }

    private static string Data(string file) => Path.Combine(SharedData.Folder("fhir-test-cases")!, "r4-patch", file);

    private static JsonObject Json(XElement element)
    {
        using var reader = element.Elements().First().CreateReader();
        reader.MoveToContent();
        Xml.TryDeserializeResource(reader, out var resource, out _);
        var text = new BaseFhirJsonSerializer(ModelInfo.ModelInspector).SerializeToString(resource!);
        return JsonNode.Parse(text)!.AsObject();
    }

    // White space between the tags of a narrative differs in the cases.
    private static JsonObject Plain(JsonObject resource)
    {
        if (resource["text"] is JsonObject text && text["div"] is { } div)
            text["div"] = Spaces().Replace(div.GetValue<string>(), "");
        return resource;
    }

    [GeneratedRegex(@"\s", RegexOptions.None, 1000)]
    private static partial Regex Spaces();
}
