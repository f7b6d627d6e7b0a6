using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Tests.Vault;

/// <summary>A leaf that was checked once is checked for these facts alone.</summary>
[Trait("threat", "rolled-back record")]
public sealed class CheckedLeafTests
{
    private static readonly ResourceFacts Facts = new() { Reference = "Observation/o1", Type = "Observation" };
    private static readonly SealedFacts One = SealedFacts.Create(Facts, new RecordMeta(3, 5, 7), Fr.One);
    private readonly CheckedLeaves _leaves = new();

    [Fact]
    public void It_answers_each_time_what_the_hash_says()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.True(_leaves.IsLeafOf(One.Leaf, One));
            Assert.False(_leaves.IsLeafOf(One.Leaf + Fr.One, One));
            Assert.False(_leaves.IsLeafOf(Fr.Zero, One));
        }
    }

    [Fact]
    public void Facts_that_differ_anywhere_have_another_leaf_though_the_first_was_checked()
    {
        Assert.True(_leaves.IsLeafOf(One.Leaf, One));
        SealedFacts[] others =
        [
            new(Facts, new RecordMeta(4, 5, 7), One.ContentDigest, One.Salt),
            new(Facts, new RecordMeta(3, 4, 7), One.ContentDigest, One.Salt),
            new(Facts, new RecordMeta(3, 5, 8), One.ContentDigest, One.Salt),
            new(Facts, One.Meta, One.ContentDigest + Fr.One, One.Salt),
            new(Facts, One.Meta, One.ContentDigest, One.Salt + Fr.One),
            new(Facts, One.Meta, One.Salt, One.ContentDigest),
        ];
        foreach (var other in others)
        {
            Assert.False(_leaves.IsLeafOf(One.Leaf, other));
            Assert.True(_leaves.IsLeafOf(other.Leaf, other));
            Assert.False(_leaves.IsLeafOf(One.Leaf, other));
        }
    }

    [Fact]
    public void Of_many_none_may_be_another()
    {
        var two = SealedFacts.Create(Facts, new RecordMeta(3, 5, 7), Fr.One);
        Assert.True(_leaves.AreLeavesOf([]));
        Assert.True(_leaves.AreLeavesOf([(One.Leaf, One)]));
        Assert.False(_leaves.AreLeavesOf([(One.Leaf, One), (One.Leaf, two)]));
        Assert.True(_leaves.AreLeavesOf([(One.Leaf, One), (two.Leaf, two)]));
        Assert.False(_leaves.AreLeavesOf([(two.Leaf, One), (One.Leaf, two)]));
    }
}
