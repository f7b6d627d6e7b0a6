using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.BabyJubjub;

/// <summary>A signature (R8, S) of EdDSA-Poseidon. One that exists has R8 on the curve and S below the subgroup's order.</summary>
public sealed record EdDsaSignature
{
    /// <summary>The length of <see cref="ToBytes"/>.</summary>
    public const int SizeInBytes = 3 * Fr.SizeInBytes;

    private EdDsaSignature(Fr r8X, Fr r8Y, Fr s)
    {
        R8X = r8X;
        R8Y = r8Y;
        S = s;
    }

    /// <summary>The x coordinate of R8 = r * B8.</summary>
    public Fr R8X { get; }

    /// <summary>The y coordinate of R8.</summary>
    public Fr R8Y { get; }

    /// <summary>S = r + H(R8, A, message) * s mod l; below l.</summary>
    public Fr S { get; }

    /// <summary>Makes a signature; null when R8 is not on the curve or S is not below the order (which would be a second form).</summary>
    public static EdDsaSignature? TryCreate(Fr r8X, Fr r8Y, Fr s) =>
        EdwardsPoint.IsOnCurve(r8X, r8Y) && Montgomery<SubgroupOrder>.IsReduced(s.ToCanonical())
            ? new EdDsaSignature(r8X, r8Y, s)
            : null;

    /// <summary>Reads <see cref="ToBytes"/>; null when malformed.</summary>
    public static EdDsaSignature? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (
            bytes.Length != SizeInBytes
            || !Fr.TryParseCanonical(bytes[..32], out var x)
            || !Fr.TryParseCanonical(bytes[32..64], out var y)
            || !Fr.TryParseCanonical(bytes[64..], out var s)
        )
            return null;
        return TryCreate(x, y, s);
    }

    /// <summary>R8.x, R8.y and S, 32 big-endian bytes each.</summary>
    public byte[] ToBytes() => [.. R8X.ToBytes(), .. R8Y.ToBytes(), .. S.ToBytes()];
}
