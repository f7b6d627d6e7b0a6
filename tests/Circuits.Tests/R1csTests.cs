using MedLedger.Consent.Statements;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Circuits.Tests;

/// <summary>What can be said of the compiled constraint system itself, whatever the circuit's source claims.</summary>
public sealed class R1csTests(CompiledCircuit circuit) : IClassFixture<CompiledCircuit>
{
    // 2^16 powers of tau carry a domain of 65,536: constraints + public signals + 1.
    private const int MaxConstraints = 65_536 - PublicSignals.Count - 1;

    // circomlib's ForceEqualIfEnabled asks by an inverse whether two values are equal. Here it is always enabled, so
    // they are forced to be equal and circom drops the question, but not the inverse. Nothing reads it.
    private static readonly string[] Idle = ["eqCheckX.isz.inv", "eqCheckY.isz.inv"];

    [CircomFact]
    public void Circuit_fits_the_powers_of_tau()
    {
        Assert.InRange(circuit.Constraints.ConstraintCount, 1, MaxConstraints);
        Assert.Equal(PublicSignals.Count, circuit.Constraints.PublicCount);
        Assert.Equal(0, circuit.Constraints.OutputCount);
    }

    [CircomFact]
    public void Public_signals_stand_in_the_documented_order() =>
        Assert.Equal(
            PublicSignals.Names,
            Enumerable.Range(1, PublicSignals.Count).Select(circuit.NameOf),
            StringComparer.Ordinal
        );

    [CircomFact]
    public void Every_signal_occurs_in_a_constraint_but_two_of_circomlib()
    {
        string[] idle = [.. ConstraintInspector.UnusedSignals(circuit.Constraints).Select(circuit.NameOf)];
        Assert.Equal(Idle.Length, idle.Length);
        Assert.All(Idle, name => Assert.Contains(idle, signal => signal.EndsWith(name, StringComparison.Ordinal)));
    }

    /// <summary>
    /// A wire that could change alone would be a second witness for one statement, or a value that nothing binds.
    /// All slots are active here, since an unused slot's path is nobody's business.
    /// </summary>
    [CircomFact]
    public void Changing_any_wire_that_occurs_breaks_a_constraint()
    {
        using var scenario = new Scenario().WithRecords(14);
        var assignment = circuit.Assign(CircuitInputs.Of(scenario.Build(), 0));
        using var witness = Witness.FromCanonical([.. assignment.Select(value => value.ToCanonical())]);
        var free = ConstraintInspector
            .FreeSignals(circuit.Constraints, witness)
            .Except(ConstraintInspector.UnusedSignals(circuit.Constraints));
        Assert.Equal("", string.Join("\n", free.Select(circuit.NameOf)));
    }
}
