using MedLedger.Crypto.Curves;

namespace MedLedger.Crypto.Groth16;

/// <summary>
/// A Groth16 proof (Groth: "On the size of pairing-based non-interactive arguments", 2016). One that exists has its points
/// on the curves, in the subgroups and not at infinity. A proof is malleable: never identify a statement by its proof.
/// </summary>
public sealed record Proof
{
    /// <summary>The length of <see cref="ToBytes"/>.</summary>
    public const int SizeInBytes = (2 * G1Affine.SizeInBytes) + G2Affine.SizeInBytes;

    private Proof(in G1Affine a, in G2Affine b, in G1Affine c)
    {
        A = a;
        B = b;
        C = c;
    }

    /// <summary>A = alpha + sum a_i u_i(tau) + r delta, in G1.</summary>
    public G1Affine A { get; }

    /// <summary>B = beta + sum a_i v_i(tau) + s delta, in G2.</summary>
    public G2Affine B { get; }

    /// <summary>C = (sum of private a_i (beta u_i + alpha v_i + w_i)(tau) + h(tau) t(tau))/delta + s A + r B - r s delta, in G1.</summary>
    public G1Affine C { get; }

    /// <summary>Makes a proof of three points; null when one is at infinity.</summary>
    public static Proof? TryCreate(in G1Affine a, in G2Affine b, in G1Affine c) =>
        a.IsInfinity || b.IsInfinity || c.IsInfinity ? null : new Proof(a, b, c);

    /// <summary>Reads <see cref="ToBytes"/>; null when malformed.</summary>
    public static Proof? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (
            bytes.Length != SizeInBytes
            || !G1Affine.TryParse(bytes[..64], out var a)
            || !G2Affine.TryParse(bytes[64..192], out var b)
            || !G1Affine.TryParse(bytes[192..], out var c)
        )
            return null;
        return TryCreate(a, b, c);
    }

    /// <summary>A, B, C as 256 bytes, each in the order of EIP-196 and EIP-197: what a Solidity verifier takes.</summary>
    public byte[] ToBytes() => [.. A.ToBytes(), .. B.ToBytes(), .. C.ToBytes()];
}
