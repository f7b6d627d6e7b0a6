using System.Runtime.InteropServices;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Crypto.Groth16;

/// <summary>
/// A Groth16 proving key as snarkjs writes it (.zkey), memory-mapped for as long as the object lives. Its verifying key is
/// checked as <see cref="Groth16.VerifyingKey"/> says; the hundred thousands of other points are not, which is safe because
/// a prover verifies its proof with that verifying key before it hands it out. Safe for concurrent use.
/// </summary>
public sealed class ProvingKey : IDisposable
{
    private const int MaxPower = 27; // r - 1 is divisible by 2^28; the prover needs a domain twice as large
    private const int CoefficientSize = 12 + 32;

    private readonly SectionFile _file;
    private readonly KeyHeader _header;
    private readonly Lazy<PreparedVerifyingKey>? _prepared;

    private ProvingKey(SectionFile file, bool forManyProofs)
    {
        _file = file;
        var kind = new SectionReader(file.Section(1), "protocol");
        if (kind.ReadUInt32() != 1)
            throw new InvalidDataException("The key is not a Groth16 key.");
        kind.ExpectEnd();
        _header = KeyHeader.Read(file.Section(2));
        if (_header.DomainSize > 1 << MaxPower)
            throw new InvalidDataException("The key's circuit is too large.");
        ExpectPoints(3, _header.PublicCount + 1L, 64);
        ExpectPoints(5, _header.SignalCount, 64);
        ExpectPoints(6, _header.SignalCount, 64);
        ExpectPoints(7, _header.SignalCount, 128);
        ExpectPoints(8, _header.SignalCount - _header.PublicCount - 1L, 64);
        ExpectPoints(9, _header.DomainSize, 64);
        var coefficients = new SectionReader(file.Section(4), "coefficients");
        var count = coefficients.ReadUInt32();
        if (coefficients.Remaining != count * (long)CoefficientSize)
            throw new InvalidDataException("The key does not have as many coefficients as it says.");
        VerifyingKey = ReadVerifyingKey();
        if (!forManyProofs)
            return;
        _prepared = new(() => new(VerifyingKey));
        WorkingMemory = new();
    }

    /// <summary>The number of signals, the constant included.</summary>
    public int SignalCount => _header.SignalCount;

    /// <summary>The number of public signals.</summary>
    public int PublicCount => _header.PublicCount;

    /// <summary>n, the size of the evaluation domain: a power of two above the number of constraints.</summary>
    public int DomainSize => _header.DomainSize;

    /// <summary>The key that verifies this key's proofs.</summary>
    public VerifyingKey VerifyingKey { get; }

    /// <summary>The verifying key for many proofs; null where the key is for a few.</summary>
    internal PreparedVerifyingKey? Prepared => _prepared?.Value;

    /// <summary>What many proofs work on, one after another; null where the key is for a few.</summary>
    internal BlockPool? WorkingMemory { get; }

    internal KeyHeader Header => _header;

    /// <summary>u_i(tau) in G1, for every signal.</summary>
    internal ReadOnlySpan<AffinePoint<Fq>> A => MemoryMarshal.Cast<byte, AffinePoint<Fq>>(_file.Section(5));

    /// <summary>v_i(tau) in G1.</summary>
    internal ReadOnlySpan<AffinePoint<Fq>> B1 => MemoryMarshal.Cast<byte, AffinePoint<Fq>>(_file.Section(6));

    /// <summary>v_i(tau) in G2.</summary>
    internal ReadOnlySpan<AffinePoint<Fq2>> B2 => MemoryMarshal.Cast<byte, AffinePoint<Fq2>>(_file.Section(7));

    /// <summary>(beta u_i + alpha v_i + w_i)(tau)/delta in G1, for every private signal.</summary>
    internal ReadOnlySpan<AffinePoint<Fq>> C => MemoryMarshal.Cast<byte, AffinePoint<Fq>>(_file.Section(8));

    /// <summary>L_(2i+1)(tau)/delta in G1, L the Lagrange basis of the domain of size 2n: takes h(X) Z(X) by its values on the odd half.</summary>
    internal ReadOnlySpan<AffinePoint<Fq>> H => MemoryMarshal.Cast<byte, AffinePoint<Fq>>(_file.Section(9));

