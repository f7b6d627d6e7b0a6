using System.Reflection;
using MedLedger.Tests;

namespace MedLedger.Crypto.Tests.Verifiers;

/// <summary>A row of verifiers.md.</summary>
internal sealed record VerifierRow(string Id, string Rule, string Here, string Snarkjs, string Rapidsnark);

/// <summary>The table in verifiers.md, and that the tests are those it promises.</summary>
public sealed class VerifierTable
{
    internal static IReadOnlyList<VerifierRow> Rows { get; } =
    [
        .. File.ReadAllLines(RepositoryRoot.File("tests", "Crypto.Tests", "verifiers.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Skip(1)
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => new VerifierRow(cells[0], cells[1], cells[2], cells[3], cells[4])),
    ];

    private static readonly string[] Traits =
    [
        .. typeof(VerifierTable)
            .Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetCustomAttributesData())
            .Where(data => data.AttributeType == typeof(TraitAttribute))
            .Select(data => data.ConstructorArguments)
            .Where(arguments => arguments[0].Value is "verifier")
            .Select(arguments => (string)arguments[1].Value!),
    ];

    [Fact]
    public void Rows_and_traits_are_the_same()
    {
        Assert.InRange(Rows.Count, 18, 100);
        Assert.Equal(
            Rows.Select(row => row.Id).Order(StringComparer.Ordinal),
            Traits.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Every_row_has_attempts_and_all_are_refused_but_the_inherent_one()
    {
        var refused = Rows.Where(row => string.Equals(row.Here, "refused", StringComparison.Ordinal));
        Assert.Equal(
            Attempts.All.Keys.Order(StringComparer.Ordinal),
            refused.Select(row => row.Id).Order(StringComparer.Ordinal)
        );
        Assert.Equal("negated pair", Assert.Single(Rows, row => row.Here is "accepted").Id);
        Assert.All(Rows, row => Assert.NotEmpty(row.Rule));
    }
}
