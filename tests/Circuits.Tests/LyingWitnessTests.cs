using MedLedger.Consent.Commitments;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.BabyJubjub;
using MedLedger.Crypto.Fields;

namespace MedLedger.Circuits.Tests;

/// <summary>
/// For every rule of the circuit a prover who breaks it and only it (circuits/STATEMENT.md). A lie names the constraints
/// that must refuse it by the source line they come from, and their number: one more, and the lie is not what it says;
/// one less, and nothing stops it.
/// </summary>
public sealed partial class LyingWitnessTests(CompiledCircuit circuit) : IClassFixture<CompiledCircuit>
{
    /// <summary>A lie about the world, about the inputs, or both; how many constraints refuse it (0: any number) and where.</summary>
    private sealed record Lie(
        Action<Scenario>? World,
        Action<LyingInputs, Scenario>? Inputs,
        int Broken,
        string[] Where
    );

    private static Lie World(Action<Scenario> world, int broken, params string[] where) =>
        new(world, null, broken, where);

    /// <summary>Sets inputs of a statement over one record, then makes everything else fit.</summary>
    private static Lie Inputs(Action<LyingInputs> lie, int broken, params string[] where) =>
        new(
            scenario => scenario.WithRecords(1),
            (inputs, scenario) =>
            {
                lie(inputs);
                inputs.Fit(scenario.Key);
            },
            broken,
            where
        );

    /// <summary>Sets inputs and leaves everything else as it was.</summary>
    private static Lie Raw(Action<LyingInputs> lie, int broken, params string[] where) =>
        new(null, (inputs, _) => lie(inputs), broken, where);

    public static TheoryData<string> Names => [.. Lies.Keys];

    internal static IEnumerable<string> LieNames => Lies.Keys;

    [CircomTheory]
    [MemberData(nameof(Names))]
    [Trait("threat", "lying witness")]
    [Trait("threat", "dishonest prover")]
    public void A_lie_breaks_its_constraint_and_only_it(string name)
    {
        var lie = Lies[name];
        using var scenario = new Scenario();
        lie.World?.Invoke(scenario);
        var inputs = new LyingInputs(CircuitInputs.Of(scenario.Build(), 0));
        lie.Inputs?.Invoke(inputs, scenario);

        var violations = circuit.Violations(circuit.Assign(inputs.ToInputs()));

        Assert.NotEmpty(violations);
        Assert.All(violations, violation => Assert.Contains(lie.Where, place => Stands(violation, place)));
        Assert.All(lie.Where, place => Assert.Contains(violations, violation => Stands(violation, place)));
        if (lie.Broken != 0)
            Assert.Equal(lie.Broken, violations.Count);
    }

    [CircomTheory]
    [InlineData(1, 0)]
    [InlineData(14, 0)]
    [InlineData(20, 0)]
    [InlineData(20, 1)]
    public void A_true_statement_breaks_nothing(int records, int part)
    {
        using var scenario = new Scenario().WithRecords(records);
        var assignment = circuit.Assign(CircuitInputs.Of(scenario.Build(), part));
        Assert.Empty(circuit.Violations(assignment));
    }

    [CircomFact]
    public void Every_integer_at_its_bounds_is_accepted()
    {
        using var scenario = new Scenario { Slot = 65535, AsOf = (1L << 40) - 2 };
        scenario.Terms = scenario.Terms with
        {
            MaxUses = 65536,
            NotBefore = (1L << 40) - 2,
            NotAfter = (1L << 40) - 1,
            DataFrom = 0,
            DataTo = RecordMeta.MaxDay,
            Labels = uint.MaxValue,
        };
        scenario.Records[0] = (0, Scenario.LowType, uint.MaxValue, 0);
        scenario.Records[2] = (16383, Scenario.HighType, 1, RecordMeta.MaxDay);
        Assert.Empty(circuit.Violations(circuit.Assign(CircuitInputs.Of(scenario.Build(), 0))));
    }

    [CircomFact]
    public void Last_of_64_parts_is_accepted()
    {
        using var scenario = new Scenario().WithRecords((63 * 14) + 1);
        scenario.Terms = scenario.Terms with { DataTo = 2000 };
        Assert.Empty(circuit.Violations(circuit.Assign(CircuitInputs.Of(scenario.Build(), 63))));
    }

    [CircomFact]
    public void Inputs_that_are_made_to_fit_are_true_again()
    {
        using var scenario = new Scenario().WithRecords(1);
        var inputs = new LyingInputs(CircuitInputs.Of(scenario.Build(), 0));
        inputs.Add("recordSalt", Fr.One);
        inputs.Add("modelDigest", Fr.One);
        inputs.Add("patientSalt", Fr.One);
        inputs.FitSlot(0);
        Assert.Empty(circuit.Violations(circuit.Assign(inputs.Fit(scenario.Key).ToInputs())));
    }

    private static bool Stands(Violation violation, string place) =>
        violation.Signals.Any(signal => signal.Contains(place, StringComparison.Ordinal));
}
