using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Consent.Commitments;

/// <summary>M = H(tag, modelDigest, modelClass): the leaf of the model tree.</summary>
public static class ModelLeaf
{
    /// <summary>Computes M; the class is a bit position, 0 to 15.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such class.</exception>
    public static Fr Compute(Fr modelDigest, int modelClass)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(modelClass);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(modelClass, 15);
        return PoseidonHash.Hash(Tags.Model, modelDigest, Fr.From((ulong)modelClass));
    }
}

/// <summary>U = H(tag, grantSecret, slot): one use of a grant. The ledger keeps each once.</summary>
public static class Nullifier
{
    /// <summary>Slots of a grant that allows all uses.</summary>
    public const int MaxSlots = 1 << 16;

    /// <summary>Computes U.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The slot does not fit 16 bits.</exception>
    public static Fr Compute(Fr grantSecret, int slot) => PoseidonHash.Hash(Tags.Nullifier, grantSecret, Slot(slot));

    internal static Fr Slot(int slot)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slot);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slot, MaxSlots);
        return Fr.From((ulong)slot);
    }
}

/// <summary>
/// Q = H(tag, grantee, purpose, action, M, requestId, requestSalt), reserved on-chain before any record is opened. The
/// salt is H(tag, grantSecret, slot), so that the patient can open Q of every use.
/// </summary>
public static class RequestCommitment
{
    /// <summary>Computes Q; purpose and action are bit positions, 0 to 63 and 0 to 7.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such purpose, action or slot.</exception>
    public static Fr Compute(Fr grantee, int purpose, int action, Fr model, Fr requestId, Fr grantSecret, int slot) =>
        Compute(grantee, purpose, action, model, requestId, Salt(grantSecret, slot));

    /// <summary>The same with the salt itself, for whoever is told it and not the grant's secret.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such purpose or action.</exception>
    public static Fr Compute(Fr grantee, int purpose, int action, Fr model, Fr requestId, Fr requestSalt)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(purpose);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(purpose, 63);
        ArgumentOutOfRangeException.ThrowIfNegative(action);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(action, 7);
        return PoseidonHash.Hash(
            Tags.Request,
            grantee,
            Fr.From((ulong)purpose),
            Fr.From((ulong)action),
            model,
            requestId,
            requestSalt
        );
    }

    /// <summary>requestSalt = H(tag, grantSecret, slot).</summary>
    public static Fr Salt(Fr grantSecret, int slot) =>
        PoseidonHash.Hash(Tags.RequestSalt, grantSecret, Nullifier.Slot(slot));
}
