using System.Text;
using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Samples;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;
using MedLedger.Tests;

namespace MedLedger.Api.Tests.Samples;

public sealed class SamplesTests
{
    public static TheoryData<string> Patients => [.. SampleFiles.Patients];

    public static TheoryData<string> Bundles => [.. SampleFiles.Patients, SampleFiles.Organizations];

    [Theory]
    [MemberData(nameof(Bundles))]
    public void Every_resource_is_valid_R4(string bundle)
    {
        foreach (var resource in Resources(bundle))
        {
            ResourceParser.TryParse(Encoding.UTF8.GetBytes(resource.GetRawText()), out var problem);
            Assert.Null(problem);
        }
    }

    [Theory]
    [MemberData(nameof(Patients))]
    public void A_patient_has_15_to_40_records_and_three_notes_of_150_to_400_words(string bundle)
    {
        var resources = Resources(bundle);
        Assert.InRange(resources.Count, 15, 40);
        var notes = resources.Where(IsNote).Select(Text).ToList();
        Assert.True(notes.Count >= 3);
        Assert.All(
            notes,
            note => Assert.InRange(note.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length, 150, 400)
        );
        Assert.Contains(resources, resource => Labels(resource).Contains("R"));
    }

    [Theory]
    [MemberData(nameof(Patients))]
    public void References_resolve_among_the_samples(string bundle)
    {
        var known = Resources(bundle)
            .Concat(Resources(SampleFiles.Organizations))
            .Select(resource => $"{resource.GetProperty("resourceType")}/{resource.GetProperty("id")}")
            .ToHashSet(StringComparer.Ordinal);
        foreach (var resource in Resources(bundle))
            Assert.All(
                ResourceDescription.Of(resource).Facts.RefersTo!,
                reference => Assert.Contains(reference, known)
            );
    }

    [Theory]
    [MemberData(nameof(Patients))]
    public void The_surname_stands_in_no_other_file_of_the_project(string bundle)
    {
        var surname = Resources(bundle)[0].GetProperty("name")[0].GetProperty("family").GetString()!;
        Assert.True(surname.Length >= 7);
        var bytes = Encoding.UTF8.GetBytes(surname);
        foreach (var folder in (string[])["Api", "Analytics", "Consent", "Crypto", "tests", "contracts", "circuits"])
        {
            foreach (var file in Sources(RepositoryRoot.File(folder)))
                Assert.True(
                    Path.GetFileName(file) == bundle || File.ReadAllBytes(file).AsSpan().IndexOf(bytes) < 0,
                    $"{surname} stands in {file}"
                );
        }
    }

    [Theory]
    [InlineData("patient-a.json", "PSY")]
    [InlineData("patient-b.json", "HIV")]
    [InlineData("patient-c.json", "ETHUD")]
    public void The_consent_permits_the_named_clinician_all_but_the_sensitive_records(string bundle, string label)
    {
        var consent = SampleFiles.ReadConsentFor(bundle)!;
        ResourceParser.TryParse(consent, out var problem);
        Assert.Null(problem);
        Assert.True(ConsentDirective.TryParse(consent, out var directive));
        var permitted = 0;
        foreach (var resource in Resources(bundle))
        {
            var facts = ResourceDescription.Of(resource).Facts;
            var mine = ConsentEvaluator.Evaluate([directive], Request(bundle, SampleFiles.PermittedClinician, facts));
            var outsider = ConsentEvaluator.Evaluate([directive], Request(bundle, SampleFiles.OutsideClinician, facts));
            Assert.False(outsider.Permitted);
            if (Labels(resource).Contains(label))
                Assert.False(mine.Permitted);
            else if (IsNote(resource))
                Assert.True(mine.Permitted);
            permitted += mine.Permitted ? 1 : 0;
        }
        Assert.True(permitted >= 15);
    }

    [Fact]
    public void The_last_patient_has_given_no_consent()
    {
        Assert.Null(SampleFiles.ReadConsentFor(SampleFiles.Patients[^1]));
        Assert.Equal("Patient/sample-d", SampleFiles.PatientOf(SampleFiles.Patients[^1]));
    }

    private static AccessRequest Request(string bundle, string actor, ResourceFacts facts) =>
        new()
        {
            Patient = SampleFiles.PatientOf(bundle),
            Actors = [actor],
            Purpose = "TREAT",
            Action = "use",
            Time = "2026-11-23T12:00:00Z",
            Resource = facts,
        };

    private static List<JsonElement> Resources(string bundle)
    {
        using var document = JsonDocument.Parse(SampleFiles.Read(bundle));
        return
        [
            .. document
                .RootElement.GetProperty("entry")
                .EnumerateArray()
                .Select(entry => entry.GetProperty("resource").Clone()),
        ];
    }

    private static bool IsNote(JsonElement resource) =>
        resource.GetProperty("resourceType").GetString() == "DocumentReference";

    private static string Text(JsonElement note) =>
        Encoding.UTF8.GetString(
            note.GetProperty("content")[0].GetProperty("attachment").GetProperty("data").GetBytesFromBase64()
        );

    private static List<string> Labels(JsonElement resource) =>
        resource.TryGetProperty("meta", out var meta) && meta.TryGetProperty("security", out var labels)
            ? [.. labels.EnumerateArray().Select(label => label.GetProperty("code").GetString()!)]
            : [];

    private static IEnumerable<string> Sources(string folder) =>
        !Directory.Exists(folder)
            ? []
            : Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(file =>
                    !file.Contains("node_modules", StringComparison.Ordinal)
                    && Path.GetExtension(file)
                        is ".cs"
                            or ".json"
                            or ".md"
                            or ".txt"
                            or ".js"
                            or ".mjs"
                            or ".sol"
                            or ".circom"
                );
}
