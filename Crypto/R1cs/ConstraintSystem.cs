using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.R1cs;

/// <summary>
/// A rank-1 constraint system read from a .r1cs file (iden3's binary format, version 1): constraints (a.w)(b.w) = c.w over
/// the signals w. Signals: the constant 1, outputs, public inputs, private inputs, the rest.
/// </summary>
public sealed class ConstraintSystem
{
    // For each of the three sides of each constraint: where its terms start in the two lists below.
    private readonly int[] _starts;
    private readonly int[] _signals;
    private readonly Fr[] _coefficients;

    private ConstraintSystem(Header header, int[] starts, int[] signals, Fr[] coefficients)
    {
        SignalCount = header.Signals;
        OutputCount = header.Outputs;
        PublicInputCount = header.PublicInputs;
        PrivateInputCount = header.PrivateInputs;
        _starts = starts;
        _signals = signals;
        _coefficients = coefficients;
    }

    private readonly record struct Header(
        int Signals,
        int Outputs,
        int PublicInputs,
        int PrivateInputs,
        int Constraints
    );

    /// <summary>Signals, the constant included.</summary>
    public int SignalCount { get; }

    /// <summary>Public outputs.</summary>
    public int OutputCount { get; }

    /// <summary>Public inputs.</summary>
    public int PublicInputCount { get; }

    /// <summary>Private inputs.</summary>
    public int PrivateInputCount { get; }

    /// <summary>Outputs and public inputs: the public signals of a proof.</summary>
    public int PublicCount => OutputCount + PublicInputCount;

    /// <summary>Constraints.</summary>
    public int ConstraintCount => (_starts.Length - 1) / 3;

    /// <summary>Reads a .r1cs file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or of another field.</exception>
    public static ConstraintSystem Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var file = SectionFile.Open(path, "r1cs", 1);
        var section = file.Section(2);
        var header = ReadHeader(file.Section(1));
        // The smallest constraint is three empty sides, the smallest term 36 bytes: what a hostile header claims cannot
        // make us allocate more than the file justifies.
        if (section.Length / 12 < header.Constraints)
            throw new InvalidDataException("The constraints section is too short.");
        var starts = new int[3 * header.Constraints + 1];
        var signals = new int[section.Length / 36];
        var coefficients = new Fr[signals.Length];
        var reader = new SectionReader(section, "constraints");
        var next = 0;
        for (var side = 0; side < 3 * header.Constraints; side++)
        {
            starts[side] = next;
            var terms = reader.ReadCount(reader.Remaining / 36);
            for (var i = 0; i < terms; i++, next++)
            {
                signals[next] = reader.ReadCount(header.Signals - 1);
                if (!Fr.TryFromCanonical(reader.Read<Limbs>(), out coefficients[next]))
                    throw new InvalidDataException("A coefficient is not below r.");
            }
        }
        reader.ExpectEnd();
        starts[^1] = next;
        return new ConstraintSystem(header, starts, signals[..next], coefficients[..next]);
    }

    /// <summary>The signals of one side (0 = a, 1 = b, 2 = c) of a constraint.</summary>
    internal ReadOnlySpan<int> Signals(int constraint, int side)
    {
        var start = _starts[3 * constraint + side];
        return _signals.AsSpan(start, _starts[3 * constraint + side + 1] - start);
    }

    /// <summary>The coefficients of one side of a constraint.</summary>
    internal ReadOnlySpan<Fr> Coefficients(int constraint, int side)
    {
        var start = _starts[3 * constraint + side];
        return _coefficients.AsSpan(start, _starts[3 * constraint + side + 1] - start);
    }

    /// <summary>The value of one side of a constraint.</summary>
    internal Fr Evaluate(int constraint, int side, ReadOnlySpan<Fr> witness)
    {
        var signals = Signals(constraint, side);
        var coefficients = Coefficients(constraint, side);
        var sum = Fr.Zero;
        for (var i = 0; i < signals.Length; i++)
            sum += coefficients[i] * witness[signals[i]];
        return sum;
    }

    /// <summary>The first constraint that the witness does not satisfy; null when it satisfies all.</summary>
    /// <exception cref="ArgumentException">The witness has another number of signals.</exception>
    public int? FirstViolation(Witness witness)
    {
        ArgumentNullException.ThrowIfNull(witness);
        if (witness.Count != SignalCount)
            throw new ArgumentException("The witness has another number of signals than the circuit.", nameof(witness));
        var values = new Fr[witness.Count];
        try
        {
            for (var i = 0; i < values.Length; i++)
                values[i] = witness[i];
            return FirstViolation(values);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    /// <summary>The signals that occur in a constraint, each once.</summary>
    public IReadOnlyList<int> SignalsOf(int constraint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(constraint);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(constraint, ConstraintCount);
        var start = _starts[3 * constraint];
        return [.. _signals.AsSpan(start, _starts[3 * constraint + 3] - start).ToArray().Distinct()];
    }

    internal int? FirstViolation(ReadOnlySpan<Fr> values)
    {
        for (var i = 0; i < ConstraintCount; i++)
        {
            if (!IsSatisfied(i, values))
                return i;
        }
        return null;
    }

    internal bool IsSatisfied(int constraint, ReadOnlySpan<Fr> values) =>
        Evaluate(constraint, 0, values) * Evaluate(constraint, 1, values) == Evaluate(constraint, 2, values);

    private static Header ReadHeader(ReadOnlySpan<byte> section)
    {
        var reader = new SectionReader(section, "header");
        reader.ExpectModulus<FrModulus>();
        const int Limit = 1 << 28;
        var signals = reader.ReadCount(Limit);
        var outputs = reader.ReadCount(signals);
        var publicInputs = reader.ReadCount(signals);
        var privateInputs = reader.ReadCount(signals);
        reader.ReadUInt64(); // labels: only for tools
        var constraints = reader.ReadCount(Limit);
        reader.ExpectEnd();
        if (signals == 0 || 1L + outputs + publicInputs + privateInputs > signals)
            throw new InvalidDataException("The header's numbers of signals contradict each other.");
        return new Header(signals, outputs, publicInputs, privateInputs, constraints);
    }
}
