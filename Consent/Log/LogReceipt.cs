using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Log;

/// <summary>That an entry stands in a log under a signed head: what a response carries, and what a reader keeps.</summary>
/// <param name="Index">The entry's index.</param>
/// <param name="Entry">Its bytes.</param>
/// <param name="Proof">The audit path.</param>
/// <param name="Note">The checkpoint, signed by the log.</param>
public sealed record LogReceipt(long Index, byte[] Entry, IReadOnlyList<byte[]> Proof, string Note)
{
    /// <summary>Whether the log with this key signed a head that contains the entry.</summary>
    public bool Verify(NoteKey key) =>
        Checkpoint.TryVerify(Note, key, out var checkpoint)
        && MerkleProof.VerifyInclusion(MerkleHash.Leaf(Entry), Index, checkpoint.Size, Proof, checkpoint.Root);
}
