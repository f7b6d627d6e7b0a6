using System.Text.Json;
using Hl7.Fhir.FhirPath;
using Hl7.Fhir.Model;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Tests.Http.Fhir;

public sealed class SearchPathTests
{
    [Fact]
    public void The_common_parameters_of_all_types_are_compiled()
    {
        var known = ResourceParser.ResourceTypes.Sum(type => SearchDefinition.Of(type).Count);
        Assert.True(known > 1_300, $"{known} parameters");
        foreach (var code in new[] { "code", "patient", "date", "value-quantity", "category", "status", "encounter" })
            Assert.True(SearchDefinition.Of("Observation").ContainsKey(code), code);
    }

    // An id alone then names a patient, whose compartment is the only one that is searched.
    [Theory]
    [InlineData("Observation", "patient", "Patient")]
    [InlineData("Encounter", "patient", "Patient")]
    [InlineData("Encounter", "practitioner", "Practitioner")]
    [InlineData("Immunization", "patient", "Patient")]
    [InlineData("MedicationRequest", "medication", "Medication")]
    public void A_reference_has_the_types_that_its_path_can_find(string type, string code, string target) =>
        Assert.Equal([target], SearchDefinition.Of(type)[code].Targets);

    [Fact]
    public void A_path_that_finds_every_type_has_those_that_are_declared() =>
        Assert.Contains("Group", SearchDefinition.Of("Observation")["subject"].Targets, StringComparer.Ordinal);

    [SharedDataFact("synthea-r4")]
    public void Compiled_paths_reach_what_fhirpath_reaches()
    {
        FhirPathExtensions.Use();
        var file = Directory
            .GetFiles(SharedData.Folder("synthea-r4")!, "*.json")
            .OrderBy(f => new FileInfo(f).Length)
            .First();
        using var bundle = JsonDocument.Parse(File.ReadAllBytes(file));
        var compared = 0;
        foreach (var entry in bundle.RootElement.GetProperty("entry").EnumerateArray())
        {
            var json = entry.GetProperty("resource");
            var type = json.GetProperty("resourceType").GetString()!;
            var resource = ResourceParser.TryParse(System.Text.Encoding.UTF8.GetBytes(json.GetRawText()), out _)!;
            foreach (var definition in ModelInfo.SearchParameters.Where(p => p.Resource == type))
            {
                if (
                    definition.Expression is not { } expression
                    || expression.Contains("resolve()", StringComparison.Ordinal) // needs the resolver of the oracle
                    || !SearchDefinition.Of(type).TryGetValue(definition.Name!, out var compiled)
                )
                    continue;
                Assert.Equal(
                    (definition.Name, resource.Select(expression).Count()),
                    (definition.Name, compiled.Values(json).Count())
                );
                compared++;
            }
        }
        Assert.True(compared > 500, $"{compared} compared");
    }
}

/// <summary>Makes FHIRPath know FHIR's own functions.</summary>
internal static class FhirPathExtensions
{
    public static void Use() => Hl7.FhirPath.FhirPathCompiler.DefaultSymbolTable.AddFhirExtensions();
}
