using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MedLedger.Crypto.BabyJubjub;

/// <summary>
/// BLAKE-512, the SHA-3 finalist (Aumasson, Henzen, Meier, Phan: "SHA-3 proposal BLAKE", 2010), which circomlibjs uses to
/// derive EdDSA keys and nonces. It is not BLAKE2. Constant time. For short messages only, hence one call.
/// </summary>
internal static class Blake512
{
    public const int SizeInBytes = 64;
    private const int BlockSize = 128;

    private static readonly ulong[] Initial =
    [
        0x6a09e667f3bcc908,
        0xbb67ae8584caa73b,
        0x3c6ef372fe94f82b,
        0xa54ff53a5f1d36f1,
        0x510e527fade682d1,
        0x9b05688c2b3e6c1f,
        0x1f83d9abfb41bd6b,
        0x5be0cd19137e2179,
    ];

    private static readonly ulong[] Constants =
    [
        0x243f6a8885a308d3,
        0x13198a2e03707344,
        0xa4093822299f31d0,
        0x082efa98ec4e6c89,
        0x452821e638d01377,
        0xbe5466cf34e90c6c,
        0xc0ac29b7c97c50dd,
        0x3f84d5b5b5470917,
        0x9216d5d98979fb1b,
        0xd1310ba698dfb5ac,
        0x2ffd72dbd01adfb7,
        0xb8e1afed6a267e96,
        0xba7c9045f12c7f99,
        0x24a19947b3916cf7,
        0x0801f2e2858efc16,
        0x636920d871574e69,
    ];

    private static readonly byte[] Permutations =
    [
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
        13,
        14,
        15,
        14,
        10,
        4,
        8,
        9,
        15,
        13,
        6,
        1,
        12,
        0,
        2,
        11,
        7,
        5,
        3,
        11,
        8,
        12,
        0,
        5,
        2,
        15,
        13,
        10,
        14,
        3,
        6,
        7,
        1,
        9,
        4,
        7,
        9,
        3,
        1,
        13,
        12,
        11,
        14,
        2,
        6,
        5,
        10,
        4,
        0,
        15,
        8,
        9,
        0,
        5,
        7,
        2,
        4,
        10,
        15,
        14,
        1,
        11,
        12,
        6,
        8,
        3,
        13,
        2,
        12,
        6,
        10,
        0,
        11,
        8,
        3,
        4,
        13,
        7,
        5,
        15,
        14,
        1,
        9,
        12,
        5,
        1,
        15,
        14,
        13,
        4,
        10,
        0,
        7,
        6,
        3,
        9,
        2,
        8,
        11,
        13,
        11,
        7,
        14,
        12,
        1,
        3,
        9,
        5,
        0,
        15,
        4,
        8,
        6,
        2,
        10,
        6,
        15,
        14,
        9,
        11,
        3,
        0,
        8,
        12,
        2,
        13,
        7,
        1,
        4,
        10,
        5,
        10,
        2,
        8,
        4,
        7,
        6,
        1,
        5,
        15,
        11,
        9,
        14,
        3,
        12,
        13,
        0,
    ];

    /// <summary>Hashes <paramref name="message"/> into 64 bytes.</summary>
    public static void Hash(ReadOnlySpan<byte> message, Span<byte> destination)
    {
        var paddedLength = (message.Length + 17 + BlockSize - 1) / BlockSize * BlockSize;
        Span<byte> padded = new byte[paddedLength];
        message.CopyTo(padded);
        padded[message.Length] = 0x80;
        padded[paddedLength - 17] |= 1;
        BinaryPrimitives.WriteUInt64BigEndian(padded[(paddedLength - 8)..], (ulong)message.Length * 8);

        Span<ulong> state = stackalloc ulong[8];
        Initial.CopyTo(state);
        for (var offset = 0; offset < paddedLength; offset += BlockSize)
        {
            // The counter has the message bits up to here, and 0 for a block that holds padding alone.
            var bits = offset >= message.Length ? 0 : Math.Min(offset + BlockSize, message.Length) * 8L;
            Compress(state, padded.Slice(offset, BlockSize), (ulong)bits);
        }
        for (var i = 0; i < 8; i++)
            BinaryPrimitives.WriteUInt64BigEndian(destination[(8 * i)..], state[i]);
        CryptographicOperations.ZeroMemory(padded);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(state));
    }

    private static void Compress(Span<ulong> state, ReadOnlySpan<byte> block, ulong counter)
    {
        Span<ulong> m = stackalloc ulong[16];
        Span<ulong> v = stackalloc ulong[16];
        for (var i = 0; i < 16; i++)
            m[i] = BinaryPrimitives.ReadUInt64BigEndian(block[(8 * i)..]);
        state.CopyTo(v);
        Constants.AsSpan(0, 8).CopyTo(v[8..]);
        v[12] ^= counter;
        v[13] ^= counter;
        for (var round = 0; round < 16; round++)
        {
            var sigma = Permutations.AsSpan(round % 10 * 16, 16);
            for (var i = 0; i < 4; i++)
                Mix(v, i, 4 + i, 8 + i, 12 + i, m, sigma[2 * i], sigma[2 * i + 1]);
            for (var i = 0; i < 4; i++)
                Mix(v, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m, sigma[8 + 2 * i], sigma[9 + 2 * i]);
        }
        for (var i = 0; i < 8; i++)
            state[i] ^= v[i] ^ v[8 + i];
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(m));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(v));
    }

    private static void Mix(Span<ulong> v, int a, int b, int c, int d, ReadOnlySpan<ulong> m, int j, int k)
    {
        unchecked
        {
            v[a] += v[b] + (m[j] ^ Constants[k]);
            v[d] = BitOperations.RotateRight(v[d] ^ v[a], 32);
            v[c] += v[d];
            v[b] = BitOperations.RotateRight(v[b] ^ v[c], 25);
            v[a] += v[b] + (m[k] ^ Constants[j]);
            v[d] = BitOperations.RotateRight(v[d] ^ v[a], 16);
            v[c] += v[d];
            v[b] = BitOperations.RotateRight(v[b] ^ v[c], 11);
        }
    }
}
