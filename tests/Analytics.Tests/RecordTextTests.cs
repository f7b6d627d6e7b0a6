using System.Text;
using System.Text.Json;
using MedLedger.Analytics.Records;

namespace MedLedger.Tests.Analytics;

public sealed class RecordTextTests
{
    [Fact]
    public void Attachments_of_text_are_read_and_others_listed()
    {
        var text = Read(
            $$$"""
            {"resourceType":"DocumentReference","content":[
              {"attachment":{"contentType":"text/plain; charset=utf-8","data":"{{{Base64("No fever.")}}}"}},
              {"attachment":{"contentType":"text/html","data":"{{{Base64(
                "<p>Has <b>cough</b>.</p><script>x()</script>"
            )}}}"}},
              {"attachment":{"contentType":"application/rtf","data":"{{{Base64(
                @"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Denies pain.\par Caf\'e9 \u8364?}"
            )}}}"}},
              {"attachment":{"contentType":"application/pdf","data":"JVBERi0="}},
              {"attachment":{"contentType":"text/plain","url":"https://example.org/1"}},
              {"attachment":{"contentType":"text/plain","data":"!!"}}]}
            """
        );
        Assert.Equal(["No fever.", "Has cough.", "Denies pain.\nCaf\u00e9 \u20ac"], text.Passages.Select(p => p.Text));
        Assert.Equal("DocumentReference.content[0].attachment", text.Passages[0].Path);
        Assert.Equal(
            ["application/pdf", "content is elsewhere (url)", "content is not base64"],
            text.NotRead.Select(n => n.Why)
        );
    }

    [Theory]
    [InlineData("confirmed", "active", "Asthma.")]
    [InlineData("refuted", "active", "No evidence of Asthma.")]
    [InlineData("provisional", "active", "Possible Asthma.")]
    [InlineData("confirmed", "resolved", "History of Asthma.")]
    public void Conditions_say_their_status(string verification, string clinical, string expected)
    {
        var text = Read(
            $$$"""
            {"resourceType":"Condition","verificationStatus":{"coding":[{"code":"{{{verification}}}"}]},
             "clinicalStatus":{"coding":[{"code":"{{{clinical}}}"}]},
             "code":{"text":"Asthma","coding":[{"system":"http://snomed.info/sct","code":"195967001"}]}}
            """
        );
        var passage = Assert.Single(text.Passages);
        Assert.Equal(expected, passage.Text);
        Assert.Equal("195967001", passage.Codes[0].Codes[0].Code);
        Assert.Equal("Asthma", passage.Codes[0].Span.Of(passage.Text).ToString());
    }

    [Fact]
    public void Notes_conclusions_and_narratives_are_read()
    {
        var text = Read(
            """
            {"resourceType":"DiagnosticReport","text":{"status":"additional","div":"<div>Seen &amp; signed</div>"},
             "code":{"text":"CT chest"},"conclusion":"No embolism.","note":[{"text":"Repeat in May."}]}
            """
        );
        Assert.Equal(
            ["CT chest.", "Seen & signed", "No embolism.", "Repeat in May."],
            text.Passages.Select(p => p.Text)
        );
    }

    [Fact]
    public void Drugs_come_with_their_doses_and_relatives_with_their_illness()
    {
        Assert.Equal(
            "Medication: Metformin 500 mg twice daily.",
            Read(
                """{"resourceType":"MedicationRequest","medicationCodeableConcept":{"text":"Metformin"},"dosageInstruction":[{"text":"500 mg twice daily."}]}"""
            )
                .Passages[0]
                .Text
        );
        Assert.Equal(
            "Family history: mother had Breast cancer.",
            Read(
                """{"resourceType":"FamilyMemberHistory","relationship":{"text":"mother"},"condition":[{"code":{"text":"Breast cancer"}}]}"""
            )
                .Passages[0]
                .Text
        );
        Assert.Equal(
            "Hemoglobin: 7.10 g/dL.",
            Read(
                """{"resourceType":"Observation","code":{"text":"Hemoglobin"},"valueQuantity":{"value":7.10,"unit":"g/dL"}}"""
            )
                .Passages[0]
                .Text
        );
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("3")]
    [InlineData("""{"resourceType":"Condition","code":[1,2],"text":7,"note":"x"}""")]
    [InlineData(
        """{"resourceType":"DocumentReference","content":{"attachment":{"contentType":"text/html","data":7}}}"""
    )]
    public void Odd_resources_are_answered(string json) => Assert.NotNull(Read(json));

    [Fact]
    public void Deep_nesting_is_listed_not_followed()
    {
        var json = new StringBuilder("""{"resourceType":"Basic","x":""");
        for (var i = 0; i < 100; i++)
            json.Append("{\"x\":");
        json.Append("\"end\"").Append('}', 101);
        using var document = JsonDocument.Parse(json.ToString(), new JsonDocumentOptions { MaxDepth = 200 });
        Assert.Equal("nested too deeply", Assert.Single(RecordTextReader.Read(document.RootElement).NotRead).Why);
    }

    private static RecordText Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return RecordTextReader.Read(document.RootElement);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
