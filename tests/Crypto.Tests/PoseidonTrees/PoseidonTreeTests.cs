using CsCheck;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;
using MedLedger.Crypto.PoseidonTrees;

namespace MedLedger.Crypto.Tests.PoseidonTrees;

public class PoseidonTreeTests
{
    [Theory]
    [InlineData(2, 3)]
    [InlineData(4, 2)]
    public void The_root_is_that_of_the_full_tree(int arity, int depth)
    {
        var tree = new PoseidonTree(arity, depth);
        var leaves = new Fr[tree.Capacity];
        foreach (var index in new long[] { 0, 3, 5, tree.Capacity - 1 })
        {
            leaves[index] = Fr.From((ulong)index + 100);
            tree.Set(index, leaves[index]);
            Assert.Equal(NaiveRoot(leaves, arity), tree.Root);
        }
        leaves[3] = Fr.Zero;
        tree.Set(3, Fr.Zero);
        Assert.Equal(NaiveRoot(leaves, arity), tree.Root);
        Assert.Equal(leaves[5], tree.Get(5));
    }

    [Fact]
    public void Many_leaves_at_once_are_the_same_as_one_after_the_other()
    {
        var leaf = Gen.Select(
            Gen.Long[0, 63],
            Gen.ULong[0, 3],
            (index, value) => KeyValuePair.Create(index, Fr.From(value))
        );
        leaf.Array[0, 20]
            .Sample(
                leaves =>
                {
                    var (one, many) = (new PoseidonTree(4, 3), new PoseidonTree(4, 3));
                    many.SetAll([.. leaves.Take(5)]);
                    var before = many.Copy();
                    many.SetAll(leaves);
                    foreach (var (index, value) in leaves)
                        one.Set(index, value);
                    Assert.Equal(one.Root, many.Root);
                    Assert.Equal(one.Path(17).SelectMany(p => p), many.Path(17).SelectMany(p => p));
                    foreach (var (index, value) in leaves)
                        before.Set(index, value);
                    Assert.Equal(one.Root, before.Root);
                },
                iter: 30
            );
        Assert.Throws<ArgumentOutOfRangeException>(() => new PoseidonTree(2, 3).SetAll([new(8, Fr.One)]));
    }

    [Fact]
    public void Copies_and_what_they_were_made_of_change_on_their_own()
    {
        var first = new PoseidonTree(4, 4);
        first.SetAll([.. Enumerable.Range(0, 100).Select(i => KeyValuePair.Create((long)i, Fr.From((ulong)i + 1)))]);
        var root = first.Root;
        var (second, third) = (first.Copy(), first.Copy());
        second.Set(3, Fr.From(500));
        first.Set(99, Fr.From(600));
        second.Set(200, Fr.One);
        Assert.Equal(root, third.Root);
        Assert.Equal(Fr.From(4), first.Get(3));
        Assert.Equal(Fr.From(100), second.Get(99));
        Assert.Equal(Fr.Zero, first.Get(200));
        third.Set(3, Fr.From(500));
        third.Set(200, Fr.One);
        Assert.Equal(second.Root, third.Root);
        Assert.Equal(second.Path(3).SelectMany(p => p), third.Path(3).SelectMany(p => p));
    }

    [Theory]
    [InlineData(2, 20)]
    [InlineData(4, 12)]
    public void A_path_verifies_for_its_leaf_and_place_alone(int arity, int depth)
    {
        var tree = new PoseidonTree(arity, depth);
        for (var i = 0; i < 5; i++)
            tree.Set(i * 7, Fr.From((ulong)i + 1));
        Gen.Int[0, 40]
            .Sample(
                i =>
                {
                    var leaf = tree.Get(i);
                    var path = tree.Path(i);
                    Assert.True(PoseidonTree.VerifyPath(arity, tree.Root, i, leaf, path));
                    Assert.False(PoseidonTree.VerifyPath(arity, tree.Root, i, leaf + Fr.One, path));
                    Assert.False(PoseidonTree.VerifyPath(arity, tree.Root + Fr.One, i, leaf, path));
                    Assert.False(PoseidonTree.VerifyPath(arity, tree.Root, i + tree.Capacity, leaf, path));
                    Assert.False(PoseidonTree.VerifyPath(arity, tree.Root, i, leaf, path[1..]));
                },
                iter: 20
            );
        Assert.False(PoseidonTree.VerifyPath(arity, tree.Root, 1, tree.Get(0), tree.Path(0)));
    }

    [Fact]
    public void Clearing_every_leaf_gives_the_empty_root_again()
    {
        var tree = new PoseidonTree(4, 7);
        var empty = tree.Root;
        tree.Set(1000, Fr.One);
        tree.Set(16383, Fr.One);
        Assert.NotEqual(empty, tree.Root);
        tree.Set(1000, Fr.Zero);
        tree.Set(16383, Fr.Zero);
        Assert.Equal(empty, tree.Root);
    }

    [Fact]
    public void An_index_outside_is_a_mistake_of_the_caller()
    {
        var tree = new PoseidonTree(2, 4);
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Set(16, Fr.One));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Get(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PoseidonTree(3, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PoseidonTree(4, 25));
    }

    private static Fr NaiveRoot(Fr[] nodes, int arity)
    {
        while (nodes.Length > 1)
            nodes = [.. nodes.Chunk(arity).Select(children => PoseidonHash.Hash(children))];
        return nodes[0];
    }
}
