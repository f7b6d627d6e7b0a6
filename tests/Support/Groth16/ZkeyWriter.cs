using System.Runtime.InteropServices;
using System.Text;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Tests.Groth16;

/// <summary>Writes the sections of a Groth16 .zkey file as snarkjs orders them.</summary>
internal sealed class ZkeyWriter : IDisposable
{
    private readonly BinaryWriter _file;

    public ZkeyWriter(string path)
    {
        _file = new BinaryWriter(File.Create(path));
        _file.Write(Encoding.ASCII.GetBytes("zkey"));
        _file.Write(1u);
        _file.Write(10u);
        Write(1, BitConverter.GetBytes(1u));
    }

    public void WriteHeader(
        int signals,
        int publics,
        int domain,
        AffinePoint<Fq>[] alphaBetaDelta,
        AffinePoint<Fq2>[] betaGammaDelta
    )
    {
        var content = new MemoryStream();
        using var header = new BinaryWriter(content);
        WriteField<FqModulus>(header);
        WriteField<FrModulus>(header);
        header.Write((uint)signals);
        header.Write((uint)publics);
        header.Write((uint)domain);
        header.Write(MemoryMarshal.AsBytes(alphaBetaDelta.AsSpan(0, 2)));
        header.Write(MemoryMarshal.AsBytes(betaGammaDelta.AsSpan(0, 2)));
        header.Write(MemoryMarshal.AsBytes(alphaBetaDelta.AsSpan(2)));
        header.Write(MemoryMarshal.AsBytes(betaGammaDelta.AsSpan(2)));
        Write(2, content.ToArray());
    }

    public void WritePoints<TField>(uint section, AffinePoint<TField>[] points)
        where TField : unmanaged, IFieldElement<TField> => Write(section, MemoryMarshal.AsBytes(points.AsSpan()));

    /// <summary>The terms of a and b, then the rows that bind each public signal.</summary>
    public void WriteCoefficients(ConstraintSystem system)
    {
        var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        writer.Write(0u);
        var count = 0u;
        void Add(uint side, uint constraint, int signal, Fr value)
        {
            writer.Write(side);
            writer.Write(constraint);
            writer.Write((uint)signal);
            var doubled = Montgomery<FrModulus>.ToMontgomery(value.Montgomery);
            writer.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Limbs>(in doubled)));
            count++;
        }
        for (var constraint = 0; constraint < system.ConstraintCount; constraint++)
        {
            for (var side = 0; side < 2; side++)
            {
                var signals = system.Signals(constraint, side);
                for (var i = 0; i < signals.Length; i++)
                    Add((uint)side, (uint)constraint, signals[i], system.Coefficients(constraint, side)[i]);
            }
        }
        for (var i = 0; i <= system.PublicCount; i++)
            Add(0, (uint)(system.ConstraintCount + i), i, Fr.One);
        var bytes = content.ToArray();
        BitConverter.TryWriteBytes(bytes, count);
        Write(4, bytes);
    }

    public void WriteNoContributions() => Write(10, new byte[68]);

    public void Dispose() => _file.Dispose();

    private void Write(uint section, ReadOnlySpan<byte> content)
    {
        _file.Write(section);
        _file.Write((ulong)content.Length);
        _file.Write(content);
    }

    private static void WriteField<TModulus>(BinaryWriter writer)
        where TModulus : struct, IModulus
    {
        writer.Write(32u);
        foreach (var limb in new[] { TModulus.P0, TModulus.P1, TModulus.P2, TModulus.P3 })
            writer.Write(limb);
    }
}