    /// <summary>The non-zero entries of the matrices of a and b.</summary>
    internal ReadOnlySpan<KeyCoefficient> Coefficients =>
        MemoryMarshal.Cast<byte, KeyCoefficient>(_file.Section(4)[4..]);

    /// <summary>Gives back the memory of the coefficients and points that were read, unless many proofs read them again.</summary>
    internal void Release()
    {
        if (_prepared is not null)
            return;
        for (var section = 4u; section <= 9; section++)
            _file.Release(section);
    }

    /// <summary>The circuit's hash and the contributions of phase 2, as snarkjs stores them.</summary>
    internal ReadOnlySpan<byte> Contributions => _file.Section(10);

    /// <summary>Opens a .zkey file for a proof or a few.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, of another protocol or curve, or its verifying key is refused.</exception>
    public static ProvingKey Load(string path) => Load(path, forManyProofs: false);

    /// <summary>
    /// The same for a server: what a proof reads stays in memory (the file's size), and the first proof prepares the verifying
    /// key; each later one takes about a fifth less time (51,000 constraints, two threads).
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, of another protocol or curve, or its verifying key is refused.</exception>
    public static ProvingKey LoadForManyProofs(string path) => Load(path, forManyProofs: true);

    /// <summary>Unmaps the file and frees the memory that proofs worked on.</summary>
    public void Dispose()
    {
        _file.Dispose();
        WorkingMemory?.Dispose();
    }

    private static ProvingKey Load(string path, bool forManyProofs)
    {
        ArgumentNullException.ThrowIfNull(path);
        var file = SectionFile.Open(path, "zkey", 1);
        try
        {
            return new ProvingKey(file, forManyProofs);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void ExpectPoints(uint section, long count, int size)
    {
        if (_file.Section(section).Length != count * size)
            throw new InvalidDataException($"Section {section} does not have {count} points.");
    }

    private VerifyingKey ReadVerifyingKey()
    {
        var stored = MemoryMarshal.Cast<byte, AffinePoint<Fq>>(_file.Section(3));
        var inputPoints = new G1Affine[stored.Length];
        for (var i = 0; i < stored.Length; i++)
        {
            if (!TryPoint(stored[i], out inputPoints[i]))
                throw new InvalidDataException("A point of the verifying key is not valid.");
        }
        if (
            !TryPoint(_header.Alpha1, out var alpha)
            || !TryPoint(_header.Beta1, out var beta1)
            || !TryPoint(_header.Delta1, out var delta1)
            || !TryPoint(_header.Beta2, out var beta)
            || !TryPoint(_header.Gamma2, out var gamma)
            || !TryPoint(_header.Delta2, out var delta)
            || beta1.IsInfinity
            || delta1.IsInfinity
        )
            throw new InvalidDataException("A point of the verifying key is not valid.");
        return VerifyingKey.TryCreate(alpha, beta, gamma, delta, inputPoints)
            ?? throw new InvalidDataException(
                "The key is refused: it lacks a phase-2 contribution, or has a generator or infinity where it must not."
            );
    }

    private static bool TryPoint(in AffinePoint<Fq> stored, out G1Affine point)
    {
        point = default;
        return Fq.TryFromMontgomery(stored.X.Montgomery, out var x)
            && Fq.TryFromMontgomery(stored.Y.Montgomery, out var y)
            && G1Affine.TryCreate(x, y, out point);
    }

    private static bool TryPoint(in AffinePoint<Fq2> stored, out G2Affine point)
    {
        point = default;
        return Fq.TryFromMontgomery(stored.X.C0.Montgomery, out var x0)
            && Fq.TryFromMontgomery(stored.X.C1.Montgomery, out var x1)
            && Fq.TryFromMontgomery(stored.Y.C0.Montgomery, out var y0)
            && Fq.TryFromMontgomery(stored.Y.C1.Montgomery, out var y1)
            && G2Affine.TryCreate(new Fq2(x0, x1), new Fq2(y0, y1), out point);
    }
}
