using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;
using MedLedger.Tests.Groth16;

namespace MedLedger.Crypto.Tests.Groth16;

using Term = (int Signal, Fr Value);

/// <summary>A circuit with a witness, for the ways in which circuits differ: counts, kinds of signals, kinds of constraints.</summary>
internal sealed class CircuitShape
{
    private readonly List<Term[][]> _constraints = [];
    private readonly List<Fr> _values;

    /// <summary>Outputs come first, then public inputs, then what is private.</summary>
    private CircuitShape(int outputs, int publicInputs, params Fr[] secrets)
    {
        (Outputs, PublicInputs) = (outputs, publicInputs);
        _values = [Fr.One];
        _values.AddRange(Enumerable.Repeat(Fr.Zero, outputs));
        _values.AddRange(Enumerable.Range(0, publicInputs).Select(i => Fr.From((ulong)i * 7919 + 3)));
        _values.AddRange(secrets);
    }

    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, Func<CircuitShape>> All { get; } =
        new Dictionary<string, Func<CircuitShape>>(StringComparer.Ordinal)
        {
            ["one constraint"] = () => Chain(1, 0, 1),
            ["no public signal"] = () => Chain(5, 0, 0),
            ["a hundred public inputs"] = () => Chain(20, 0, 100),
            ["outputs and inputs"] = () => Chain(10, 3, 2),
            ["outputs alone"] = () => Chain(4, 2, 0),
            ["one below a power of two"] = () => Chain(60, 0, 2), // 63 rows with one for each public signal and the constant
            ["a power of two"] = () => Chain(61, 0, 2),
            ["one above a power of two"] = () => Chain(62, 0, 2),
            ["linear alone"] = Linear,
            ["bits alone"] = Bits,
            ["every signal in every constraint"] = Dense,
            ["unused signals"] = Unused,
            ["empty sides"] = EmptySides,
        };

    public int Outputs { get; }

    public int PublicInputs { get; }

    public int PublicCount => Outputs + PublicInputs;

    /// <summary>A witness that satisfies it; the caller disposes it.</summary>
    public Witness Witness => Witness.FromCanonical([.. _values.Select(value => value.ToCanonical())]);

    /// <summary>The circuit in iden3's binary format.</summary>
    public byte[] ToR1cs() =>
        R1csBytes.Make(_values.Count, Outputs, PublicInputs, _values.Count - 1 - PublicCount, _constraints);

    /// <summary>Each constraint multiplies earlier sums; the last values come out.</summary>
    private static CircuitShape Chain(int constraints, int outputs, int publicInputs)
    {
        var shape = new CircuitShape(outputs, publicInputs, Fr.From(5).Inverse());
        for (var i = 0; i < constraints - outputs; i++)
        {
            var other = 1 + outputs + i % (shape._values.Count - 1 - outputs);
            shape.Multiply(
                [(shape._values.Count - 1, Fr.One), (0, Fr.From((ulong)i))],
                [(other, -Fr.One), (0, Fr.From(9))]
            );
        }
        for (var output = 1; output <= outputs; output++)
            shape.Define(output, [(shape._values.Count - output, Fr.One)], [(shape._values.Count - 1, Fr.From(3))]);
        return shape;
    }

    /// <summary>Sums times the constant, as circom leaves them without simplification.</summary>
    private static CircuitShape Linear()
    {
        var shape = new CircuitShape(0, 2, Fr.From(4));
        for (var i = 0; i < 12; i++)
            shape.Multiply([(i + 1, Fr.From(7)), (i + 2, -Fr.One), (0, Fr.From(2))], [(0, Fr.One)]);
        return shape;
    }

    /// <summary>b (b - 1) = 0, and their sum of powers of two.</summary>
    private static CircuitShape Bits()
    {
        var shape = new CircuitShape(1, 0, [.. Enumerable.Range(0, 40).Select(i => Fr.From(i % 3 == 0 ? 1u : 0u))]);
        for (var bit = 2; bit < 42; bit++)
            shape._constraints.Add([
                [(bit, Fr.One)],
                [(bit, Fr.One), (0, -Fr.One)],
                [],
            ]);
        shape.Define(1, [.. Enumerable.Range(0, 40).Select(i => (i + 2, Fr.From(1ul << i)))], [(0, Fr.One)]);
        return shape;
    }

    /// <summary>Coefficients of full size everywhere.</summary>
    private static CircuitShape Dense()
    {
        var shape = new CircuitShape(0, 3, Fr.From(11).Inverse(), -Fr.One);
        for (var i = 0; i < 20; i++)
        {
            var all = Enumerable.Range(0, shape._values.Count);
            shape.Multiply(
                [.. all.Select(signal => (signal, Fr.From((ulong)(signal + i + 2)).Inverse()))],
                [.. all.Select(signal => (signal, -Fr.From((ulong)(signal + 1))))]
            );
        }
        return shape;
    }

    /// <summary>A public input and a secret in no constraint: their points are at infinity in parts of the key.</summary>
    private static CircuitShape Unused()
    {
        var shape = new CircuitShape(0, 3, Fr.From(17), Fr.From(19));
        for (var i = 0; i < 4; i++)
            shape.Multiply([(1, Fr.One), (4, Fr.From((ulong)i + 1))], [(3, Fr.One)]);
        return shape;
    }

    /// <summary>0 * x = 0, x * 0 = 0 and 0 * 0 = 0 beside others.</summary>
    private static CircuitShape EmptySides()
    {
        var shape = new CircuitShape(0, 1, Fr.From(6));
        shape._constraints.Add([
            [],
            [(1, Fr.One)],
            [],
        ]);
        shape.Multiply([(1, Fr.One)], [(2, Fr.One)]);
        shape._constraints.Add([
            [(2, Fr.One)],
            [],
            [],
        ]);
        shape._constraints.Add([
            [],
            [],
            [],
        ]);
        return shape;
    }

    /// <summary>A new signal for the product.</summary>
    private void Multiply(Term[] a, Term[] b)
    {
        _values.Add(Fr.Zero);
        Define(_values.Count - 1, a, b);
    }

    private void Define(int signal, Term[] a, Term[] b)
    {
        _values[signal] = Evaluate(a) * Evaluate(b);
        _constraints.Add([a, b, [(signal, Fr.One)]]);
    }

    private Fr Evaluate(Term[] side) => side.Aggregate(Fr.Zero, (sum, term) => sum + term.Value * _values[term.Signal]);
}
