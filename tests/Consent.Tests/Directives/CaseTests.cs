using System.Text.Json.Nodes;
using MedLedger.Tests;

namespace MedLedger.Consent.Tests.Directives;

/// <summary>Our own corpus: one file for each rule or group of rules, several hundred cases with their decisions.</summary>
public sealed class CaseTests
{
    public static TheoryData<string, string> All
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var file in Directory.EnumerateFiles(CaseFile.Folder, "*.json").Order(StringComparer.Ordinal))
            {
                if (Path.GetFileName(file) == "base.json")
                    continue;
                foreach (var one in CaseFile.Load(Path.GetFileName(file)).AsArray())
                    data.Add(Path.GetFileNameWithoutExtension(file), one!["name"]!.GetValue<string>());
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Case(string file, string name)
    {
        var bases = CaseFile.Load("base.json");
        var one = CaseFile.Load(file + ".json").AsArray().Single(item => item!["name"]!.GetValue<string>() == name)!;
        var consents = one["consents"]?.AsArray() ?? new JsonArray((one["consent"] ?? new JsonObject()).DeepClone());
        var permitted = CaseFile.Decide(
            consents.Select(patch => CaseFile.Patched(bases["consent"]!, patch)),
            CaseFile.Patched(bases["request"]!, one["request"])
        );
        Assert.Equal(one["decision"]!.GetValue<string>(), permitted ? "permit" : "deny");
    }

    [Fact]
    public void There_are_at_least_250_cases() => Assert.True(All.Count >= 250);
}

/// <summary>The 23 published consents of IHE PCF (CC-BY-4.0, not part of this repository), with our requests on both sides.</summary>
public sealed class IhePcfTests
{
    internal static string Folder { get; } =
        Path.GetFullPath(Path.Combine(RepositoryRoot.Path, "..", "shared", "data", "ihe-pcf", "json"));

    [IhePcfFact]
    public void Every_published_consent_decides_as_its_notes_say()
    {
        var requests = CaseFile.Load("ihe-pcf", "requests.json");
        var files = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in requests["consents"]!.AsArray())
        {
            var file = entry!["file"]!.GetValue<string>();
            files.Add(file);
            var consent = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!.AsObject();
            var decisions = new HashSet<string>(StringComparer.Ordinal);
            foreach (var one in entry["cases"]!.AsArray())
            {
                var permitted = CaseFile.Decide([consent], CaseFile.Patched(requests["request"]!, one!["request"]));
                var expected = one["decision"]!.GetValue<string>();
                decisions.Add(expected);
                Assert.True((expected == "permit") == permitted, $"{file}: {one["name"]}");
            }
            Assert.True(
                decisions.Count == 2 || file.Contains("reject", StringComparison.Ordinal),
                $"{file} lacks a side"
            );
        }
        Assert.Equal(
            Directory
                .EnumerateFiles(Folder, "Consent-*.json")
                .Select(path => Path.GetFileName(path))
                .Order(StringComparer.Ordinal),
            files.Order(StringComparer.Ordinal)
        );
    }
}

/// <summary>Skips, saying why, where the published consents are not beside the repository.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class IhePcfFactAttribute : FactAttribute
{
    public IhePcfFactAttribute()
    {
        if (!Directory.Exists(IhePcfTests.Folder))
            Skip = "IHE PCF's published consents are not in ../shared/data/ihe-pcf beside the repository.";
    }
}
