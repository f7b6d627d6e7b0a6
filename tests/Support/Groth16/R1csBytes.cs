using System.Runtime.InteropServices;
using System.Text;
using MedLedger.Crypto.Fields;

namespace MedLedger.Tests.Groth16;

/// <summary>Writes constraint systems in iden3's binary format.</summary>
public static class R1csBytes
{
    /// <summary>A whole file.</summary>
    public static byte[] Make(
        int signals,
        int outputs,
        int publicInputs,
        int privateInputs,
        IReadOnlyCollection<(int Signal, Fr Value)[][]> constraints
    )
    {
        var content = new MemoryStream();
        using var body = new BinaryWriter(content);
        foreach (var side in constraints.SelectMany(constraint => constraint))
        {
            body.Write((uint)side.Length);
            foreach (var (signal, value) in side)
            {
                body.Write((uint)signal);
                body.Write(Bytes(value.ToCanonical()));
            }
        }
        var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write(Encoding.ASCII.GetBytes("r1cs"));
        writer.Write(1u);
        writer.Write(3u);
        writer.Write(1u);
        writer.Write(64UL);
        writer.Write(32u);
        writer.Write(Bytes(new Limbs(FrModulus.P0, FrModulus.P1, FrModulus.P2, FrModulus.P3)));
        writer.Write((uint)signals);
        writer.Write((uint)outputs);
        writer.Write((uint)publicInputs);
        writer.Write((uint)privateInputs);
        writer.Write((ulong)signals);
        writer.Write((uint)constraints.Count);
        writer.Write(2u);
        writer.Write((ulong)content.Length);
        writer.Write(content.ToArray());
        writer.Write(3u);
        writer.Write((ulong)signals * 8);
        for (var i = 0; i < signals; i++)
            writer.Write((ulong)i);
        return file.ToArray();
    }

    private static byte[] Bytes(Limbs limbs) => MemoryMarshal.AsBytes(new ReadOnlySpan<Limbs>(in limbs)).ToArray();
}
