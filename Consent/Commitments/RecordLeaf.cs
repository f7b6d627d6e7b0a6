using System.Numerics;
using System.Runtime.InteropServices;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Consent.Commitments;

/// <summary>
/// What a proof reads of a record: its type (a bit position), labels (32 bits, the upper eight are the patient's
/// exception classes) and clinical day (days from 0001-01-01, 0 when unknown or partial).
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RecordMeta
{
    /// <summary>Last day that fits.</summary>
    public const int MaxDay = (1 << 24) - 1;

    /// <summary>Takes values in range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The day is negative or beyond 24 bits.</exception>
    public RecordMeta(byte type, uint labels, int day)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(day);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(day, MaxDay);
        (Type, Labels, Day) = (type, labels, day);
    }

    /// <summary>Bit position of the resource type in <c>Vocabulary</c>.</summary>
    public byte Type { get; }

    /// <summary>Label bits.</summary>
    public uint Labels { get; }

    /// <summary>Clinical day.</summary>
    public int Day { get; }

    /// <summary>The packed word: type, labels shifted by 8, day shifted by 40.</summary>
    public Fr Pack() => Fr.FromBigInteger(Type | ((BigInteger)Labels << 8) | ((BigInteger)Day << 40));
}

/// <summary>R = H(tag, meta, contentDigest, recordSalt, 0): the leaf of a patient's tree.</summary>
public static class RecordLeaf
{
    /// <summary>Computes R.</summary>
    public static Fr Compute(RecordMeta meta, Fr contentDigest, Fr recordSalt) =>
        Compute(meta.Pack(), contentDigest, recordSalt);

    /// <summary>Computes many R, in the order of what they are made of.</summary>
    public static Fr[] ComputeMany(ReadOnlySpan<(RecordMeta Meta, Fr ContentDigest, Fr RecordSalt)> openings)
    {
        const int Inputs = 5;
        var (inputs, leaves) = (new Fr[openings.Length * Inputs], new Fr[openings.Length]);
        for (var i = 0; i < openings.Length; i++)
        {
            var (meta, digest, salt) = openings[i];
            ReadOnlySpan<Fr> one = [Tags.Record, meta.Pack(), digest, salt, Fr.Zero];
            one.CopyTo(inputs.AsSpan(i * Inputs));
        }
        PoseidonHash.HashMany(Inputs, inputs, leaves);
        Array.Clear(inputs);
        return leaves;
    }

    internal static Fr Compute(Fr meta, Fr contentDigest, Fr recordSalt) =>
        PoseidonHash.Hash(Tags.Record, meta, contentDigest, recordSalt, Fr.Zero);
}
