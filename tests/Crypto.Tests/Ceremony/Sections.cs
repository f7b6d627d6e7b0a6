using System.Buffers.Binary;
using System.Numerics;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Tests.Ceremony;

/// <summary>Finds and changes sections of circom's and snarkjs's binary files.</summary>
internal static class Sections
{
    /// <summary>Where the first contribution stands in section 10: after the circuit's hash and the number of them.</summary>
    public const int FirstContribution = 64 + 4;

    /// <summary>The bytes of one that is called "first": four points, transcript, type, length of the parameters, name.</summary>
    public const int ContributionSize = 3 * 64 + 128 + 64 + 4 + 4 + 2 + 5;

    /// <summary>The content of a section.</summary>
    public static Span<byte> Of(byte[] file, uint type)
    {
        for (var at = 12; at < file.Length; )
        {
            var found = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));
            var size = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at + 4));
            if (found == type)
                return file.AsSpan(at + 12, size);
            at += 12 + size;
        }
        throw new InvalidOperationException("There is no such section.");
    }

    /// <summary>Exchanges the first two different points, which are not at infinity: both stay on the curve and in the group.</summary>
    public static void SwapPoints(byte[] file, uint type, int size)
    {
        var section = Of(file, type);
        for (var i = 0; i + 2 * size <= section.Length; i += size)
        {
            var left = section.Slice(i, size);
            var right = section.Slice(i + size, size);
            if (left.IndexOfAnyExcept((byte)0) < 0 || right.IndexOfAnyExcept((byte)0) < 0 || left.SequenceEqual(right))
                continue;
            var copy = left.ToArray();
            right.CopyTo(left);
            copy.CopyTo(right);
            return;
        }
        throw new InvalidOperationException("There are no two points to exchange.");
    }

    /// <summary>y becomes q - y, in each coefficient.</summary>
    public static void Negate(Span<byte> point)
    {
        var y = point[(point.Length / 2)..];
        for (var i = 0; i < y.Length; i += 32)
            NegateField(y.Slice(i, 32));
    }

    /// <summary>q - value.</summary>
    public static void NegateField(Span<byte> element)
    {
        var value = new BigInteger(element, isUnsigned: true);
        var negative = (Fq.Modulus - value).ToByteArray(isUnsigned: true);
        element.Clear();
        negative.CopyTo(element);
    }
}
