using System.Runtime.InteropServices;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Tests.Groth16;

/// <summary>
/// Powers of tau in snarkjs's format (.ptau), prepared for circuits of one size, within seconds from secrets that everybody
/// knows: what snarkjs's own <c>groth16 setup</c> makes keys of. For tests and measurements only.
/// </summary>
public static class KnownTauPowers
{
    private static readonly Fr Tau = Fr.From(2001).Inverse();
    private static readonly Fr Alpha = Fr.From(2002).Inverse();
    private static readonly Fr Beta = Fr.From(2003).Inverse();

    /// <summary>Writes powers up to 2^<paramref name="power"/>, with the Lagrange bases of that size and twice that alone.</summary>
    public static void Write(int power, string path)
    {
        var size = 1 << power;
        var powers = new Fr[2 * size - 1];
        for (var (i, value) = (0, Fr.One); i < powers.Length; i++, value *= Tau)
            powers[i] = value;
        var basis = KnownTauSetup.Lagrange(size, Tau);
        var g1 = new FixedBase<Fq>(G1Affine.Generator.Point);
        var g2 = new FixedBase<Fq2>(G2Affine.Generator.Point);

        using var writer = new BinaryWriter(File.Create(path));
        writer.Write("ptau"u8);
        writer.Write(1u);
        writer.Write(11u);
        Section(writer, 1, 44);
        writer.Write(32u);
        foreach (var limb in new[] { FqModulus.P0, FqModulus.P1, FqModulus.P2, FqModulus.P3 })
            writer.Write(limb);
        writer.Write((uint)power);
        writer.Write((uint)power);
        Points(writer, 2, 0, g1.Multiply(powers));
        Points(writer, 3, 0, g2.Multiply(powers[..size]));
        Points(writer, 4, 0, g1.Multiply(Times(Alpha, powers[..size])));
        Points(writer, 5, 0, g1.Multiply(Times(Beta, powers[..size])));
        Points(writer, 6, 0, g2.Multiply([Beta]));
        Section(writer, 7, 4);
        writer.Write(0u); // contributions
        // The bases of smaller sizes, which come first, are left out.
        var both = g1.Multiply([.. basis, .. KnownTauSetup.Lagrange(2 * size, Tau)]);
        Points(writer, 12, size - 1, both);
        Points(writer, 13, size - 1, g2.Multiply(basis));
        Points(writer, 14, size - 1, g1.Multiply(Times(Alpha, basis)));
        Points(writer, 15, size - 1, g1.Multiply(Times(Beta, basis)));
    }

    private static Fr[] Times(Fr factor, Fr[] values) => Array.ConvertAll(values, value => factor * value);

    private static void Section(BinaryWriter writer, uint type, long length)
    {
        writer.Write(type);
        writer.Write((ulong)length);
    }

    /// <summary>Points after <paramref name="skipped"/> ones that are all zero.</summary>
    private static void Points<TField>(BinaryWriter writer, uint type, int skipped, AffinePoint<TField>[] points)
        where TField : unmanaged, IFieldElement<TField>
    {
        var bytes = MemoryMarshal.AsBytes(points.AsSpan());
        var size = bytes.Length / points.Length;
        Section(writer, type, (long)skipped * size + bytes.Length);
        writer.Write(new byte[skipped * size]);
        writer.Write(bytes);
    }
}
