using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.R1cs;

/// <summary>
/// A witness: a value for every signal of a circuit, the constant 1 first, then outputs, public inputs and the secrets.
/// One that exists has canonical values. It holds secrets: <see cref="Dispose"/> zeroes them.
/// </summary>
public sealed class Witness : IDisposable
{
    private readonly Limbs[] _values;
    private bool _disposed;

    private Witness(Limbs[] values) => _values = values;

    /// <summary>The number of signals, the constant included.</summary>
    public int Count => _values.Length;

    /// <summary>The value of a signal.</summary>
    public Fr this[int index] => Fr.FromCanonicalUnchecked(Values[index]);

    /// <summary>The values below r, not in Montgomery form.</summary>
    internal ReadOnlySpan<Limbs> Values
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _values;
        }
    }

    /// <summary>Reads a .wtns file of circom or snarkjs.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, of another field, or has values that are not canonical.</exception>
    public static Witness Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var file = SectionFile.Open(path, "wtns", 2);
        var header = new SectionReader(file.Section(1), "header");
        header.ExpectModulus<FrModulus>();
        var count = header.ReadUInt32();
        header.ExpectEnd();
        var data = file.Section(2);
        if (count == 0 || data.Length != count * 32L)
            throw new InvalidDataException("The witness does not have as many values as it says.");
        return FromCanonical(MemoryMarshal.Cast<byte, Limbs>(data));
    }

    /// <summary>Copies values that come from outside.</summary>
    internal static Witness FromCanonical(ReadOnlySpan<Limbs> values)
    {
        if (values.IsEmpty || !Limbs.AreEqual(values[0], new Limbs(1, 0, 0, 0)))
            throw new InvalidDataException("The first value of a witness must be 1.");
        foreach (ref readonly var value in values)
        {
            if (!Montgomery<FrModulus>.IsReduced(value))
                throw new InvalidDataException("The witness has a value that is not below r.");
        }
        return new Witness(values.ToArray());
    }

    /// <summary>The first <paramref name="count"/> signals after the constant: the public ones.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The witness has fewer.</exception>
    public Fr[] PublicInputs(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(count, Count);
        var inputs = new Fr[count];
        for (var i = 0; i < count; i++)
            inputs[i] = this[i + 1];
        return inputs;
    }

    /// <summary>Writes a .wtns file, byte for byte as snarkjs does.</summary>
    public void Write(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var values = MemoryMarshal.AsBytes(Values);
        Span<byte> header = stackalloc byte[12 + 12 + 40 + 12];
        "wtns"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], 40);
        BinaryPrimitives.WriteUInt32LittleEndian(header[24..], 32);
        var prime = new Limbs(FrModulus.P0, FrModulus.P1, FrModulus.P2, FrModulus.P3);
        MemoryMarshal.Write(header[28..], prime);
        BinaryPrimitives.WriteUInt32LittleEndian(header[60..], (uint)Count);
        BinaryPrimitives.WriteUInt32LittleEndian(header[64..], 2);
        BinaryPrimitives.WriteUInt64LittleEndian(header[68..], (ulong)values.Length);
        destination.Write(header);
        destination.Write(values);
    }

    /// <summary>Zeroes the values.</summary>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_values.AsSpan()));
    }
}
