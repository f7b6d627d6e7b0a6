using System.Text.RegularExpressions;
using MedLedger.Tests;

namespace MedLedger.Consent.Tests;

/// <summary>Each attack in tests/threats.md has a test, and each test that names an attack names one of them.</summary>
public sealed partial class ThreatTableTests
{
    private static readonly IReadOnlyList<string[]> Rows =
    [
        .. File.ReadAllLines(RepositoryRoot.File("tests", "threats.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Where(line => !line.StartsWith("| id |", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)),
    ];

    private static readonly IReadOnlyList<string> Ids = [.. Rows.Select(row => row[0])];

    private static readonly ILookup<string, string> Traits = Directory
        .EnumerateDirectories(RepositoryRoot.File("tests"), "*.Tests")
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        .SelectMany(file => Trait().Matches(File.ReadAllText(file)).Select(match => (file, match.Groups["id"].Value)))
        .ToLookup(pair => pair.Value, pair => Path.GetFileName(pair.file), StringComparer.Ordinal);

    [Fact]
    public void No_row_lacks_a_test()
    {
        Assert.InRange(Rows.Count, 45, 100);
        Assert.Distinct(Ids, StringComparer.Ordinal);
        foreach (var row in Rows)
        {
            Assert.Equal(4, row.Length);
            Assert.True(
                Traits.Contains(row[0]) || Name().IsMatch(row[3]),
                $"'{row[0]}' has neither a test with its trait nor one of the contracts or the circuit"
            );
        }
    }

    [Fact]
    public void Tests_that_are_named_exist()
    {
        var circuit = RepositoryRoot.File("tests", "Circuits.Tests", "LyingWitnessTests.Lies.cs");
        var known = Directory
            .EnumerateFiles(RepositoryRoot.File("contracts", "test"), "*.t.sol")
            .SelectMany(file => Function().Matches(File.ReadAllText(file)))
            .Concat(Lie().Matches(File.ReadAllText(circuit)))
            .Select(match => match.Groups["name"].Value)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var row in Rows)
        foreach (Match match in Name().Matches(row[3]))
            Assert.True(known.Contains(match.Groups["name"].Value), $"'{row[0]}' names {match.Value}, which is none");
    }

    [Fact]
    public void A_trait_is_a_row()
    {
        foreach (var group in Traits)
            Assert.True(
                Ids.Contains(group.Key, StringComparer.Ordinal),
                $"'{group.Key}' in {string.Join(", ", group)} is no row of tests/threats.md"
            );
    }

    [GeneratedRegex("\\[Trait\\(\"threat\", \"(?<id>[^\"]+)\"\\)\\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Trait();

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    [GeneratedRegex("function (?<name>\\w+)\\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Function();

    [GeneratedRegex("\\[\"(?<name>[^\"]+)\"\\] =", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Lie();
}
