using System.Numerics;
using System.Runtime.InteropServices;

namespace MedLedger.Analytics.Text;

/// <summary>
/// 64-bit hashes of words and of phrases made of them. Not keyed: the tables that use it are filled from the model and
/// the rules alone, and are never grown by what is looked up.
/// </summary>
internal static class WordHash
{
    private const ulong Seed = 0x9e3779b97f4a7c15;
    private const ulong Odd = 0xff51afd7ed558ccd;

    /// <summary>The hash of one word; never 0.</summary>
    public static ulong Of(ReadOnlySpan<char> word)
    {
        unchecked
        {
            var bytes = MemoryMarshal.AsBytes(word);
            var hash = Seed ^ ((ulong)bytes.Length * Odd);
            while (bytes.Length >= 8)
            {
                hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes));
                bytes = bytes[8..];
            }
            ulong rest = 0;
            for (var i = 0; i < bytes.Length; i++)
                rest |= (ulong)bytes[i] << (8 * i);
            return Mix(hash ^ rest) | 1;
        }
    }

    /// <summary>The hash of a phrase and one more word.</summary>
    public static ulong Then(ulong phrase, ulong word) => Mix(BitOperations.RotateLeft(phrase, 29) ^ word) | 1;

    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value *= Odd;
            value ^= value >> 32;
            value *= Seed;
            return value ^ (value >> 29);
        }
    }
}
