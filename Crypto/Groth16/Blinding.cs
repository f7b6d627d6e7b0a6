using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Groth16;

/// <summary>
/// The secrets r and s that make a proof zero-knowledge, fresh for every proof: 254 random bits until they are below r.
/// Reducing a larger number would prefer small values.
/// </summary>
internal static class Blinding
{
    /// <summary>Fills <paramref name="destination"/> with uniform elements.</summary>
    public static void Fill(Span<Fr> destination)
    {
        Span<byte> bytes = stackalloc byte[Fr.SizeInBytes];
        foreach (ref var element in destination)
        {
            do
            {
                RandomNumberGenerator.Fill(bytes);
                bytes[31] &= 0x3f;
            } while (!Fr.TryFromCanonical(MemoryMarshal.Read<Limbs>(bytes), out element));
        }
        CryptographicOperations.ZeroMemory(bytes);
    }
}
