using System.Runtime.InteropServices;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Consent.Commitments;

/// <summary>
/// O = H(tag, resultDigest, inputsDigest, M, part, parts, resultSalt) of one proof of an analysis, where inputsDigest =
/// H(tag, R of slot 0, .., R of slot 13) with 0 for slots that are not used.
/// </summary>
public static class ResultCommitment
{
    /// <summary>Records that one proof covers.</summary>
    public const int RecordsPerProof = 14;

    /// <summary>Computes O.</summary>
    /// <exception cref="ArgumentOutOfRangeException">part and parts are not 0 &lt;= part &lt; parts &lt;= 64.</exception>
    public static Fr Compute(Fr resultDigest, Fr inputsDigest, Fr model, int part, int parts, Fr resultSalt)
    {
        Shape.Check(part, parts);
        return PoseidonHash.Hash(
            Tags.Result,
            resultDigest,
            inputsDigest,
            model,
            Fr.From((ulong)part),
            Fr.From((ulong)parts),
            resultSalt
        );
    }

    /// <summary>inputsDigest of 1 to 14 record leaves, in the order of their positions.</summary>
    /// <exception cref="ArgumentException">None, or more than one proof covers.</exception>
    public static Fr InputsDigest(ReadOnlySpan<Fr> leaves)
    {
        if (leaves.Length is 0 or > RecordsPerProof)
            throw new ArgumentException($"A proof covers 1 to {RecordsPerProof} records.", nameof(leaves));
        Span<Fr> inputs = stackalloc Fr[RecordsPerProof + 1];
        inputs.Clear();
        inputs[0] = Tags.Inputs;
        leaves.CopyTo(inputs[1..]);
        return PoseidonHash.Hash(inputs);
    }
}

/// <summary>shape = part + 2^8 parts + 2^16 custody: what the ledger and a verifier must see of a proof.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Shape
{
    /// <summary>Proofs that one use may have.</summary>
    public const int MaxParts = 64;

    /// <summary>Takes values in range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">part and parts are not 0 &lt;= part &lt; parts &lt;= 64, or no such custody.</exception>
    public Shape(int part, int parts, Custody custody)
    {
        Check(part, parts);
        if (!Enum.IsDefined(custody))
            throw new ArgumentOutOfRangeException(nameof(custody));
        (Part, Parts, Custody) = (part, parts, custody);
    }

    /// <summary>Number of this proof, from 0.</summary>
    public int Part { get; }

    /// <summary>Proofs of the analysis.</summary>
    public int Parts { get; }

    /// <summary>Who holds the patient's key.</summary>
    public Custody Custody { get; }

    /// <summary>The signal.</summary>
    public Fr Pack() => Fr.From((ulong)(Part | (Parts << 8) | ((int)Custody << 16)));

    /// <summary>Reads a signal; false when it is not the shape of any proof.</summary>
    public static bool TryUnpack(Fr signal, out Shape shape)
    {
        shape = default;
        var value = signal.ToBigInteger();
        if (value >= 1 << 24)
            return false;
        var bits = (int)value;
        var (part, parts, custody) = (bits & 0xff, (bits >> 8) & 0xff, (Custody)(bits >> 16));
        if (parts is 0 or > MaxParts || part >= parts || !Enum.IsDefined(custody))
            return false;
        shape = new(part, parts, custody);
        return true;
    }

    internal static void Check(int part, int parts)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parts);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, MaxParts);
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, parts);
    }
}
