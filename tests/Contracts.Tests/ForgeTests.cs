using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MedLedger.Tests.Contracts;

/// <summary>Runs all forge tests once.</summary>
public sealed class ForgeRun : IAsyncLifetime
{
    private readonly Dictionary<string, JsonObject> _results = new(StringComparer.Ordinal);

    /// <summary>What forge said of each test, by <c>File.t.sol:Contract:test</c>.</summary>
    public IReadOnlyDictionary<string, JsonObject> Results => _results;

    public async Task InitializeAsync()
    {
        if (ForgeTheoryAttribute.Unavailable is not null)
            return;
        var forge = new Forge();
        await forge.InitializeAsync();
        var run = await forge.RunAsync("test", "--json");
        var start = run.Output.IndexOf('{', StringComparison.Ordinal);
        if (start < 0)
            throw new InvalidOperationException($"forge test said nothing:\n{run.Output}\n{run.Error}");
        foreach (var (suite, content) in JsonNode.Parse(run.Output[start..])!.AsObject())
        foreach (var (test, result) in content!["test_results"]!.AsObject())
            _results.Add($"{Path.GetFileName(suite)}:{Name(test)}", result!.AsObject());
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private static string Name(string signature) => signature.Split('(')[0];
}

/// <summary>Reports every test and invariant in <c>contracts/test</c> as a test of its own.</summary>
[Collection(ForgeCollection.Name)]
public sealed partial class ForgeTests(ForgeRun run) : IClassFixture<ForgeRun>
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Read from the sources, so that a test that forge does not run is missed here.</summary>
    public static TheoryData<string> Tests => new(Names());

    private static List<string> Names()
    {
        var names = new List<string>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Forge.Folder, "test"), "*.t.sol"))
        {
            var contract = "";
            foreach (var line in File.ReadLines(file))
                if (ContractName().Match(line) is { Success: true } found)
                    contract = found.Groups["name"].Value;
                else if (TestName().Match(line) is { Success: true } test)
                    names.Add($"{Path.GetFileName(file)}:{contract}:{test.Groups["name"].Value}");
        }
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    [ForgeTheory]
    [MemberData(nameof(Tests))]
    public void Forge_test_passes(string test)
    {
        Assert.True(run.Results.TryGetValue(test, out var result), $"forge did not run {test}.");
        Assert.True((string?)result["status"] == "Success", $"{test}: {result["reason"]} {result["counterexample"]}");
    }

    [ForgeFact]
    public void Gas_is_what_is_committed()
    {
        var measured = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var result in run.Results.Values)
        foreach (var (name, gas) in result["gas_snapshots"]?["gas"]?.AsObject() ?? [])
            measured.Add(name, (string)gas!);
        var text = JsonSerializer.Serialize(measured, Indented) + "\n";
        Golden.AssertFile(Path.Combine(Forge.Folder, "snapshots", "gas.json"), text);
    }

    [ForgeFact]
    public void Every_test_that_forge_ran_is_reported()
    {
        Assert.InRange(run.Results.Count, 130, 10_000);
        Assert.Equal(Names(), run.Results.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [GeneratedRegex(@"^contract (?<name>\w+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ContractName();

    [GeneratedRegex(
        @"^    function (?<name>(test|invariant_)\w*)\(",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex TestName();
}
