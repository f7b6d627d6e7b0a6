using System.Diagnostics;
using System.Text;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Tests.Directives;

[Trait("threat", "hostile document or model file")]
public sealed class HostileConsentTests
{
    private const string Permit =
        """{"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"patient":{"reference":"Patient/carla"},"provision":{"type":"permit"}}""";

    public static TheoryData<string, string> Unreadable =>
        new()
        {
            { "empty", "" },
            { "not JSON", "consent" },
            { "an array", $"[{Permit}]" },
            {
                "a member twice",
                Permit.Replace(
                    "\"status\":\"active\"",
                    "\"status\":\"active\",\"status\":\"draft\"",
                    StringComparison.Ordinal
                )
            },
            {
                "a member twice, once escaped",
                Permit.Replace(
                    "\"status\":\"active\"",
                    "\"status\":\"draft\",\"st\\u0061tus\":\"active\"",
                    StringComparison.Ordinal
                )
            },
            { "a comment", Permit + "// permit" },
            { "a trailing comma", Permit[..^1] + ",}" },
            { "two documents", Permit + Permit },
            { "no resource type", "{}" },
            {
                "nested 10,000 deep",
                string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000)
            },
            { "half a surrogate pair as a name", Permit[..^1] + ",\"\\ud800\":1}" },
            { "a Bundle with a null entry", """{"resourceType":"Bundle","type":"collection","entry":[null]}""" },
            { "a Bundle whose entries are an object", """{"resourceType":"Bundle","type":"collection","entry":{}}""" },
            {
                "a Bundle with a nameless resource",
                $$$"""{"resourceType":"Bundle","type":"collection","entry":[{"resource":{}},{"resource":{{{Permit}}}}]}"""
            },
            { "a history", $$$"""{"resourceType":"Bundle","type":"history","entry":[{"resource":{{{Permit}}}}]}""" },
        };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void Is_not_read(string what, string json)
    {
        Assert.False(ConsentDirective.TryParseAll(Encoding.UTF8.GetBytes(json), out _), what);
        Assert.False(ConsentDirective.TryParse(Encoding.UTF8.GetBytes(json), out _), what);
    }

    [Fact]
    public void Invalid_UTF8_is_not_read()
    {
        var bytes = Encoding.UTF8.GetBytes(Permit);
        bytes[^5] = 0xC3;
        Assert.False(ConsentDirective.TryParse(bytes, out _));
    }

    [Fact]
    public void A_document_beyond_the_limit_is_not_read()
    {
        var padded = Permit + new string(' ', StrictJson.MaxBytes);
        Assert.False(ConsentDirective.TryParse(Encoding.UTF8.GetBytes(padded), out _));
    }

    [Fact]
    public void JSON_nested_128_deep_is_read()
    {
        var deep =
            string.Concat(Enumerable.Repeat("{\"extension\":[", 80))
            + "{}"
            + string.Concat(Enumerable.Repeat("]}", 80));
        Assert.True(
            ConsentDirective.TryParse(Encoding.UTF8.GetBytes($$"""{{Permit[..^1]}},"text":{{deep}}}"""), out _)
        );
    }

    [Theory]
    [InlineData("""{"patient":"Patient/carla","actor":"Practitioner/anna"}""")]
    [InlineData("""{"patient":["Patient/carla"],"actor":[]}""")]
    [InlineData("""{"patient":"Patient/carla","action":"read"}""")]
    [InlineData("""{"patient":"Patient/carla","resource":"Observation/1"}""")]
    [InlineData("""{"patient":"Patient/carla","resource":{"reference":"Observation/1"}}""")]
    [InlineData("""{"patient":"Patient/carla","resource":{"type":"Observation","labels":["R"]}}""")]
    [InlineData("""{"patient":"Patient/carla","resource":{"type":"Observation","date":2022}}""")]
    [InlineData("""{"patient":"Patient/carla","patient":"Patient/dora"}""")]
    [InlineData("""{"patient":"\ud800"}""")]
    public void A_request_of_the_wrong_shape_is_not_read(string json) =>
        Assert.False(AccessRequestReader.TryParse(Encoding.UTF8.GetBytes(json), out _));

    [Fact]
    public void Many_provisions_take_time_in_proportion()
    {
        double Seconds(int rules)
        {
            var nested = string.Join(
                ',',
                Enumerable.Repeat(
                    """{"type":"deny","purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HRESCH"}]}""",
                    rules
                )
            );
            var json = Permit.Replace(
                "{\"type\":\"permit\"}",
                $$"""{"type":"permit","provision":[{{nested}}]}""",
                StringComparison.Ordinal
            );
            var watch = Stopwatch.StartNew();
            Assert.True(ConsentDirective.TryParse(Encoding.UTF8.GetBytes(json), out var directive));
            Assert.Null(directive.Defect);
            var request = new AccessRequest
            {
                Patient = "Patient/carla",
                Actors = ["Practitioner/anna"],
                Purpose = "TREAT",
            };
            var evaluation = ConsentEvaluator.Evaluate([directive], request);
            Assert.True(evaluation.Permitted);
            Assert.NotEmpty(evaluation.Trace.Steps);
            return watch.Elapsed.TotalSeconds;
        }
        Seconds(100);
        Assert.True(Seconds(60_000) < 10);
    }

    [Fact]
    public void Too_many_provisions_are_a_defect_that_denies()
    {
        var nested = string.Join(',', Enumerable.Repeat("{\"type\":\"permit\"}", 70_000));
        var json = Permit.Replace(
            "{\"type\":\"permit\"}",
            $$"""{"type":"permit","provision":[{{nested}}]}""",
            StringComparison.Ordinal
        );
        Assert.True(ConsentDirective.TryParse(Encoding.UTF8.GetBytes(json), out var directive));
        Assert.NotNull(directive.Defect);
    }
}
