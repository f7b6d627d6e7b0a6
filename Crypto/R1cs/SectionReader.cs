using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.R1cs;

/// <summary>Reads numbers from a section, never past its end.</summary>
internal ref struct SectionReader(ReadOnlySpan<byte> section, string name)
{
    private ReadOnlySpan<byte> _rest = section;

    public readonly int Remaining => _rest.Length;

    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if (count < 0 || count > _rest.Length)
            throw new InvalidDataException($"The {name} section is too short.");
        var bytes = _rest[..count];
        _rest = _rest[count..];
        return bytes;
    }

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(ReadBytes(8));

    /// <summary>A count that int arithmetic can hold.</summary>
    public int ReadCount(int limit)
    {
        var count = ReadUInt32();
        if (count > (uint)limit)
            throw new InvalidDataException($"The {name} section claims {count} of something: too many.");
        return (int)count;
    }

    public T Read<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(ReadBytes(System.Runtime.CompilerServices.Unsafe.SizeOf<T>()));

    /// <summary>The field's size and modulus, which must be those of a field of BN254.</summary>
    public void ExpectModulus<TModulus>()
        where TModulus : struct, IModulus
    {
        var prime = new Limbs(TModulus.P0, TModulus.P1, TModulus.P2, TModulus.P3);
        if (ReadUInt32() != 32 || !Limbs.AreEqual(Read<Limbs>(), prime))
            throw new InvalidDataException($"The {name} section names another field than BN254's.");
    }

    public readonly void ExpectEnd()
    {
        if (!_rest.IsEmpty)
            throw new InvalidDataException($"The {name} section is longer than its content.");
    }
}
