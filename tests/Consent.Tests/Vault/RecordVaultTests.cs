using System.Text;
using CsCheck;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Tests.Vault;

public sealed class RecordVaultTests : IDisposable
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("""{"resourceType":"Observation","id":"o1"}""");
    private readonly VaultFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(PermitBasis.Consent)]
    [InlineData(PermitBasis.Subject)]
    [InlineData(PermitBasis.BreakGlass)]
    public void What_went_in_comes_out(PermitBasis basis)
    {
        var write = _fixture.Write("Observation/o1", Content, _fixture.Segment(_fixture.Alice));
        using var opened = _fixture.Open(write, _fixture.Alice, basis);
        Assert.NotNull(opened);
        Assert.Equal(Content, opened.Content().ToArray());
        Assert.Equal("Observation/o1", opened.Reference);
        Assert.Equal("1234-5", opened.Facts.Codes[0].Code);
        Assert.Equal(write.Leaves[_fixture.Alice], opened.Leaf);
    }

    [Fact]
    public void Any_content_round_trips() =>
        Gen.Int[0, 70_000]
            .Sample(
                length =>
                {
                    var content = System.Security.Cryptography.RandomNumberGenerator.GetBytes(length);
                    var write = _fixture.Write("Binary/b", content, _fixture.Segment(_fixture.Alice));
                    using var opened = _fixture.Open(write, _fixture.Alice);
                    return opened!.Content().Span.SequenceEqual(content);
                },
                iter: 30,
                threads: 1
            );

    [Fact]
    public void Resources_of_no_patient_open_for_the_organization_alone()
    {
        var key = _fixture.Vault.OrganizationKey;
        var write = _fixture.Write("Organization/x", Content, _fixture.Segment(key));
        using var opened = _fixture.Open(write, key, PermitBasis.Organization);
        Assert.NotNull(opened);
        Assert.Null(_fixture.Open(write, key, PermitBasis.Subject));
        Assert.Null(_fixture.Open(write, key, PermitBasis.Consent));
    }

    [Fact]
    public void An_organizations_permit_opens_no_patients_record()
    {
        var write = _fixture.Write("Observation/o1", Content, _fixture.Segment(_fixture.Alice));
        Assert.Null(_fixture.Open(write, _fixture.Alice, PermitBasis.Organization));
    }

    [Fact]
    [Trait("threat", "permit from elsewhere")]
    public void A_permit_for_something_else_opens_nothing()
    {
        var write = _fixture.Write("Observation/o1", Content, _fixture.Segment(_fixture.Alice));
        var record = write.Record;
        var keys = _fixture.Keys(record)[0];
        var leaf = write.Leaves[_fixture.Alice];
        OpenedRecord? Open(AccessDecision.Permit permit) => _fixture.Vault.Open(permit, record, keys, leaf);

        using (var opened = Open(VaultFixture.Permit(record, _fixture.Alice)))
            Assert.NotNull(opened);
        Assert.Null(Open(VaultFixture.Permit(record, _fixture.Bob)));
        Assert.Null(
            Open(VaultFixture.Permit(record, _fixture.Alice, recordKey: _fixture.Vault.RecordKey("Observation/o2")))
        );
        Assert.Null(Open(VaultFixture.Permit(record, _fixture.Alice, version: 2)));
        Assert.Null(Open(VaultFixture.Permit(record, _fixture.Alice, grantee: "Practitioner/p2")));
        Assert.Null(Open(VaultFixture.Permit(record, _fixture.Alice, seconds: 0)));

        var permit = VaultFixture.Permit(record, _fixture.Alice);
        _fixture.Time.Value = VaultFixture.Now.AddSeconds(5);
        Assert.Null(Open(permit));
    }

    [Fact]
    public void A_revoked_reader_opens_nothing_and_a_new_one_does()
    {
        var segment = _fixture.Segment(_fixture.Alice);
        var write = _fixture.Write("Observation/o1", Content, segment);
        var reader = SegmentReader.Grantee(VaultFixture.Clinician);

        var stanza = _fixture.Vault.FindReader(segment, _fixture.Stanzas(segment.Id), reader);
        _fixture.Remove(stanza!);
        Assert.Null(_fixture.Open(write, _fixture.Alice));
        Assert.Null(_fixture.Vault.FindReader(segment, _fixture.Stanzas(segment.Id), reader));

        _fixture.Add(_fixture.Vault.AddReader(segment, _fixture.Stanzas(segment.Id), reader)!);
        using var opened = _fixture.Open(write, _fixture.Alice);
        Assert.NotNull(opened);
    }

    [Fact]
    public void Shredded_keys_take_everything_with_them()
    {
        var segment = _fixture.Segment(_fixture.Alice);
        var write = _fixture.Write("Observation/o1", Content, segment);
        var kept = _fixture.Write("Observation/o2", Content, _fixture.Segment(_fixture.Bob));
        _fixture.Custody.Shred(_fixture.Alice);

        foreach (var basis in new[] { PermitBasis.Consent, PermitBasis.Subject, PermitBasis.BreakGlass })
            Assert.Null(_fixture.Open(write, _fixture.Alice, basis));
        Assert.Null(_fixture.Vault.OpenIndex(_fixture.Alice));
        Assert.Null(_fixture.Vault.OpenFacts(write.Record, _fixture.Alice));
        Assert.Null(_fixture.Vault.CreateSegment(_fixture.Alice, segment.ClassKey, 2));
        Assert.Null(
            _fixture.Vault.AddReader(segment, _fixture.Stanzas(segment.Id), SegmentReader.Grantee("Practitioner/p2"))
        );
        Assert.False(_fixture.Vault.TryCreateCompartment(_fixture.Alice));
        using var transaction = _fixture.Vault.BeginSealing();
        Assert.Null(transaction.Seal(VaultFixture.Record("Observation/o3", Content, segment)));
        using var opened = _fixture.Open(kept, _fixture.Bob);
        Assert.NotNull(opened);
    }

    [Fact]
    [Trait("threat", "permit from elsewhere")]
    public void A_record_of_two_patients_needs_both_permits()
    {
        var write = _fixture.Write(
            "Observation/o1",
            Content,
            _fixture.Segment(_fixture.Bob),
            _fixture.Segment(_fixture.Alice)
        );
        var keys = _fixture.Keys(write.Record);
        var alice = VaultFixture.Permit(write.Record, _fixture.Alice);
        var bob = VaultFixture.Permit(write.Record, _fixture.Bob);
        using var session = _fixture.Vault.BeginOpening();

        using (var opened = session.Open([bob, alice], write.Record, keys, write.Leaves))
            Assert.Equal(Content, opened!.Content().ToArray());
        Assert.Null(session.Open([alice], write.Record, keys, write.Leaves));
        Assert.Null(session.Open([alice, alice], write.Record, keys, write.Leaves));
        Assert.Null(session.Open([], write.Record, keys, write.Leaves));
        var half = write.Record with
        {
            Compartments = [.. write.Record.Compartments.Where(c => c.PatientKey == _fixture.Alice)],
        };
        Assert.Null(session.Open([alice], half, keys, write.Leaves));
        _fixture.Custody.Shred(_fixture.Bob);
        using var later = _fixture.Vault.BeginOpening();
        Assert.Null(later.Open([bob, alice], write.Record, keys, write.Leaves));
    }

    [Fact]
    public void Relabelling_changes_the_leaf_and_not_the_content()
    {
        var write = _fixture.Write("Observation/o1", Content, _fixture.Segment(_fixture.Alice));
        var code = new RuleCoding("http://loinc.org", "29463-7");
        var rule = new Provision
        {
            Path = "record",
            Type = RuleType.Deny,
            Codes = [new RuleConcept([code])],
        };
        var classes = new ExceptionClasses([new ExceptionClass(31, rule, outside: true)]);
        var row = write.Record.Compartments[0];
        var relabelled = _fixture.Vault.Relabel(write.Record.RecordKey, 1, row, classes)!;
        Assert.True(relabelled.IsChanged);
        var again = _fixture.Vault.Relabel(write.Record.RecordKey, 1, relabelled.Compartment, classes)!;
        Assert.Equal((false, relabelled.Leaf), (again.IsChanged, again.Leaf));
        Assert.NotEqual(write.Leaves[_fixture.Alice], relabelled.Leaf);
        var record = write.Record with { Compartments = [relabelled.Compartment] };
        var permit = VaultFixture.Permit(record, _fixture.Alice);
        using var opened = _fixture.Vault.Open(permit, record, _fixture.Keys(record)[0], relabelled.Leaf);
        Assert.Equal(0x8000_0005, opened!.Meta.Labels);
        Assert.Null(
            _fixture.Vault.Open(permit, write.Record, _fixture.Keys(record)[0], relabelled.Leaf) // the row before
        );
    }

    [Fact]
    public void Keys_of_rows_tell_nothing_and_tags_compare_content_of_one_record()
    {
        Assert.NotEqual(_fixture.Vault.RecordKey("Patient/alice"), _fixture.Alice, StringComparer.Ordinal);
        using var alice = _fixture.Vault.OpenIndex(_fixture.Alice)!;
        using var bob = _fixture.Vault.OpenIndex(_fixture.Bob)!;
        Assert.NotEqual(
            alice.Token("Condition", "code", "x"),
            bob.Token("Condition", "code", "x"),
            StringComparer.Ordinal
        );
        Assert.NotEqual(
            alice.Token("Condition", "code", "x"),
            alice.Token("Conditio", "ncode", "x"),
            StringComparer.Ordinal
        );
        Assert.NotEqual(alice.ClassKey("N"), bob.ClassKey("N"), StringComparer.Ordinal);
        var key = _fixture.Vault.RecordKey("Observation/o1");
        var write = _fixture.Write("Observation/o1", Content, _fixture.Segment(_fixture.Alice));
        Assert.Equal(alice.ContentTag(key, Content), write.Record.Compartments[0].ContentTag);
        Assert.NotEqual(
            alice.ContentTag(_fixture.Vault.RecordKey("Observation/o2"), Content),
            alice.ContentTag(key, Content)
        );
        Assert.Throws<ArgumentException>(() => new RecordVault(_fixture.Custody, "x", _fixture.Time));
    }

    [Fact]
    public void The_gate_gets_the_facts_of_the_compartment_that_it_asks_about()
    {
        var record = _fixture.Write("Observation/o1", Content, _fixture.Segment(_fixture.Alice)).Record;
        Assert.Equal("Observation/o1", _fixture.Vault.OpenFacts(record, _fixture.Alice)!.Reference);
        Assert.Null(_fixture.Vault.OpenFacts(record, _fixture.Bob));
        Assert.Null(_fixture.Vault.OpenFacts(record with { Version = 2 }, _fixture.Alice));
        var moved = record.Compartments[0] with { PatientKey = _fixture.Bob };
        Assert.Null(_fixture.Vault.OpenFacts(record with { Compartments = [moved] }, _fixture.Bob));
    }

    [Fact]
    [Trait("threat", "rolled-back record")]
    public void Leaf_of_another_version_refuses_a_rolled_back_row()
    {
        var write = _fixture.Write("Observation/o1", Content, _fixture.Segment(_fixture.Alice));
        var keys = _fixture.Keys(write.Record)[0];
        var permit = VaultFixture.Permit(write.Record, _fixture.Alice);
        Assert.Null(_fixture.Vault.Open(permit, write.Record, keys, Fr.Zero));
        Assert.Null(_fixture.Vault.Open(permit, write.Record, keys, write.Leaves[_fixture.Alice] + Fr.One));
    }
}
