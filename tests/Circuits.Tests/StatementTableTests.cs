using System.Text.RegularExpressions;
using MedLedger.Tests;

namespace MedLedger.Circuits.Tests;

/// <summary>The table of constraints, attacks and tests in circuits/STATEMENT.md says what there is.</summary>
public sealed partial class StatementTableTests
{
    private static readonly IReadOnlyList<string[]> Rows =
    [
        .. File.ReadAllLines(RepositoryRoot.File("circuits", "STATEMENT.md"))
            .SkipWhile(line => !line.StartsWith("| constraint |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)),
    ];

    [Fact]
    public void Each_constraint_has_an_attack_and_a_test_that_exists()
    {
        Assert.InRange(Rows.Count, 35, 60);
        var (lies, methods) = (Lies(), Methods());
        foreach (var row in Rows)
        {
            Assert.Equal(3, row.Length);
            Assert.All(row, cell => Assert.NotEmpty(cell));
            var names = Name().Matches(row[2]).Select(match => match.Groups["name"].Value).ToList();
            Assert.True(names.Count > 0, $"no test stands beside: {row[0]}");
            foreach (var name in names)
                Assert.True(
                    lies.Contains(name) || methods.Contains(name),
                    $"'{name}', beside '{row[0]}', is neither a lie nor a test"
                );
        }
    }

    [Fact]
    public void Each_lie_stands_beside_the_constraint_that_it_breaks()
    {
        var named = Rows.SelectMany(row => Name().Matches(row[2])).Select(match => match.Groups["name"].Value);
        Assert.Empty(Lies().Except(named, StringComparer.Ordinal));
    }

    private static HashSet<string> Lies() => new(LyingWitnessTests.LieNames, StringComparer.Ordinal);

    private static HashSet<string> Methods()
    {
        var files = Directory
            .EnumerateFiles(RepositoryRoot.File("tests", "Circuits.Tests"), "*.cs")
            .Concat(Directory.EnumerateFiles(RepositoryRoot.File("contracts", "test"), "*.t.sol"));
        return files
            .SelectMany(file => Method().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["name"].Value)
            .ToHashSet(StringComparer.Ordinal);
    }

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"(void|Task|function) (?<name>\w+)\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Method();
}
