using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Tests.Groth16;

/// <summary>
/// A circuit made in code with a witness that satisfies it: signals are 1, the public ones, the secrets; each constraint
/// multiplies two earlier sums into the next signal. Writes .r1cs and .wtns files.
/// </summary>
public sealed class SmallCircuit
{
    private readonly List<(int Signal, Fr Value)[][]> _constraints = [];
    private readonly List<Fr> _values = [Fr.One];

    /// <summary>Makes circuit and witness.</summary>
    public SmallCircuit(int constraints, int publicInputs, bool smallValues = false)
    {
        PublicInputs = publicInputs;
        for (var i = 0; i < publicInputs; i++)
            _values.Add(Fr.From((ulong)i * 7919 + 3));
        _values.Add(smallValues ? Fr.One : Fr.From(5).Inverse());
        for (var i = 0; i < constraints; i++)
        {
            var (left, right) = (_values.Count - 1, i % _values.Count);
            (int, Fr)[] a = [(left, Fr.One), (0, smallValues ? Fr.Zero : Fr.From((ulong)i))];
            (int, Fr)[] b = smallValues ? [(0, Fr.One)] : [(right, -Fr.One), (0, Fr.From(9))];
            var product = Evaluate(a) * Evaluate(b);
            _values.Add(product);
            _constraints.Add([a, b, [(_values.Count - 1, Fr.One)]]);
        }
    }

    /// <summary>Public inputs.</summary>
    public int PublicInputs { get; }

    /// <summary>A witness that satisfies it; the caller disposes it.</summary>
    public Witness Witness => Witness.FromCanonical([.. _values.Select(value => value.ToCanonical())]);

    /// <summary>Writes the .r1cs file and reads it back.</summary>
    public ConstraintSystem WriteAndLoad(string path)
    {
        File.WriteAllBytes(path, ToR1cs());
        return ConstraintSystem.Load(path);
    }

    /// <summary>The circuit in iden3's binary format.</summary>
    public byte[] ToR1cs() => R1csBytes.Make(_values.Count, 0, PublicInputs, 1, _constraints);

    private Fr Evaluate((int Signal, Fr Value)[] side) =>
        side.Aggregate(Fr.Zero, (sum, term) => sum + term.Value * _values[term.Signal]);
}
