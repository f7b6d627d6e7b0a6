using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;

namespace MedLedger.Consent.Chain;

/// <summary>32 bytes as the chain has them: a transaction or block hash, a topic, a storage word. Written as <c>0x</c> and 64 lower-case digits.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Bytes32 : IComparable<Bytes32>
{
    /// <summary>Bytes of a word.</summary>
    public const int Size = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    /// <summary>Reads 32 bytes.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public Bytes32(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException("A word has 32 bytes.", nameof(bytes));
        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    private Bytes32(UInt128 high, UInt128 low) => (_high, _low) = (high, low);

    /// <summary>Thirty-two zero bytes.</summary>
    public static Bytes32 Zero => default;

    /// <summary>Whether all bytes are zero.</summary>
    public bool IsZero => _high == 0 && _low == 0;

    /// <summary>The big-endian word of an unsigned integer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or 2^256 and more.</exception>
    public static Bytes32 FromBigInteger(BigInteger value)
    {
        if (value.Sign < 0 || value.GetBitLength() > 256)
            throw new ArgumentOutOfRangeException(nameof(value), "A word holds 0 to 2^256 - 1.");
        return new Bytes32((UInt128)(value >> 128), (UInt128)(value & UInt128.MaxValue));
    }

    /// <summary>Reads <c>0x</c> and exactly 64 hexadecimal digits of either case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Bytes32 value)
    {
        value = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (
            text is not { Length: 2 + (2 * Size) }
            || !text.StartsWith("0x", StringComparison.Ordinal)
            || Convert.FromHexString(text.AsSpan(2), bytes, out _, out var written)
                is not System.Buffers.OperationStatus.Done
            || written != Size
        )
            return false;
        value = new Bytes32(bytes);
        return true;
    }

    /// <summary>The word as an unsigned big-endian integer.</summary>
    public BigInteger ToBigInteger() => ((BigInteger)_high << 128) | _low;

    /// <summary>Writes the 32 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public void WriteTo(Span<byte> destination)
    {
        if (destination.Length < Size)
            throw new ArgumentException("A word has 32 bytes.", nameof(destination));
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        WriteTo(bytes);
        return bytes;
    }

    /// <summary>Order of the unsigned integers.</summary>
    public int CompareTo(Bytes32 other) =>
        _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    /// <summary><c>0x</c> and 64 lower-case digits.</summary>
    public override string ToString() => $"0x{_high:x32}{_low:x32}";

    /// <summary>Order of the unsigned integers.</summary>
    public static bool operator <(Bytes32 left, Bytes32 right) => left.CompareTo(right) < 0;

    /// <summary>Order of the unsigned integers.</summary>
    public static bool operator >(Bytes32 left, Bytes32 right) => left.CompareTo(right) > 0;

    /// <summary>Order of the unsigned integers.</summary>
    public static bool operator <=(Bytes32 left, Bytes32 right) => left.CompareTo(right) <= 0;

    /// <summary>Order of the unsigned integers.</summary>
    public static bool operator >=(Bytes32 left, Bytes32 right) => left.CompareTo(right) >= 0;
}
