using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;
using MedLedger.Tests.Groth16;

namespace MedLedger.Crypto.Tests.R1cs;

public sealed class InspectorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("medledger-inspector-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_sound_circuit_has_no_free_signal()
    {
        var circuit = new SmallCircuit(40, 2);
        var system = circuit.WriteAndLoad(Path.Combine(_folder, "r1cs"));
        using var witness = circuit.Witness;
        Assert.Empty(ConstraintInspector.UnusedSignals(system).Except([1, 2]));
        Assert.Empty(ConstraintInspector.UndeterminedOutputs(system));
        Assert.All(ConstraintInspector.FreeSignals(system, witness), signal => Assert.InRange(signal, 1, 2));
    }

    /// <summary>out is bound by bit * bit = out alone, and bit by nothing but being 0 or 1.</summary>
    [Fact]
    public void An_output_that_the_prover_may_choose_is_found()
    {
        var path = Path.Combine(_folder, "r1cs");
        File.WriteAllBytes(
            path,
            R1csBytes.Make(
                signals: 4,
                outputs: 1,
                publicInputs: 0,
                privateInputs: 1,
                [
                    [
                        [(3, Fr.One)],
                        [(3, Fr.One), (0, -Fr.One)],
                        [],
                    ],
                    [
                        [(3, Fr.One)],
                        [(3, Fr.One)],
                        [(1, Fr.One)],
                    ],
                ]
            )
        );
        var system = ConstraintSystem.Load(path);
        Assert.Equal([1], ConstraintInspector.UndeterminedOutputs(system));
        Assert.Equal([2], ConstraintInspector.UnusedSignals(system));
    }

    /// <summary>Two bits of the input: in = b0 + 2 b1, out = b0 b1.</summary>
    [Fact]
    public void A_bit_decomposition_determines_its_bits()
    {
        var path = Path.Combine(_folder, "r1cs");
        (int, Fr)[] IsBit(int signal) => [(signal, Fr.One), (0, -Fr.One)];
        File.WriteAllBytes(
            path,
            R1csBytes.Make(
                signals: 5,
                outputs: 1,
                publicInputs: 0,
                privateInputs: 1,
                [
                    [
                        [(3, Fr.One)],
                        IsBit(3),
                        [],
                    ],
                    [
                        [(4, Fr.One)],
                        IsBit(4),
                        [],
                    ],
                    [
                        [],
                        [],
                        [(3, Fr.One), (4, Fr.From(2)), (2, -Fr.One)],
                    ],
                    [
                        [(3, Fr.One)],
                        [(4, Fr.One)],
                        [(1, Fr.One)],
                    ],
                ]
            )
        );
        Assert.Empty(ConstraintInspector.UndeterminedOutputs(ConstraintSystem.Load(path)));
    }
}
