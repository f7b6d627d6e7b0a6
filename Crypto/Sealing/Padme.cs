using System.Buffers.Binary;
using System.Numerics;

namespace MedLedger.Crypto.Sealing;

/// <summary>
/// Padmé padding (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
/// 2019, section 4.2): a length tells O(log log n) bits of itself, for at most 12 % more bytes.
/// </summary>
internal static class Padme
{
    private const int PrefixSize = sizeof(uint);

    /// <summary>The padded length of <paramref name="length"/>.</summary>
    public static int PaddedLength(int length)
    {
        if (length < 2)
            return length;
        // E = floor(log2 L); S = floor(log2 E) + 1; the last E - S bits of the result are zero.
        var e = BitOperations.Log2((uint)length);
        var s = BitOperations.Log2((uint)e) + 1;
        var mask = (1L << (e - s)) - 1;
        return checked((int)((length + mask) & ~mask));
    }

    /// <summary>Length of the content (4 bytes, big endian), the content, zero bytes.</summary>
    public static byte[] Pad(ReadOnlySpan<byte> content)
    {
        var padded = new byte[PaddedLength(checked(PrefixSize + content.Length))];
        BinaryPrimitives.WriteUInt32BigEndian(padded, (uint)content.Length);
        content.CopyTo(padded.AsSpan(PrefixSize));
        return padded;
    }

    /// <summary>The content; false when the padding is not exactly what <see cref="Pad"/> makes.</summary>
    public static bool TryUnpad(ReadOnlySpan<byte> padded, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (padded.Length < PrefixSize)
            return false;
        var length = BinaryPrimitives.ReadUInt32BigEndian(padded);
        if (length > padded.Length - PrefixSize || PaddedLength(PrefixSize + (int)length) != padded.Length)
            return false;
        if (padded[(PrefixSize + (int)length)..].ContainsAnyExcept((byte)0))
            return false;
        content = padded.Slice(PrefixSize, (int)length);
        return true;
    }
}
