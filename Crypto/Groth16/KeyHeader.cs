using System.Numerics;
using System.Runtime.InteropServices;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Crypto.Groth16;

/// <summary>The Groth16 header of a zkey: sizes and the single points, as they stand in the file.</summary>
internal sealed record KeyHeader(
    int SignalCount,
    int PublicCount,
    int DomainSize,
    AffinePoint<Fq> Alpha1,
    AffinePoint<Fq> Beta1,
    AffinePoint<Fq2> Beta2,
    AffinePoint<Fq2> Gamma2,
    AffinePoint<Fq> Delta1,
    AffinePoint<Fq2> Delta2
)
{
    private const int MaxCount = 1 << 28;

    public static KeyHeader Read(ReadOnlySpan<byte> section)
    {
        var reader = new SectionReader(section, "header");
        reader.ExpectModulus<FqModulus>();
        reader.ExpectModulus<FrModulus>();
        var signals = reader.ReadCount(MaxCount);
        var publics = reader.ReadCount(MaxCount);
        var domain = reader.ReadCount(MaxCount);
        if (publics >= signals || !BitOperations.IsPow2(domain))
            throw new InvalidDataException("The header's numbers contradict each other.");
        var header = new KeyHeader(
            signals,
            publics,
            domain,
            reader.Read<AffinePoint<Fq>>(),
            reader.Read<AffinePoint<Fq>>(),
            reader.Read<AffinePoint<Fq2>>(),
            reader.Read<AffinePoint<Fq2>>(),
            reader.Read<AffinePoint<Fq>>(),
            reader.Read<AffinePoint<Fq2>>()
        );
        reader.ExpectEnd();
        return header;
    }
}

/// <summary>One entry of the matrices of a (0) and b (1): the value times 2^512 modulo r, as snarkjs stores it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct KeyCoefficient(uint matrix, uint constraint, uint signal, Limbs value)
{
    public readonly uint Matrix = matrix;
    public readonly uint Constraint = constraint;
    public readonly uint Signal = signal;
    public readonly Limbs Value = value;
}
