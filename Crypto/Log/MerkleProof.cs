using System.Numerics;

namespace MedLedger.Crypto.Log;

/// <summary>Verification of RFC 6962 proofs by the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2. Any malformed input is false.</summary>
public static class MerkleProof
{
    /// <summary>Whether the entry with this leaf hash stands at <paramref name="index"/> in the tree of this size and root.</summary>
    public static bool VerifyInclusion(
        ReadOnlySpan<byte> leafHash,
        long index,
        long size,
        IReadOnlyList<byte[]> proof,
        ReadOnlySpan<byte> root
    )
    {
        if (index < 0 || index >= size || leafHash.Length != MerkleHash.Size || !AreHashes(proof))
            return false;

        var (fn, sn) = (index, size - 1);
        var hash = leafHash.ToArray();
        foreach (var sibling in proof)
        {
            if (sn == 0)
                return false;
            if ((fn & 1) == 1 || fn == sn)
            {
                hash = MerkleHash.Node(sibling, hash);
                while ((fn & 1) == 0 && fn != 0)
                    (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                hash = MerkleHash.Node(hash, sibling);
            }
            (fn, sn) = (fn >> 1, sn >> 1);
        }
        return sn == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Whether the tree of the second size and root only appended to that of the first.</summary>
    public static bool VerifyConsistency(
        long firstSize,
        ReadOnlySpan<byte> firstRoot,
        long secondSize,
        ReadOnlySpan<byte> secondRoot,
        IReadOnlyList<byte[]> proof
    )
    {
        if (firstSize < 0 || firstSize > secondSize || !AreHashes(proof))
            return false;
        if (firstRoot.Length != MerkleHash.Size || secondRoot.Length != MerkleHash.Size)
            return false;
        if (firstSize == secondSize)
            return proof.Count == 0 && firstRoot.SequenceEqual(secondRoot);
        if (firstSize == 0)
            return proof.Count == 0 && firstRoot.SequenceEqual(MerkleHash.Empty());
        if (proof.Count == 0)
            return false;

        // A first tree that is one complete subtree is its own first hash.
        var at = BitOperations.IsPow2(firstSize) ? 0 : 1;
        var start = at == 0 ? firstRoot.ToArray() : proof[0];
        var (fn, sn) = (firstSize - 1, secondSize - 1);
        while ((fn & 1) == 1)
            (fn, sn) = (fn >> 1, sn >> 1);

        var (first, second) = (start, start);
        for (; at < proof.Count; at++)
        {
            if (sn == 0)
                return false;
            var sibling = proof[at];
            if ((fn & 1) == 1 || fn == sn)
            {
                first = MerkleHash.Node(sibling, first);
                second = MerkleHash.Node(sibling, second);
                while ((fn & 1) == 0 && fn != 0)
                    (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                second = MerkleHash.Node(second, sibling);
            }
            (fn, sn) = (fn >> 1, sn >> 1);
        }
        return sn == 0 && firstRoot.SequenceEqual(first) && secondRoot.SequenceEqual(second);
    }

    private static bool AreHashes(IReadOnlyList<byte[]> proof) =>
        proof.Count <= 64 + 64 && proof.All(h => h is { Length: MerkleHash.Size });
}
