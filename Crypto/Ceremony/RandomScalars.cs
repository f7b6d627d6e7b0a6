using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Ceremony;

/// <summary>
/// Coefficients of random linear combinations, 128 bits from the system's generator: two different lists of points have the
/// same combination with probability 2^-128 (small exponents test of Bellare, Garay, Rabin, 1998).
/// </summary>
internal static class RandomScalars
{
    public static Limbs[] Draw(int count)
    {
        var random = new ulong[2 * count];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(random.AsSpan()));
        var scalars = new Limbs[count];
        for (var i = 0; i < count; i++)
            scalars[i] = new Limbs(random[2 * i], random[2 * i + 1], 0, 0);
        return scalars;
    }
}
