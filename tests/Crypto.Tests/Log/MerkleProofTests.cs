using System.Security.Cryptography;
using System.Text.Json;
using CsCheck;
using MedLedger.Crypto.Log;

namespace MedLedger.Crypto.Tests.Log;

public class MerkleProofTests
{
    // transparency-dev/merkle, testdata: proofs that are right, and every way in which they were made wrong.
    [Fact]
    public void Verification_agrees_with_the_published_vectors()
    {
        using var json = Vectors.Read("rfc6962.json");
        var seen = (good: 0, bad: 0);
        foreach (var test in json.RootElement.EnumerateArray())
        {
            var proof = test.GetProperty("proof") is { ValueKind: JsonValueKind.Array } hashes
                ? hashes.EnumerateArray().Select(h => h.GetBytesFromBase64()).ToArray()
                : [];
            var accepted =
                test.GetProperty("kind").GetString() == "inclusion"
                    ? MerkleProof.VerifyInclusion(
                        Bytes(test, "leafHash"),
                        Number(test, "leafIdx"),
                        Number(test, "treeSize"),
                        proof,
                        Bytes(test, "root")
                    )
                    : MerkleProof.VerifyConsistency(
                        Number(test, "size1"),
                        Bytes(test, "root1"),
                        Number(test, "size2"),
                        Bytes(test, "root2"),
                        proof
                    );
            // Some vectors have texts in place of roots, which are no hashes to us.
            var wanted =
                !test.GetProperty("wantErr").GetBoolean()
                && (!test.TryGetProperty("root1", out _) || Bytes(test, "root1").Length == MerkleHash.Size);
            Assert.True(accepted == wanted, test.ToString());
            seen = wanted ? (seen.good + 1, seen.bad) : (seen.good, seen.bad + 1);
        }
        Assert.True(seen is { good: > 10, bad: > 100 });
    }

    [Fact]
    public void Proofs_of_a_tile_tree_verify_and_nothing_near_them_does()
    {
        var leaves = Enumerable.Range(0, 700).Select(i => MerkleHash.Leaf(BitConverter.GetBytes(i))).ToArray();
        var (tree, _) = Build(leaves, leaves.Length);
        Gen.Select(Gen.Int[1, 700], Gen.Int[0, 699], Gen.Int[0, 700])
            .Sample(t =>
            {
                var (size, index, first) = (t.Item1, t.Item2 % t.Item1, t.Item3 % (t.Item1 + 1));
                byte[] root = tree.Root(size),
                    firstRoot = tree.Root(first);
                var inclusion = tree.InclusionProof(index, size);
                Assert.True(MerkleProof.VerifyInclusion(leaves[index], index, size, inclusion, root));
                Assert.False(MerkleProof.VerifyInclusion(leaves[index], index + 1, size, inclusion, root));
                Assert.False(MerkleProof.VerifyInclusion(leaves[(index + 1) % 700], index, size, inclusion, root));
                Assert.False(MerkleProof.VerifyInclusion(leaves[index], index, size, [.. inclusion, root], root));
                Assert.False(MerkleProof.VerifyInclusion(leaves[index], -1, size, inclusion, root));

                var consistency = tree.ConsistencyProof(first, size);
                Assert.True(MerkleProof.VerifyConsistency(first, firstRoot, size, root, consistency));
                Assert.False(MerkleProof.VerifyConsistency(first, firstRoot, size, root, [.. consistency, root]));
                if (first != size)
                    Assert.False(MerkleProof.VerifyConsistency(first, root, size, firstRoot, consistency));
                for (var i = 0; i < consistency.Count; i++)
                {
                    var changed = consistency.Select(h => (byte[])h.Clone()).ToArray();
                    changed[i][first % 32] ^= 1;
                    Assert.False(MerkleProof.VerifyConsistency(first, firstRoot, size, root, changed));
                }
            });
    }

    [Fact]
    public void Appending_gives_the_roots_of_the_recursive_definition()
    {
        var leaves = Enumerable.Range(0, 600).Select(i => MerkleHash.Leaf(BitConverter.GetBytes(i))).ToArray();
        var (tree, tiles) = Build(leaves, 0);
        Assert.Equal(MerkleHash.Empty(), tree.Root());
        foreach (var (leaf, i) in leaves.Select((leaf, i) => (leaf, i)))
        {
            tree.Append(leaf);
            if (i % 37 != 0 && i is not (254 or 255 or 256 or 511 or 512))
                continue;
            Assert.Equal(Mth(leaves.AsSpan(0, i + 1)), tree.Root());
            foreach (var (id, hashes) in tree.Changed)
                tiles[id] = hashes;
            // What was stored is enough to go on.
            tree = new TileTree(tree.Size, id => tiles[id]);
            Assert.Equal(Mth(leaves.AsSpan(0, i + 1)), tree.Root());
        }
    }

