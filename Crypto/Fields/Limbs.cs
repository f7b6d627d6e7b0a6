using System.Runtime.InteropServices;

namespace MedLedger.Crypto.Fields;

/// <summary>A 256-bit number as four 64-bit limbs, least significant first (the layout of circom's and snarkjs's files).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Limbs(ulong l0, ulong l1, ulong l2, ulong l3)
{
    public readonly ulong L0 = l0;
    public readonly ulong L1 = l1;
    public readonly ulong L2 = l2;
    public readonly ulong L3 = l3;

    public bool IsZero => (L0 | L1 | L2 | L3) == 0;

    /// <summary>Equality without a branch on the limbs.</summary>
    public static bool AreEqual(in Limbs a, in Limbs b) =>
        ((a.L0 ^ b.L0) | (a.L1 ^ b.L1) | (a.L2 ^ b.L2) | (a.L3 ^ b.L3)) == 0;

    /// <summary>Reads 32 big-endian bytes.</summary>
    public static Limbs ReadBigEndian(ReadOnlySpan<byte> source) =>
        new(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(source[24..]),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(source[16..]),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(source)
        );

    /// <summary>Writes 32 big-endian bytes.</summary>
    public void WriteBigEndian(Span<byte> destination)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination[24..], L0);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination[16..], L1);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination[8..], L2);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination, L3);
    }

    /// <summary>The number of bits without leading zeros.</summary>
    public int BitLength
    {
        get
        {
            if (L3 != 0)
                return 256 - System.Numerics.BitOperations.LeadingZeroCount(L3);
            if (L2 != 0)
                return 192 - System.Numerics.BitOperations.LeadingZeroCount(L2);
            if (L1 != 0)
                return 128 - System.Numerics.BitOperations.LeadingZeroCount(L1);
            return 64 - System.Numerics.BitOperations.LeadingZeroCount(L0);
        }
    }

    /// <summary>Bit <paramref name="index"/> (0..255), 0 or 1.</summary>
    public int Bit(int index)
    {
        var limb = (index >> 6) switch
        {
            0 => L0,
            1 => L1,
            2 => L2,
            _ => L3,
        };
        return (int)((limb >> (index & 63)) & 1);
    }
}
