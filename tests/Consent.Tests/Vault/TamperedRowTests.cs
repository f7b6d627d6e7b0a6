using MedLedger.Consent.Vault;

namespace MedLedger.Consent.Tests.Vault;

/// <summary>Whoever can write to the database changes or exchanges rows; every change must be refused.</summary>
public sealed class TamperedRowTests : IDisposable
{
    private static readonly byte[] Content = "{\"resourceType\":\"Observation\"}"u8.ToArray();
    private readonly VaultFixture _fixture = new();
    private readonly SealedWrite _write;
    private readonly CompartmentKeys _keys;

    public TamperedRowTests()
    {
        _write = _fixture.Write("Observation/o1", Content, _fixture.Segment(_fixture.Alice));
        _keys = _fixture.Keys(_write.Record)[0];
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    [Trait("threat", "rolled-back record")]
    public void One_changed_bit_anywhere_is_refused()
    {
        AssertOpens(_write.Record, _keys, opens: true);
        var compartment = _write.Record.Compartments[0];
        foreach (var bytes in Flips(_write.Record.Content))
            AssertOpens(_write.Record with { Content = bytes }, _keys);
        foreach (var bytes in Flips(compartment.KeyShare))
            AssertOpens(With(compartment with { KeyShare = bytes }), _keys);
        foreach (var bytes in Flips(compartment.Facts))
            AssertOpens(With(compartment with { Facts = bytes }), _keys);
        foreach (var bytes in Flips(_keys.Encapsulation.Encapsulation))
            AssertOpens(
                _write.Record,
                _keys with
                {
                    Encapsulation = _keys.Encapsulation with { Encapsulation = bytes },
                }
            );
        foreach (var bytes in Flips(_keys.Segment.PublicKey))
            AssertOpens(_write.Record, _keys with { Segment = _keys.Segment with { PublicKey = bytes } });
        foreach (var stanza in _keys.Stanzas)
        foreach (var bytes in Flips(stanza.Wrapped))
            Assert.Null(
                _fixture.Vault.FindReader(
                    _keys.Segment,
                    [stanza with { Wrapped = bytes }],
                    SegmentReader.Grantee(VaultFixture.Clinician)
                )
            );
    }

    [Fact]
    public void Empty_and_short_members_are_refused()
    {
        var compartment = _write.Record.Compartments[0];
        AssertOpens(_write.Record with { Content = [] }, _keys);
        AssertOpens(_write.Record with { Compartments = [] }, _keys);
        AssertOpens(_write.Record with { RecordKey = "" }, _keys);
        AssertOpens(With(compartment with { KeyShare = [] }), _keys);
        AssertOpens(With(compartment with { Facts = [] }), _keys);
        AssertOpens(With(compartment with { Sequence = -1 }), _keys);
        AssertOpens(With(compartment with { Sequence = 1 }), _keys);
        AssertOpens(_write.Record, _keys with { Stanzas = [] });
        AssertOpens(_write.Record, _keys with { Encapsulation = _keys.Encapsulation with { Encapsulation = [] } });
        AssertOpens(_write.Record, _keys with { Segment = _keys.Segment with { Id = "zz" } });
        AssertOpens(_write.Record, _keys with { Segment = _keys.Segment with { Epoch = 2 } });
    }

    [Fact]
    public void Parts_of_two_records_do_not_mix()
    {
        var other = _fixture.Write("Observation/o2", Content, _fixture.Segment(_fixture.Alice));
        AssertOpens(_write.Record with { Content = other.Record.Content }, _keys);
        AssertOpens(_write.Record with { Compartments = other.Record.Compartments }, _fixture.Keys(other.Record)[0]);
        AssertOpens(other.Record with { RecordKey = _write.Record.RecordKey }, _fixture.Keys(other.Record)[0]);
        AssertOpens(With(_write.Record.Compartments[0] with { Facts = other.Record.Compartments[0].Facts }), _keys);
    }

    // The thief of the database cannot read later records by putting a key of their own into a segment's row.
    [Fact]
    public void Nothing_is_sealed_to_a_segment_that_this_vault_did_not_make()
    {
        var foreign = _fixture.Segment(_fixture.Bob);
        var alice = _fixture.Segment(_fixture.Alice);
        Segment[] rows =
        [
            alice with
            {
                PublicKey = foreign.PublicKey,
            },
            foreign with
            {
                PatientKey = _fixture.Alice,
            },
            alice with
            {
                Epoch = 9,
            },
            alice with
            {
                ClassKey = foreign.ClassKey,
            },
            alice with
            {
                Authenticator = [],
            },
        ];
        foreach (var row in rows)
        {
            using var transaction = _fixture.Vault.BeginSealing();
            Assert.Null(transaction.Seal(VaultFixture.Record("Observation/o9", Content, row)));
        }
    }

    [Fact]
    [Trait("threat", "thief of disk, backup, blob store")]
    public void A_row_holds_neither_content_nor_reference()
    {
        var bytes = _write
            .Record.Content.Concat(_write.Record.Compartments[0].Facts)
            .Concat(_keys.Stanzas.SelectMany(s => s.Wrapped))
            .ToArray();
        foreach (var text in new[] { "Observation", "1234-5", "loinc", "2020-01-02", "Practitioner" })
            Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    private SealedRecord With(SealedCompartment compartment) => _write.Record with { Compartments = [compartment] };

    private void AssertOpens(SealedRecord record, CompartmentKeys keys, bool opens = false)
    {
        var permit = VaultFixture.Permit(_write.Record, _fixture.Alice);
        using var opened = _fixture.Vault.Open(permit, record, keys, _write.Leaves[_fixture.Alice]);
        Assert.Equal(opens, opened is not null);
    }

    // Every byte of short members, some forty of long ones.
    private static IEnumerable<byte[]> Flips(byte[] bytes)
    {
        var step = Math.Max(1, bytes.Length / 40);
        for (var i = 0; i < bytes.Length; i += step)
        {
            var changed = (byte[])bytes.Clone();
            changed[i] ^= (byte)(1 << (i % 8));
            yield return changed;
        }
    }
}
