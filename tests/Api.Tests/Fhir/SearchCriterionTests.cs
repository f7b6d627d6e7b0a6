using System.Text.Json;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Tests.Fhir;

/// <summary>What a parameter matches, by the rules of FHIR R4's search page: for each form one case that does and one that does not.</summary>
public sealed class SearchCriterionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 0, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, JsonElement> Resources = new(StringComparer.Ordinal)
    {
        ["Observation"] = Parse(
            """
            {"resourceType":"Observation","id":"o","status":"final",
            "meta":{"profile":["http://example.org/fhir/StructureDefinition/vital|2.0"],"source":"http://example.org/feed/a#7",
            "tag":[{"system":"http://example.org/tags","code":"t1"}]},
            "identifier":[{"system":"urn:x","value":"a|b,c$d\\e","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"FILL"}],"text":"Filler Order Number"}}],
            "code":{"coding":[{"system":"http://loinc.org","code":"85354-9","display":"Blood pressure panel"}],"text":"BP"},
            "subject":{"reference":"Patient/p1","identifier":{"system":"http://example.org/mrn","value":"77"}},
            "performer":[{"reference":"https://other.example/fhir/Practitioner/d1"}],
            "effectivePeriod":{"start":"2024-05-03T10:00:00Z","end":"2024-05-03T12:00:00Z"},
            "valueQuantity":{"value":5.40,"unit":"mmol/L (blood)","system":"http://unitsofmeasure.org","code":"mmol/L"},
            "component":[
              {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
              {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":80,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}
            """
        ),
        ["Patient"] = Parse(
            """
            {"resourceType":"Patient","id":"p1","active":true,"gender":"male","birthDate":"1970-02-28",
            "name":[{"use":"official","family":"Müller-O'Brien","given":["Jean Luc","Björn"]}],
            "telecom":[{"system":"phone","value":"555-0100"},{"system":"email","value":"jl@example.org"}],
            "address":[{"city":"Genève","line":["1 Rue du Lac"],"_line":[{"extension":[{"url":"urn:x","valueString":"Annexe"}]}],
            "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/geolocation","extension":[{"url":"latitude","valueDecimal":46.2}]}]}],
            "deceasedDateTime":"2020-01-01","generalPractitioner":[{"reference":"Practitioner/d1"}]}
            """
        ),
        ["ValueSet"] = Parse(
            """{"resourceType":"ValueSet","id":"v","status":"active","url":"http://acme.org/fhir/ValueSet/123","version":"4"}"""
        ),
        ["Questionnaire"] = Parse(
            """{"resourceType":"QuestionnaireResponse","id":"q","status":"completed","questionnaire":"http://acme.org/fhir/Questionnaire/7|1.0"}"""
        ),
        ["RiskAssessment"] = Parse(
            """
            {"resourceType":"RiskAssessment","id":"r","status":"final","subject":{"reference":"Patient/p1"},
            "prediction":[{"probabilityDecimal":0.125},{"probabilityRange":{"low":{"value":40},"high":{"value":60}}}]}
            """
        ),
        ["Condition"] = Parse(
            """
            {"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p1"},"onsetAge":{"value":52,"unit":"years","system":"http://unitsofmeasure.org","code":"a"},
            "recordedDate":"2024-05"}
            """
        ),
    };

    [Theory]
    // token
    [InlineData("Observation", "code=85354-9")]
    [InlineData("Observation", "code=http://loinc.org|85354-9")]
    [InlineData("Observation", "code=http://loinc.org|")]
    [InlineData("Observation", "code=1,85354-9")]
    [InlineData("Observation", "code:not=1")]
    [InlineData("Observation", "value-concept:not=1")]
    [InlineData("Observation", "code:text=blood PRESSURE")]
    [InlineData("Observation", "code:text=bp")]
    [InlineData("Observation", "identifier:text=filler")]
    [InlineData("Observation", @"identifier=urn:x|a\|b\,c\$d\\e")]
    [InlineData("Observation", @"identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|FILL|a\|b\,c\$d\\e")]
    [InlineData("Observation", "status=http://hl7.org/fhir/observation-status|final")]
    [InlineData("Observation", "status=http://hl7.org/fhir/observation-status|")]
    [InlineData("Observation", "status=|final")]
    [InlineData("Patient", "active=true")]
    [InlineData("Patient", "gender=http://hl7.org/fhir/administrative-gender|male")]
    [InlineData("Patient", "phone=555-0100")]
    [InlineData("Patient", "telecom=jl@example.org")]
    [InlineData("Patient", "deceased=true")]
    [InlineData("Patient", "deceased:missing=false")]
    [InlineData("Observation", "_tag=http://example.org/tags|t1")]
    // string
    [InlineData("Patient", "name=mull")]
    [InlineData("Patient", "family=MÜLLER o")]
    [InlineData("Patient", "given=bjorn")]
    [InlineData("Patient", "given:contains=luc")]
    [InlineData("Patient", "family:exact=Müller-O'Brien")]
    [InlineData("Patient", "address=geneve")]
    [InlineData("Patient", "address-city:exact=Genève")]
    // reference
    [InlineData("Observation", "subject=p1")]
    [InlineData("Observation", "subject=Patient/p1")]
    [InlineData("Observation", "subject:Patient=p1")]
    [InlineData("Observation", "subject:Patient=Patient/p1")]
    [InlineData("Observation", "subject=https://here.example/fhir/Patient/p1")]
    [InlineData("Observation", "subject:identifier=http://example.org/mrn|77")]
    [InlineData("Observation", "performer=Practitioner/d1")]
    [InlineData("Questionnaire", "questionnaire=http://acme.org/fhir/Questionnaire/7")]
    [InlineData("Questionnaire", "questionnaire=http://acme.org/fhir/Questionnaire/7|1.0")]
    // uri
    [InlineData("ValueSet", "url=http://acme.org/fhir/ValueSet/123")]
    [InlineData("ValueSet", "url:below=http://acme.org/fhir/")]
    [InlineData("ValueSet", "url:below=http://acme.org/fhir")]
    [InlineData("ValueSet", "url:above=http://acme.org/fhir/ValueSet/123/_history/5")]
    [InlineData("Observation", "_profile=http://example.org/fhir/StructureDefinition/vital")]
    [InlineData("Observation", "_source=http://example.org/feed/a#7")]
    // date
    [InlineData("Patient", "birthdate=1970")]
    [InlineData("Patient", "birthdate=1970-02-28")]
    [InlineData("Patient", "birthdate=ne1971")]
    [InlineData("Patient", "birthdate=gt1970-02-27")]
    [InlineData("Patient", "birthdate=lt1970-03")]
    [InlineData("Patient", "birthdate=ge1970-02-28")]
    [InlineData("Patient", "birthdate=le1970-02-28")]
    [InlineData("Patient", "birthdate=ap1973")]
    [InlineData("Observation", "date=sa2024-05-02")]
    [InlineData("Observation", "date=eb2024-05-04")]
    [InlineData("Observation", "date=gt2024-05-03T11:00:00Z")]
    [InlineData("Observation", "date=lt2024-05-03T11:00:00Z")]
    [InlineData("Observation", "date=2024-05-03")]
    [InlineData("Observation", "date=ge2024-05-03T12:00:00+02:00")]
    [InlineData("Condition", "recorded-date=2024")]
    [InlineData("Condition", "recorded-date=gt2024-05-15")]
    // number and quantity
    [InlineData("RiskAssessment", "probability=0.125")]
    [InlineData("RiskAssessment", "probability=gt0.12")]
    [InlineData("RiskAssessment", "probability=ap0.13")]
    [InlineData("RiskAssessment", "probability=gt55")]
    [InlineData("Observation", "value-quantity=5.4")]
    [InlineData("Observation", "value-quantity=5")]
    [InlineData("Observation", "value-quantity=5.400")]
    [InlineData("Observation", "value-quantity=1e1")]
    [InlineData("Observation", "value-quantity=5.40e0")]
    [InlineData("Observation", "value-quantity=5.4|http://unitsofmeasure.org|mmol/L")]
    [InlineData("Observation", "value-quantity=5.4||mmol/L")]
    [InlineData("Observation", "value-quantity=5||mmol/L (blood)")]
    [InlineData("Observation", "value-quantity=ap5||mmol/L")]
    [InlineData("Observation", "value-quantity=ge5.40")]
    [InlineData("Observation", "value-quantity=ne6")]
    [InlineData("Condition", "onset-age=gt50|http://unitsofmeasure.org|a")]
    // composite
    [InlineData("Observation", "code-value-quantity=http://loinc.org|85354-9$gt5")]
    [InlineData("Observation", "code-value-quantity=1$1,85354-9$lt6||mmol/L")]
    [InlineData("Observation", "component-code-value-quantity=8480-6$gt100")]
    [InlineData("Observation", "combo-code-value-quantity=8462-4$80")]
    [InlineData("Observation", "combo-code-value-quantity=85354-9$5.4")]
    // missing
    [InlineData("Observation", "encounter:missing=true")]
    [InlineData("Observation", "subject:missing=false")]
    public void A_parameter_matches(string resource, string parameter) => Assert.True(Matches(resource, parameter));

    [Theory]
    [InlineData("Observation", "code=http://snomed.info/sct|85354-9")]
    [InlineData("Observation", "code=|85354-9")]
    [InlineData("Observation", "code=85354")]
    [InlineData("Observation", "code:not=85354-9")]
    [InlineData("Observation", "code:not=1,85354-9")]
    [InlineData("Observation", "code:text=pressure")]
    [InlineData("Observation", "identifier=a")]
    [InlineData("Observation", @"identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|PLAC|a\|b\,c\$d\\e")]
    [InlineData("Observation", "status=http://loinc.org|final")]
    [InlineData("Patient", "active=false")]
    [InlineData("Patient", "gender=http://hl7.org/fhir/administrative-gender|female")]
    [InlineData("Patient", "phone=jl@example.org")]
    [InlineData("Patient", "deceased=false")]
    [InlineData("Patient", "name=ller")]
    [InlineData("Patient", "name=official")]
    [InlineData("Patient", "address=http")]
    [InlineData("Patient", "address:contains=geolocation")]
    [InlineData("Patient", "address:contains=annexe")]
    [InlineData("Patient", "family:exact=Müller")]
    [InlineData("Patient", "family:contains=brian")]
    [InlineData("Observation", "subject=p2")]
    [InlineData("Observation", "subject=Group/p1")]
    [InlineData("Observation", "subject:Group=p1")]
    [InlineData("Observation", "subject:identifier=http://example.org/mrn|78")]
    [InlineData("Questionnaire", "questionnaire=http://acme.org/fhir/Questionnaire/7|2.0")]
    [InlineData("Questionnaire", "questionnaire=http://elsewhere.org/fhir/Questionnaire/7")]
    [InlineData("ValueSet", "url=http://acme.org/fhir/ValueSet")]
    [InlineData("ValueSet", "url:below=http://acme.org/fhir/ValueSet/12")]
    [InlineData("ValueSet", "url:above=http://acme.org/fhir")]
    [InlineData("Observation", "_profile=http://example.org/fhir/StructureDefinition/vital|3.0")]
    [InlineData("Patient", "birthdate=1971")]
    [InlineData("Patient", "birthdate=ne1970")]
    [InlineData("Patient", "birthdate=gt1970-02-28")]
    [InlineData("Patient", "birthdate=lt1970-02-28")]
    [InlineData("Patient", "birthdate=ap1990")]
    [InlineData("Observation", "date=sa2024-05-03T11:00:00Z")]
    [InlineData("Observation", "date=eb2024-05-03T11:00:00Z")]
    [InlineData("Observation", "date=2024-05-03T11:00:00Z")]
    [InlineData("Condition", "recorded-date=2024-05-15")]
    [InlineData("RiskAssessment", "probability=0.14")]
    [InlineData("RiskAssessment", "probability=gt60")]
    [InlineData("Observation", "value-quantity=5.5")]
    [InlineData("Observation", "value-quantity=5.4|http://unitsofmeasure.org|mg/dL")]
    [InlineData("Observation", "value-quantity=gt5.4")]
    [InlineData("Observation", "value-quantity=ap4")]
    [InlineData("Observation", "code-value-quantity=http://loinc.org|85354-9$gt6")]
    [InlineData("Observation", "code-value-quantity=8480-6$120")]
    [InlineData("Observation", "component-code-value-quantity=8480-6$80")]
    [InlineData("Observation", "combo-code-value-quantity=8462-4$120")]
    [InlineData("Observation", "encounter:missing=false")]
    public void A_parameter_does_not_match(string resource, string parameter) =>
        Assert.False(Matches(resource, parameter));

    [Theory]
    [InlineData("Observation", "code=")]
    [InlineData("Observation", "code=|")]
    [InlineData("Observation", "code=a|b|c")]
    [InlineData("Observation", "code=a,,b")]
    [InlineData("Observation", "code:in=http://example.org/vs")]
    [InlineData("Observation", "code:not-in=http://example.org/vs")]
    [InlineData("Observation", "code:above=1")]
    [InlineData("Observation", "code:below=1")]
    [InlineData("Observation", "code:nonsense=1")]
    [InlineData("Observation", "code:missing=maybe")]
    [InlineData("Observation", "identifier:of-type=a|b")]
    [InlineData("Observation", "subject=Patient/p1/_history/2")]
    [InlineData("Observation", "subject:Group=Patient/p1")]
    [InlineData("Observation", "date=soon")]
    [InlineData("Observation", "date=xx2024")]
    [InlineData("Observation", "date=2024-13")]
    [InlineData("Observation", "value-quantity=much")]
    [InlineData("Observation", "value-quantity=5|mg")]
    [InlineData("Observation", "value-quantity=|http://unitsofmeasure.org|mg")]
    [InlineData("Observation", "value-quantity=1e400")]
    [InlineData("Observation", "value-quantity=79228162514264337593543950335")]
    [InlineData("Observation", "value-quantity=1e-99999999999")]
    [InlineData("Observation", "code-value-quantity=85354-9")]
    [InlineData("Observation", "code-value-quantity=85354-9$much")]
    [InlineData("Observation", "code-value-quantity=85354-9$5$6")]
    [InlineData("Observation", "code-value-quantity:exact=85354-9$5")]
    [InlineData("Patient", "name:below=x")]
    [InlineData("ValueSet", "url:below=urn:oid:1.2")]
    [InlineData("Patient", "name=*")]
    [InlineData("Patient", "name=%,Müller")]
    [InlineData("Patient", "family:contains=-")]
    [InlineData("Observation", "code:text=*")]
    public void What_is_no_value_is_refused_with_the_reason(string resource, string parameter)
    {
        Assert.Null(Read(resource, parameter, out var problem));
        Assert.NotEmpty(problem!);
    }

    // What narrows must never leave out what matches: the terms of a value are among the terms of each resource it matches.
    [Fact]
    public void Terms_of_what_matches_are_terms_of_the_resource()
    {
        var narrowing = 0;
        foreach (var method in typeof(SearchCriterionTests).GetMethod(nameof(A_parameter_matches))!.CustomAttributes)
        {
            if (method.AttributeType != typeof(InlineDataAttribute))
                continue;
            var given =
                (IReadOnlyCollection<System.Reflection.CustomAttributeTypedArgument>)
                    method.ConstructorArguments[0].Value!;
            var (name, parameter) = ((string)given.First().Value!, (string)given.Last().Value!);
            var resource = Resources[name];
            var type = resource.GetProperty("resourceType").GetString()!;
            var criterion = Read(name, parameter, out _)!;
            foreach (var one in new[] { criterion, criterion.Implied() })
            {
                if (one?.Terms is not { } terms)
                    continue;
                narrowing++;
                var has = SearchTerms.Of(resource, type);
                Assert.True(
                    terms.Any(term => has.Contains((one.Definition.Code, term))),
                    $"{parameter} would not be found by its terms"
                );
            }
        }
        Assert.True(narrowing > 20, $"{narrowing} narrow");
    }

    private static bool Matches(string resource, string parameter)
    {
        var criterion = Read(resource, parameter, out var problem);
        Assert.True(criterion is not null, problem);
        return criterion.Matches(Resources[resource]);
    }

    private static SearchCriterion? Read(string resource, string parameter, out string? problem)
    {
        var type = Resources[resource].GetProperty("resourceType").GetString()!;
        var (name, value) = parameter.Split('=', 2) is [var n, var v] ? (n, v) : (parameter, "");
        var (code, modifier) = name.Split(':', 2) is [var c, var m] ? (c, m) : (name, "");
        return SearchCriterion.TryRead(SearchDefinition.Of(type)[code], modifier, value, Now, out problem);
    }

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;
}
