using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Crypto.Groth16;

/// <summary>
/// The Groth16 prover for snarkjs's keys (Groth, 2016, section 3.2). Secrets of its own are zeroed after use. It runs in
/// variable time: do not let strangers run code on the machine that proves.
/// </summary>
public static class Prover
{
    /// <summary>
    /// Proves that <paramref name="witness"/> satisfies the circuit of <paramref name="key"/>. The proof is verified with the
    /// key's own verifying key before it is returned; null when the witness does not satisfy the circuit.
    /// </summary>
    /// <param name="key">The proving key.</param>
    /// <param name="witness">The witness; it stays the caller's to dispose.</param>
    /// <param name="progress">Told the fraction done, on the calling thread.</param>
    /// <param name="threads">Threads to use, the calling one included; 0 for one per processor.</param>
    /// <param name="cancel">Ends the work soon: at 51,000 constraints and with a key for many proofs after 6 ms at most of 120 attempts on an idle machine; with a key for a few, 24 ms, and 89 ms on a busy one.</param>
    /// <exception cref="ArgumentException">The witness has another number of signals than the key.</exception>
    /// <exception cref="InvalidDataException">The key contradicts itself.</exception>
    public static Proof? Prove(
        ProvingKey key,
        Witness witness,
        IProgress<double>? progress = null,
        int threads = 0,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(witness);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        if (witness.Count != key.SignalCount)
            throw new ArgumentException("The witness has another number of signals than the key.", nameof(witness));
        var count = threads == 0 ? Environment.ProcessorCount : threads;
        var crew = new WorkCrew(count, cancel, memory: key.WorkingMemory);
        Span<Fr> blinding = stackalloc Fr[2];
        Blinding.Fill(blinding);
        return Prove(key, witness, blinding, crew, progress);
    }

    /// <summary>The verified proof for given r and s, which are zeroed in any case.</summary>
    internal static Proof? Prove(
        ProvingKey key,
        Witness witness,
        Span<Fr> blinding,
        WorkCrew crew,
        IProgress<double>? progress
    )
    {
        try
        {
            var proof = ProveUnverified(key, witness.Values, blinding[0], blinding[1], crew, progress);
            var publicInputs = witness.PublicInputs(key.PublicCount);
            var valid = proof is not null && IsValid(key, proof, publicInputs);
            progress?.Report(1);
            return valid ? proof : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(blinding));
        }
    }

    private static bool IsValid(ProvingKey key, Proof proof, ReadOnlySpan<Fr> publicInputs) =>
        key.Prepared is { } prepared
            ? Verifier.Verify(prepared, proof, publicInputs)
            : Verifier.VerifyOnce(key.VerifyingKey, proof, publicInputs);

    /// <summary>The proof for given r and s, not verified.</summary>
    internal static Proof? ProveUnverified(
        ProvingKey key,
        ReadOnlySpan<Limbs> witness,
        in Fr r,
        in Fr s,
        WorkCrew crew,
        IProgress<double>? progress
    )
    {
        var header = key.Header;
        // What takes the most memory is first, and leaves it to the others.
        // B = beta + sum w_i v_i + s delta, in G2 and in G1
        var b2 = Sum(key, key.B2, witness, crew) + header.Beta2 + Times(s, header.Delta2);
        progress?.Report(0.25);
        var b1 = Sum(key, key.B1, witness, crew) + header.Beta1 + Times(s, header.Delta1);
        progress?.Report(0.35);
        // A = alpha + sum w_i u_i + r delta
        var a = Sum(key, key.A, witness, crew) + header.Alpha1 + Times(r, header.Delta1);
        progress?.Report(0.5);
        var privateSum = Sum(key, key.C, witness[(key.PublicCount + 1)..], crew);
        progress?.Report(0.6);

        var quotient = Quotient.Compute(key, witness, crew);
        CurvePoint<Fq> hSum;
        try
        {
            progress?.Report(0.75);
            hSum = Sum(key, key.H, quotient, crew);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(quotient.AsSpan()));
        }

        // C = sum of the private part + h Z/delta + s A + r B - r s delta
        var pointA = a.ToAffine();
        var c = privateSum + hSum + Times(s, pointA) + Times(r, b1.ToAffine()) + -Times(r * s, header.Delta1);
        progress?.Report(0.98);
        return Proof.TryCreate(
            G1Affine.FromUnchecked(pointA),
            G2Affine.FromUnchecked(b2.ToAffine()),
            G1Affine.FromUnchecked(c.ToAffine())
        );
    }

    /// <summary>A sum, after which the part of the key that it read holds no memory.</summary>
    private static CurvePoint<Fq> Sum(
        ProvingKey key,
        ReadOnlySpan<AffinePoint<Fq>> points,
        ReadOnlySpan<Limbs> scalars,
        WorkCrew crew
    ) => MultiScalarMultiplication.Sum(points, scalars, crew, key.Release);

    private static CurvePoint<Fq2> Sum(
        ProvingKey key,
        ReadOnlySpan<AffinePoint<Fq2>> points,
        ReadOnlySpan<Limbs> scalars,
        WorkCrew crew
    ) => MultiScalarMultiplication.Sum(points, scalars, crew, key.Release);

    private static CurvePoint<TField> Times<TField>(in Fr scalar, in AffinePoint<TField> point)
        where TField : struct, IFieldElement<TField> => CurvePoint<TField>.Multiply(point, scalar.ToCanonical());
}
