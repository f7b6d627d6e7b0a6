using System.Runtime.InteropServices;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Crypto.Ceremony;

/// <summary>
/// The result of phase 1 (snarkjs's .ptau file, prepared or not): powers of a secret tau in both groups, and those in G1 times
/// secrets alpha and beta.
/// </summary>
public sealed class PowersOfTau : IDisposable
{
    private const int MaxPower = 26;

    private readonly SectionFile _file;

    private PowersOfTau(SectionFile file)
    {
        _file = file;
        var header = new SectionReader(file.Section(1), "header");
        header.ExpectModulus<FqModulus>();
        Power = header.ReadCount(MaxPower);
        if (Power == 0)
            throw new InvalidDataException("The file has no power of tau but the first.");
        header.ReadUInt32(); // the power of the ceremony that this file was cut from
        header.ExpectEnd();
        ExpectLength(2, ((2L << Power) - 1) * 64);
        ExpectLength(3, (1L << Power) * 128);
        ExpectLength(4, (1L << Power) * 64);
        ExpectLength(5, (1L << Power) * 64);
        ExpectLength(6, 128);
    }

    /// <summary>Circuits of up to 2^Power constraints can be set up with it.</summary>
    public int Power { get; }

    /// <summary>tau^i in G1, i below 2^(Power + 1) - 1.</summary>
    internal ReadOnlySpan<AffinePoint<Fq>> TauG1 => MemoryMarshal.Cast<byte, AffinePoint<Fq>>(_file.Section(2));

    /// <summary>tau^i in G2, i below 2^Power.</summary>
    internal ReadOnlySpan<AffinePoint<Fq2>> TauG2 => MemoryMarshal.Cast<byte, AffinePoint<Fq2>>(_file.Section(3));

    /// <summary>alpha tau^i in G1.</summary>
    internal ReadOnlySpan<AffinePoint<Fq>> AlphaTauG1 => MemoryMarshal.Cast<byte, AffinePoint<Fq>>(_file.Section(4));

    /// <summary>beta tau^i in G1.</summary>
    internal ReadOnlySpan<AffinePoint<Fq>> BetaTauG1 => MemoryMarshal.Cast<byte, AffinePoint<Fq>>(_file.Section(5));

    /// <summary>beta in G2.</summary>
    internal AffinePoint<Fq2> BetaG2 => MemoryMarshal.Read<AffinePoint<Fq2>>(_file.Section(6));

    /// <summary>Opens a .ptau file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or of another curve.</exception>
    public static PowersOfTau Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var file = SectionFile.Open(path, "ptau", 1);
        try
        {
            return new PowersOfTau(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>Null when the file holds powers of one tau, with one alpha and one beta; else what is wrong.</summary>
    internal string? FindFault(WorkCrew crew)
    {
        if (
            !StoredPoint.AreValid(TauG1, crew)
            || !StoredPoint.AreValid(AlphaTauG1, crew)
            || !StoredPoint.AreValid(BetaTauG1, crew)
            || !StoredPoint.AreValid(TauG2, crew)
            || !StoredPoint.AreValid([BetaG2], crew)
        )
            return "The powers of tau have a point outside its group.";
        var (one, one2) = (G1Affine.Generator, G2Affine.Generator);
        var tau2 = G2Affine.FromUnchecked(TauG2[1]);
        if (tau2.IsInfinity || tau2 == one2 || AlphaTauG1[0].IsInfinity || BetaG2.IsInfinity)
            return "The powers of tau have no contribution.";
        if (!AffinePoint<Fq>.AreEqual(TauG1[0], one.Point) || !AffinePoint<Fq2>.AreEqual(TauG2[0], one2.Point))
            return "The powers of tau do not begin with the generators.";
        if (!AreGeometric(TauG1, tau2, crew))
            return "The powers of tau in G1 are none.";
        if (!AreGeometric(AlphaTauG1, tau2, crew))
            return "The powers of tau times alpha are none.";
        if (!AreGeometric(BetaTauG1, tau2, crew))
            return "The powers of tau times beta are none.";
        var scalars = RandomScalars.Draw(TauG2.Length - 1);
        var low = G2Affine.FromUnchecked(MultiScalarMultiplication.Sum(TauG2[..^1], scalars, crew).ToAffine());
        var high = G2Affine.FromUnchecked(MultiScalarMultiplication.Sum(TauG2[1..], scalars, crew).ToAffine());
        if (!Contribution.HaveSameRatio(one, G1Affine.FromUnchecked(TauG1[1]), low, high))
            return "The powers of tau in G2 are none.";
        if (
            !Contribution.HaveSameRatio(one, G1Affine.FromUnchecked(BetaTauG1[0]), one2, G2Affine.FromUnchecked(BetaG2))
        )
            return "beta differs between the groups.";
        return null;
    }

    /// <summary>Whether each point is tau times the one before.</summary>
    private static bool AreGeometric(ReadOnlySpan<AffinePoint<Fq>> points, in G2Affine tau, WorkCrew crew)
    {
        var scalars = RandomScalars.Draw(points.Length - 1);
        var low = G1Affine.FromUnchecked(MultiScalarMultiplication.Sum(points[..^1], scalars, crew).ToAffine());
        var high = G1Affine.FromUnchecked(MultiScalarMultiplication.Sum(points[1..], scalars, crew).ToAffine());
        return Contribution.HaveSameRatio(low, high, G2Affine.Generator, tau);
    }

    private void ExpectLength(uint section, long length)
    {
        if (_file.Section(section).Length != length)
            throw new InvalidDataException($"Section {section} does not have 2^{Power} points.");
    }
}
