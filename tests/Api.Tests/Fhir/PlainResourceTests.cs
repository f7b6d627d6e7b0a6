using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Api.Fhir;
using MedLedger.Api.Samples;

namespace MedLedger.Api.Tests.Fhir;

public sealed class PlainResourceTests
{
    private static readonly JsonSerializerOptions AsIs = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    // Types of which the samples and Synthea have plain resources.
    private static readonly string[] Plain =
    [
        "Observation",
        "Encounter",
        "Procedure",
        "Immunization",
        "DiagnosticReport",
        "Condition",
    ];

    // What breaks rules of some type or place.
    private static readonly string[] Values =
    [
        "null",
        "{}",
        "[]",
        "true",
        "0",
        "-1",
        "1.5",
        "1e3",
        "12345678901",
        "\"\"",
        "\" \"",
        "\"\\u0020\"",
        "\"\\b\"",
        "\"final\"",
        "\"#gone\"",
        "\"Patient/x y\"",
        "\"2020-13-01\"",
        "\"2020-02-30\"",
        "\"2020\"",
        "\"2020-01-01T10:00\"",
        "\"2020-01-01T10:00:00\"",
        "\"2020-01-01T10:00:00Z\"",
        "\"1020-01-01T10:00:00+01:00\"",
        "\"http://example.org/x\"",
        "\"http://\"",
        "\"urn:oid:x\"",
        "\"QUJD\"",
        "\"QUJ\"",
        "{\"reference\":\"#gone\"}",
        "{\"start\":\"2021-01-01T00:00:00Z\",\"end\":\"2020-01-01T00:00:00Z\"}",
        "{\"value\":1,\"code\":\"mg\"}",
        "{\"coding\":[{\"code\":\"a b\"}]}",
        "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/condition-clinical\",\"code\":\"active\"}]}",
        "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/condition-clinical\",\"code\":\"resolved\"}]}",
        "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/condition-ver-status\",\"code\":\"entered-in-error\"}]}",
        "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification\",\"code\":\"entered-in-error\"}]}",
        "{\"id\":\"x\"}",
        "[{\"url\":\"http://example.org/x\"}]",
        "[{\"url\":\"http://example.org/x\",\"valueString\":\"x\",\"valueCode\":\"y\"}]",
        "[{\"resourceType\":\"Patient\",\"id\":\"alone\"}]",
        "[{\"resourceType\":\"Patient\"}]",
    ];

    [Fact]
    public void What_is_plain_is_valid_however_it_is_changed()
    {
        var resources = SampleFiles.Patients.SelectMany(name => Resources(SampleFiles.Read(name))).ToList();
        Assert.Superset(Plain.ToHashSet(StringComparer.Ordinal), PlainTypes(resources));
        CheckChanges(resources, 60);
    }

    [SharedDataFact("synthea-r4")]
    public void What_is_plain_of_synthea_is_valid_however_it_is_changed()
    {
        var file = Directory
            .GetFiles(SharedData.Folder("synthea-r4")!, "*.json")
            .OrderBy(f => new FileInfo(f).Length)
            .First(f => new FileInfo(f).Length > 300_000);
        CheckChanges([.. Resources(File.ReadAllBytes(file))], 40);
    }

    private static HashSet<string> PlainTypes(IEnumerable<JsonObject> resources) =>
        resources
            .Where(resource => PlainResource.Is(Bytes(resource)))
            .Select(resource => (string)resource["resourceType"]!)
            .ToHashSet(StringComparer.Ordinal);

    private static void CheckChanges(IReadOnlyList<JsonObject> resources, int times)
    {
        var (changed, plain) = (0, 0);
        foreach (var original in resources)
        {
            for (var time = 0; time < times; time++)
            {
                var other = original.DeepClone().AsObject();
                Change(other, new Random(changed++));
                var json = Bytes(other);
                if (!PlainResource.Is(json))
                    continue;
                plain++;
                var resource = ResourceParser.Read(json, out var issues);
                issues = resource is null ? issues : ResourceValidator.Validate(resource);
                Assert.True(
                    issues.Count == 0,
                    $"{string.Join("; ", issues.Select(i => i.Describe()))}: {other.ToJsonString()}"
                );
            }
        }
        Assert.InRange(plain, changed / 20, changed - 1);
    }

