using System.Buffers.Binary;
using System.Security.Cryptography;
using MedLedger.Consent.Chain;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Vault;

/// <summary>
/// Which facts were found to hash to which leaf, so that Poseidon is computed once for each record and not at each opening.
/// What is kept are SHA-256 digests over both, with the record's salt in them: they tell nothing, and no other facts and no
/// other leaf have the same. Safe for several threads.
/// </summary>
internal sealed class CheckedLeaves
{
    private const int Most = 32_768;
    private readonly Lock _gate = new();
    private readonly HashSet<Bytes32> _checked = [];

    /// <summary>Whether this is the leaf of these facts.</summary>
    public bool IsLeafOf(Fr leaf, SealedFacts facts)
    {
        var digest = DigestOf(leaf, facts);
        lock (_gate)
        {
            if (_checked.Contains(digest))
                return true;
        }
        if (leaf != facts.Leaf)
            return false;
        Keep(digest);
        return true;
    }

    /// <summary>The same of many, whose leaves are computed at once.</summary>
    public bool AreLeavesOf(IReadOnlyList<(Fr Leaf, SealedFacts Facts)> all)
    {
        var open = new List<(Bytes32 Digest, Fr Leaf, SealedFacts Facts)>();
        foreach (var (leaf, facts) in all)
        {
            var digest = DigestOf(leaf, facts);
            lock (_gate)
            {
                if (_checked.Contains(digest))
                    continue;
            }
            open.Add((digest, leaf, facts));
        }
        SealedFacts.HashLeaves(open.ConvertAll(one => one.Facts));
        foreach (var (digest, leaf, facts) in open)
        {
            if (leaf != facts.Leaf)
                return false;
            Keep(digest);
        }
        return true;
    }

    private void Keep(Bytes32 digest)
    {
        lock (_gate)
        {
            if (_checked.Count >= Most)
                _checked.Clear();
            _checked.Add(digest);
        }
    }

    private static Bytes32 DigestOf(Fr leaf, SealedFacts facts)
    {
        const int MetaSize = 9;
        Span<byte> text = stackalloc byte[MetaSize + (3 * Fr.SizeInBytes)];
        text[0] = facts.Meta.Type;
        BinaryPrimitives.WriteUInt32BigEndian(text[1..], facts.Meta.Labels);
        BinaryPrimitives.WriteInt32BigEndian(text[5..], facts.Meta.Day);
        var rest = text[MetaSize..];
        foreach (var part in (ReadOnlySpan<Fr>)[facts.ContentDigest, facts.Salt, leaf])
        {
            part.WriteBigEndian(rest);
            rest = rest[Fr.SizeInBytes..];
        }
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, digest);
        CryptographicOperations.ZeroMemory(text);
        return new Bytes32(digest);
    }
}
