using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;
using Org.BouncyCastle.Math.EC.Multiplier;

namespace MedLedger.Crypto.Ethereum;

/// <summary>The curve secp256k1 (SEC 2, section 2.4.1). Not constant time: secrets only behind <see cref="Secp256k1PrivateKey"/>.</summary>
internal static class Secp256k1
{
    public static readonly ECCurve Curve;
    public static readonly ECPoint G;
    public static readonly BigInteger N;
    public static readonly BigInteger HalfN;
    private static readonly FixedPointCombMultiplier Comb = new();

    static Secp256k1()
    {
        // The named curves of SecNamedCurves use generic field arithmetic, five times slower.
        var parameters = CustomNamedCurves.GetByName("secp256k1");
        Curve = parameters.Curve;
        G = parameters.G;
        N = parameters.N;
        HalfN = N.ShiftRight(1);
    }

    public static ECPoint MultiplyG(BigInteger k) => Comb.Multiply(G, k).Normalize();

    /// <summary>X and Y, 32 big-endian bytes each.</summary>
    public static byte[] Encode(ECPoint point) => point.GetEncoded(compressed: false)[1..];

    public static BigInteger Scalar(ReadOnlySpan<byte> bigEndian) => new(1, bigEndian);

    public static byte[] Bytes(BigInteger value)
    {
        var bytes = new byte[32];
        var minimal = value.ToByteArrayUnsigned();
        minimal.CopyTo(bytes, bytes.Length - minimal.Length);
        return bytes;
    }
}
