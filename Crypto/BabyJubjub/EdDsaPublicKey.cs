using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Crypto.BabyJubjub;

/// <summary>
/// A public key A of EdDSA-Poseidon on Baby Jubjub (RFC 8032 with Poseidon as hash, as circomlib's
/// EdDSAPoseidonVerifier checks it). One that exists is on the curve, in the prime subgroup and not the identity.
/// </summary>
public sealed record EdDsaPublicKey
{
    /// <summary>The length of <see cref="ToBytes"/>.</summary>
    public const int SizeInBytes = 2 * Fr.SizeInBytes;

    internal EdDsaPublicKey(Fr x, Fr y)
    {
        X = x;
        Y = y;
    }

    /// <summary>The affine x coordinate.</summary>
    public Fr X { get; }

    /// <summary>The affine y coordinate.</summary>
    public Fr Y { get; }

    internal EdwardsPoint Point => new(X, Y, Fr.One);

    /// <summary>Makes a key from its coordinates; null when they are no point of the prime subgroup, or the identity.</summary>
    public static EdDsaPublicKey? TryCreate(Fr x, Fr y)
    {
        if (!EdwardsPoint.IsOnCurve(x, y) || x.IsZero)
            return null;
        var multiple = EdwardsPoint.Multiply(new EdwardsPoint(x, y, Fr.One), SubgroupOrder.Value);
        return EdwardsPoint.AreEqual(multiple, EdwardsPoint.Identity) ? new EdDsaPublicKey(x, y) : null;
    }

    /// <summary>Reads <see cref="ToBytes"/>; null when malformed or not in the prime subgroup.</summary>
    public static EdDsaPublicKey? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (
            bytes.Length != SizeInBytes
            || !Fr.TryParseCanonical(bytes[..Fr.SizeInBytes], out var x)
            || !Fr.TryParseCanonical(bytes[Fr.SizeInBytes..], out var y)
        )
            return null;
        return TryCreate(x, y);
    }

    /// <summary>x and y, 32 big-endian bytes each.</summary>
    public byte[] ToBytes() => [.. X.ToBytes(), .. Y.ToBytes()];

    /// <summary>True when S * B8 = R8 + 8 * H(R8, A, message) * A.</summary>
    public bool Verify(Fr message, EdDsaSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        var challenge = PoseidonHash.Hash(signature.R8X, signature.R8Y, X, Y, message);
        var left = EdwardsPoint.Multiply(EdwardsPoint.Base8, signature.S.ToCanonical());
        var eighth = EdwardsPoint.Multiply(Point, challenge.ToCanonical());
        var right = eighth + eighth;
        right += right;
        right += right;
        right += new EdwardsPoint(signature.R8X, signature.R8Y, Fr.One);
        return EdwardsPoint.AreEqual(left, right);
    }
}
