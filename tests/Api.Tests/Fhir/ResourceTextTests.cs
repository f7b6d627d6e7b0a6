using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Samples;

namespace MedLedger.Api.Tests.Fhir;

public sealed class ResourceTextTests
{
    private static readonly Dictionary<string, string> References = new(StringComparer.Ordinal)
    {
        ["urn:uuid:1"] = "Patient/é\"1",
    };

    [Theory]
    [InlineData("""{"resourceType":"X"}""", """{"resourceType":"X"}""")]
    [InlineData(
        """{ "b" : [ 1.50, -0e1, true , null ], "a" : { "z" : "", "y" : {} }, "resourceType" : "X" }""",
        """{"resourceType":"X","a":{"y":{},"z":""},"b":[1.50,-0e1,true,null]}"""
    )]
    [InlineData(
        """{"resourceType":"X","text":"a\/b\u0041\"\\\n\u00e9 \ud83d\ude00 <&>'"}""",
        """{"resourceType":"X","text":"a/bA\"\\\né \uD83D\uDE00 <&>'"}"""
    )]
    [InlineData("""{"\u0062":1,"a":2,"_a":3,"resourceType":"X"}""", """{"resourceType":"X","_a":3,"a":2,"b":1}""")]
    [InlineData(
        """{"resourceType":"X","a":{"reference":"urn:uuid:1"},"b":{"reference":"urn:uuid:2","other":"urn:uuid:1"}}""",
        """{"resourceType":"X","a":{"reference":"Patient/é\"1"},"b":{"other":"urn:uuid:1","reference":"urn:uuid:2"}}"""
    )]
    public void The_stored_text_has_one_form(string given, string stored)
    {
        using var json = JsonDocument.Parse(given);
        Assert.Equal(stored, Encoding.UTF8.GetString(ResourceText.Canonical(json.RootElement, References)));
    }

    [Fact]
    public void Id_version_and_time_are_the_servers()
    {
        using var json = JsonDocument.Parse(
            """{"resourceType":"X","id":"own","meta":{"versionId":"7","tag":[],"lastUpdated":"x"},"z":1}"""
        );
        Assert.Equal(
            """{"resourceType":"X","id":"new","meta":{"tag":[]},"z":1}""",
            Encoding.UTF8.GetString(ResourceText.Canonical(json.RootElement, newId: "new", isServed: true))
        );
        using var bare = JsonDocument.Parse("""{"resourceType":"X","meta":{"versionId":"7"}}""");
        Assert.Equal(
            """{"resourceType":"X"}""",
            Encoding.UTF8.GetString(ResourceText.Canonical(bare.RootElement, isServed: true))
        );
    }

    // A stored content is compared with what is sent again, whichever version of this program wrote it.
    [Fact]
    public void The_stored_text_is_what_the_json_writer_writes_of_the_sorted_members()
    {
        var many = string.Join(',', Enumerable.Range(0, 700).Select(i => $"\"m{(i * 7919) % 700}\":{i}"));
        foreach (
            var text in (string[])
                [
                    .. SampleFiles.Patients.Select(name => Encoding.UTF8.GetString(SampleFiles.Read(name))),
                    $$"""{"a":{ {{many}} },"é":"ü\u2028\u007f\ufeff","\ud83d\ude00":"\u0000"}""",
                ]
        )
        {
            using var json = JsonDocument.Parse(text);
            var output = new ArrayBufferWriter<byte>();
            using (
                var writer = new Utf8JsonWriter(
                    output,
                    new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
                )
            )
                Write(writer, json.RootElement, isFirst: true);
            Assert.Equal(
                Encoding.UTF8.GetString(output.WrittenSpan),
                Encoding.UTF8.GetString(ResourceText.Canonical(json.RootElement))
            );
        }
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, bool isFirst = false)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                var members = value
                    .EnumerateObject()
                    .OrderBy(m => !(isFirst && m.Name == "resourceType"))
                    .ThenBy(m => m.Name, StringComparer.Ordinal);
                foreach (var member in members)
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(value.GetString());
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(value.GetRawText());
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
