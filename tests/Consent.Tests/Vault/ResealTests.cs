using System.Text;
using MedLedger.Consent.Access;
using MedLedger.Consent.Vault;

namespace MedLedger.Consent.Tests.Vault;

/// <summary>A segment's private key leaks, the grant is revoked, and the class goes on under a new epoch.</summary>
[Trait("threat", "thief of disk, backup, blob store")]
public sealed class ResealTests : IDisposable
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("""{"resourceType":"Observation","id":"o1"}""");
    private readonly VaultFixture _fixture = new();

    [Fact]
    public void A_key_that_leaked_before_opens_nothing_written_or_sealed_again_afterwards()
    {
        var former = _fixture.Segment(_fixture.Alice);
        var written = _fixture.Write("Observation/o1", Content, former);
        Assert.True(Opens(former, written));

        var next = _fixture.Segment(_fixture.Alice, epoch: 2);
        var later = _fixture.Write("Observation/o2", Content, next);
        var again = written with { Record = Reseal(written.Record, next)! };
        Assert.False(Opens(former, later));
        Assert.False(Opens(former, again));
        Assert.True(Opens(next, later));
        Assert.True(Opens(next, again));
        // It still opens what was copied before: nothing can change that.
        Assert.True(Opens(former, written));
    }

    [Fact]
    public void What_was_sealed_again_opens_to_the_same_leaf_for_those_who_stay()
    {
        var written = _fixture.Write("Observation/o1", Content, _fixture.Segment(_fixture.Alice));
        var again = Reseal(written.Record, _fixture.Segment(_fixture.Alice, epoch: 2))!;
        Assert.NotEqual(written.Record.Content, again.Content);
        Assert.NotEqual(written.Record.Compartments[0].KeyShare, again.Compartments[0].KeyShare);
        Assert.Equal(written.Record.Compartments[0].Facts, again.Compartments[0].Facts);
        foreach (var basis in new[] { PermitBasis.Consent, PermitBasis.Subject, PermitBasis.BreakGlass })
        {
            using var opened = _fixture.Open(written with { Record = again }, _fixture.Alice, basis);
            Assert.Equal(Content, opened!.Content().ToArray());
        }
        // The old content does not open under the new shares, nor the other way round.
        Assert.Null(
            _fixture.Open(written with { Record = again with { Content = written.Record.Content } }, _fixture.Alice)
        );
        Assert.Null(
            _fixture.Open(written with { Record = written.Record with { Content = again.Content } }, _fixture.Alice)
        );
    }

    [Fact]
    public void A_record_of_two_patients_is_sealed_again_for_both_or_not_at_all()
    {
        var written = _fixture.Write(
            "Observation/o1",
            Content,
            _fixture.Segment(_fixture.Alice),
            _fixture.Segment(_fixture.Bob)
        );
        var next = _fixture.Segment(_fixture.Alice, epoch: 2);
        Assert.Null(Reseal(written.Record, next));
        var again = Reseal(written.Record, next, _fixture.Segment(_fixture.Bob))!;
        Assert.All(
            again.Compartments.Zip(written.Record.Compartments),
            pair => Assert.NotEqual(pair.Second.KeyShare, pair.First.KeyShare)
        );
        _fixture.Custody.Shred(_fixture.Bob);
        Assert.Null(Reseal(again, next, _fixture.Segment(_fixture.Alice)));
    }

    public void Dispose() => _fixture.Dispose();

    private SealedRecord? Reseal(SealedRecord record, params Segment[] targets)
    {
        using var sealing = _fixture.Vault.BeginSealing();
        using var opening = _fixture.Vault.BeginOpening();
        var again = sealing.Reseal(opening, record, _fixture.Keys(record), targets);
        _fixture.Store(sealing);
        return again;
    }

    // What a thief does who has the private key of a segment, the keys in custody and the rows: everything but the new key.
    private bool Opens(Segment leaked, SealedWrite write)
    {
        var keys = new CompartmentKeys
        {
            Segment = leaked,
            Encapsulation = _fixture.Keys(write.Record)[0].Encapsulation with { SegmentId = leaked.Id },
            Stanzas = _fixture.Stanzas(leaked.Id),
        };
        using var opened = _fixture.Vault.Open(
            VaultFixture.Permit(write.Record, _fixture.Alice, PermitBasis.Subject),
            write.Record,
            keys,
            write.Leaves[_fixture.Alice]
        );
        return opened is not null;
    }
}
