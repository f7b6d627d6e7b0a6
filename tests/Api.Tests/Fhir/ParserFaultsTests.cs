using System.Reflection;
using System.Text;
using Hl7.Fhir.Serialization;
using Hl7.Fhir.Validation;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Tests.Fhir;

/// <summary>What is refused for its form is told by element and fault, never by value.</summary>
public sealed class ParserFaultsTests
{
    private const string Value = "s3cret";

    [Theory]
    [InlineData(
        """{"resourceType":"Observation","status":"s3cret","code":{"text":"x"}}""",
        "is no code of its value set",
        "Observation.status"
    )]
    [InlineData(
        """{"resourceType":"Observation","status":"final"}""",
        "is missing, and must be there",
        "Observation.code"
    )]
    [InlineData(
        """{"resourceType":"Observation","status":"final","code":{"text":"x"},"foo":"s3cret"}""",
        "is no element of this resource",
        "Observation.foo"
    )]
    [InlineData(
        """{"resourceType":"Patient","birthDate":"s3cret"}""",
        "is not written as its type wants it",
        "Patient.birthDate"
    )]
    [InlineData(
        """{"resourceType":"Patient","active":"s3cret"}""",
        "has another JSON type than it must have",
        "Patient.active"
    )]
    [InlineData(
        """{"resourceType":"Patient","name":{"family":"s3cret"}}""",
        "is one where several may be",
        "Patient.name[0]"
    )]
    [InlineData("""{"resourceType":"Patient","gender":null}""", "is null where a value must be", "Patient.gender")]
    [InlineData("""{"resourceType":"Patient","contact":[]}""", "is an array without elements", "Patient.contact[0]")]
    [InlineData(
        """{"resourceType":"Patient","maritalStatus":"s3cret"}""",
        "is a simple value where an object must be",
        "Patient.maritalStatus"
    )]
    [InlineData("""{"resourceType":"patient","id":"s3cret"}""", "has other capitals than the resource type", "Patient")]
    [InlineData("""{"resourceType":"S3cret","id":"s3cret"}""", "is a resource type that R4 does not have", "S3cret")]
    public void A_refusal_names_the_element_and_what_is_wrong_with_it(string json, string words, string element)
    {
        Assert.Null(ResourceParser.Read(Encoding.UTF8.GetBytes(json), out var issues));
        Assert.Contains(
            issues,
            issue => issue.Text.StartsWith(words, StringComparison.Ordinal) && issue.Expression == element
        );
        Assert.All(issues, issue => Assert.DoesNotContain(Value, issue.Describe(), StringComparison.Ordinal));
    }

    /// <summary>The parser may learn new codes.</summary>
    [Fact]
    public void Every_code_of_the_parser_has_words()
    {
        var codes = new[] { typeof(FhirJsonException), typeof(CodedValidationException) }
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static))
            .Where(field => field.IsLiteral && field.Name.EndsWith("_CODE", StringComparison.Ordinal))
            .Select(field => (string)field.GetRawConstantValue()!)
            .ToList();
        Assert.True(codes.Count > 30);
        Assert.All(
            codes,
            code => Assert.DoesNotContain("not valid FHIR R4", ParserFaults.Describe(code), StringComparison.Ordinal)
        );
        Assert.Equal("is not valid FHIR R4 (PVAL999)", ParserFaults.Describe("PVAL999"));
    }
}