    [Fact]
    public void The_right_edge_is_all_that_appending_needs()
    {
        var (tree, tiles) = Build([], 0);
        var edge = tree.Edge();
        // Over the ends of tiles of the first two levels.
        for (var i = 0; i < 66_000; i++)
        {
            var leaf = MerkleHash.Leaf(BitConverter.GetBytes(i));
            tree.Append(leaf);
            edge.Append(leaf);
            if (i is > 600 and < 65_000 && i % 997 != 0)
                continue;
            Assert.Equal(tree.Root(), edge.Root());
            var kept = edge.Changed.ToDictionary();
            edge = edge.Edge();
            Assert.Equal(tree.Root(), edge.Root());
            foreach (var (id, hashes) in kept.Where(_ => i % 500 == 0))
                Assert.Equal(tree.Changed[id], hashes);
        }
    }

    [Fact]
    public void An_edge_is_a_copy()
    {
        var leaves = Enumerable.Range(0, 300).Select(i => MerkleHash.Leaf(BitConverter.GetBytes(i))).ToArray();
        var (tree, _) = Build(leaves, 299);
        var edge = tree.Edge();
        edge.Edge().Append(leaves[1]);
        Assert.Equal(Mth(leaves.AsSpan(0, 299)), edge.Root());
        edge.Append(leaves[299]);
        Assert.Equal(Mth(leaves), edge.Root());
        Assert.Equal(Mth(leaves.AsSpan(0, 299)), tree.Root());
        Assert.Throws<InvalidOperationException>(() => edge.InclusionProof(0, 300));
    }

    [Fact]
    public void Reads_names_exactly_the_tiles_that_are_needed()
    {
        const long Size = 70_000;
        var reads = TileTree.Reads(Size, t => t.InclusionProof(12_345, Size));
        Assert.Contains(new TileId(0, 48), reads);
        Assert.All(reads, id => Assert.True(id.WidthIn(Size) > 0));
        Assert.Equal(reads.Count, reads.Distinct().Count());
        // c2sp.org/tlog-tiles: 273 full tiles and one of 112, one full and one of 17, one of 1.
        Assert.Equal((256, 112, 0), (Width(0, 272), Width(0, 273), Width(0, 274)));
        Assert.Equal((256, 17, 1), (Width(1, 0), Width(1, 1), Width(2, 0)));
        static int Width(int level, long index) => new TileId(level, index).WidthIn(Size);
    }

    [Theory]
    [InlineData(0, 1234067, 256, "tile/0/x001/x234/067")]
    [InlineData(1, 0, 17, "tile/1/000.p/17")]
    [InlineData(5, 999, 256, "tile/5/999")]
    [InlineData(0, 1000, 1, "tile/0/x001/000.p/1")]
    public void Paths_are_those_of_tlog_tiles(int level, long index, int width, string path)
    {
        Assert.Equal(path, new TileId(level, index).Path(width));
        Assert.Equal(
            path.Replace($"tile/{level}/", "tile/entries/", StringComparison.Ordinal),
            TileId.EntriesPath(index, width)
        );
    }

    private static (TileTree Tree, Dictionary<TileId, byte[]> Tiles) Build(byte[][] leaves, int count)
    {
        var tiles = new Dictionary<TileId, byte[]>();
        var tree = new TileTree(0, id => tiles[id]);
        foreach (var leaf in leaves.Take(count))
            tree.Append(leaf);
        return (tree, tiles);
    }

    private static byte[] Mth(ReadOnlySpan<byte[]> leaves)
    {
        if (leaves.Length == 1)
            return leaves[0];
        var k = 1;
        while (k * 2 < leaves.Length)
            k *= 2;
        return SHA256.HashData([1, .. Mth(leaves[..k]), .. Mth(leaves[k..])]);
    }

    private static byte[] Bytes(JsonElement test, string name) => test.GetProperty(name).GetBytesFromBase64();

    // Sizes of the vectors go up to 2^64 - 1; what does not fit is no size of ours.
    private static long Number(JsonElement test, string name) =>
        test.GetProperty(name).TryGetInt64(out var number) ? number : -1;
}