    [SharedDataFact("synthea-r4")]
    public void Most_resources_of_synthea_are_plain()
    {
        var (plain, all) = (0, 0);
        foreach (var file in Directory.GetFiles(SharedData.Folder("synthea-r4")!, "*.json"))
        {
            using var bundle = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var entry in bundle.RootElement.GetProperty("entry").EnumerateArray())
            {
                var json = Encoding.UTF8.GetBytes(entry.GetProperty("resource").GetRawText());
                plain += PlainResource.Is(json) ? 1 : 0;
                all++;
            }
        }
        Assert.True(plain > all * 4 / 5, $"{plain} of {all} are plain");
    }

    [Theory]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"status":"final"}""")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"}} {}""")]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueString":"a","valueInteger":1}"""
    )]
    [InlineData("""{"resourceType":"Observation","status":"other","code":{"text":"x"}}""")]
    [InlineData("""{"resourceType":"Observation","code":{"text":"x"}}""")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"more":1}""")]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"x"},"contained":[{"resourceType":"Patient","id":"a"}]}"""
    )]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"#a"},"contained":[{"resourceType":"Patient","id":"a","meta":{"versionId":"1"}}]}"""
    )]
    [InlineData(
        """{"resourceType":"Condition","subject":{"reference":"Patient/a"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"over"}]}}"""
    )]
    [InlineData(
        """{"resourceType":"Condition","subject":{"reference":"Patient/a"},"clinicalStatus":{"coding":[{"system":"http://example.org","code":"active"}]}}"""
    )]
    [InlineData(
        """{"resourceType":"Condition","subject":{"reference":"Patient/a"},"clinicalStatus":{"text":"active"}}"""
    )]
    [InlineData(
        """{"resourceType":"Condition","subject":{"reference":"Patient/a"},"abatementDateTime":"2020","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}"""
    )]
    [InlineData(
        """{"resourceType":"Condition","subject":{"reference":"Patient/a"},"abatementDateTime":"2020","clinicalStatus":{"coding":[{"system":"http://example.org","code":"resolved"},{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}"""
    )]
    [InlineData(
        """{"resourceType":"Condition","subject":{"reference":"Patient/a"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"entered-in-error"}]}}"""
    )]
    [InlineData("""{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/a"}}""")]
    [InlineData(
        """{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/a"},"orderDetail":[{"text":"x"}]}"""
    )]
    [InlineData("""{"resourceType":"Nothing"}""")]
    [InlineData("[]")]
    [InlineData("")]
    public void What_is_not_valid_or_hard_to_tell_is_not_plain(string json) =>
        Assert.False(PlainResource.Is(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"}}""")]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"#a"},"contained":[{"resourceType":"Patient","id":"a","active":true}]}"""
    )]
    [InlineData(
        """{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"period":{"start":"2020-01-01T10:00:00+01:00","end":"2020-01-01T10:00:00Z"}}"""
    )]
    [InlineData(
        """{"resourceType":"Condition","subject":{"reference":"Patient/a"},"abatementDateTime":"2020","clinicalStatus":{"coding":[{"system":"http://example.org","code":"x"},{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved"}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]}}"""
    )]
    [InlineData(
        """{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/a"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]}}"""
    )]
    [InlineData(
        """{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/a"},"code":{"text":"y"},"orderDetail":[{"text":"x"}]}"""
    )]
    public void What_is_plainly_valid_is_plain(string json) =>
        Assert.True(PlainResource.Is(Encoding.UTF8.GetBytes(json)));

    private static IEnumerable<JsonObject> Resources(byte[] bundle) =>
        JsonNode.Parse(bundle)!["entry"]!.AsArray().Select(entry => entry!["resource"]!.AsObject());

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString(AsIs));

    // One member somewhere goes, gets another value or another name, or one is added.
    private static void Change(JsonObject resource, Random random)
    {
        var objects = Objects(resource).ToList();
        var one = objects[random.Next(objects.Count)];
        var name = one.ElementAt(random.Next(one.Count)).Key;
        var value = JsonNode.Parse(Values[random.Next(Values.Length)]);
        switch (random.Next(4))
        {
            case 0:
                one.Remove(name);
                break;
            case 1:
                one[name] = value;
                break;
            case 2:
                var moved = one[name]?.DeepClone();
                one.Remove(name);
                one[random.Next(2) == 0 ? name + "x" : "_" + name] = moved;
                break;
            default:
                string[] names =
                [
                    "id",
                    "extension",
                    "contained",
                    "value",
                    "valueString",
                    "period",
                    "note",
                    "system",
                    "use",
                    "clinicalStatus",
                    "verificationStatus",
                    "abatementDateTime",
                    "orderDetail",
                ];
                one[names[random.Next(names.Length)]] = value;
                break;
        }
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) =>
        node switch
        {
            JsonObject one => one.SelectMany(member => Objects(member.Value)).Prepend(one).Where(o => o.Count > 0),
            JsonArray list => list.SelectMany(Objects),
            _ => [],
        };
}
