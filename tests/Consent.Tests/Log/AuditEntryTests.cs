using CsCheck;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Log;
using MedLedger.Consent.Tests.Vault;

namespace MedLedger.Consent.Tests.Log;

public sealed class AuditEntryTests
{
    private static readonly AuditEntry Refused = new()
    {
        Action = AuditAction.AnalysisRequested,
        Decision = AuditDecision.Refused,
        Reason = DenyReason.Revoked,
        Time = 1_700_000_040,
        Details = new Bytes32(Enumerable.Repeat((byte)1, 32).ToArray()),
        Subject = new Bytes32(Enumerable.Repeat((byte)2, 32).ToArray()),
        Root = new Bytes32(Enumerable.Repeat((byte)3, 32).ToArray()),
    };

    [Fact]
    public void Entries_have_one_length_and_come_back()
    {
        foreach (var action in Enum.GetValues<AuditAction>())
        foreach (var reason in Enum.GetValues<DenyReason>())
        {
            var entry = Refused with { Action = action, Reason = reason };
            Assert.Equal(AuditEntry.Size, entry.Encode().Length);
            Assert.True(AuditEntry.TryDecode(entry.Encode(), out var read));
            Assert.Equal(entry, read);
        }
    }

    [Fact]
    public void What_decodes_encodes_to_the_same_bytes() =>
        Gen.Select(Gen.Int[0, AuditEntry.Size - 1], Gen.Byte)
            .Sample(t =>
            {
                var bytes = Refused.Encode();
                bytes[t.Item1] = t.Item2;
                return !AuditEntry.TryDecode(bytes, out var entry) || entry.Encode().AsSpan().SequenceEqual(bytes);
            });

    [Fact]
    public void Members_that_do_not_go_together_are_refused()
    {
        AuditEntry[] wrong =
        [
            Refused with
            {
                Reason = null,
            },
            Refused with
            {
                Decision = AuditDecision.Permitted,
            },
            Refused with
            {
                Basis = PermitBasis.Consent,
            },
            Refused with
            {
                Time = 61,
            },
            Refused with
            {
                Time = -60,
            },
            Refused with
            {
                Action = (AuditAction)99,
            },
        ];
        foreach (var entry in wrong)
            Assert.Throws<InvalidOperationException>(entry.Encode);
        Assert.False(AuditEntry.TryDecode(Refused.Encode().AsSpan(1), out _));
        Assert.False(AuditEntry.TryDecode((byte[])[.. Refused.Encode(), 0], out _));
        Assert.Equal(120, AuditEntry.RoundTime(DateTimeOffset.FromUnixTimeSeconds(179)));
    }

    [Fact]
    public void Details_open_for_their_own_entry_and_go_with_the_patient()
    {
        using var fixture = new VaultFixture();
        var details = new AuditDetails
        {
            Time = VaultFixture.Now,
            Agent = "Practitioner/p1",
            Patient = "Patient/alice",
            Purpose = "TREAT",
            Entities = ["Observation/o1"],
        };
        var entry = Refused with { Details = details.Commitment() };
        var committed = details.Commit(fixture.Vault, fixture.Alice);
        Assert.Equal(details.Commitment(), committed.Commitment);
        var row = committed.At(7)!;
        var opened = AuditDetails.Open(fixture.Vault, row, entry);
        Assert.Equal("Practitioner/p1", opened!.Agent);
        Assert.Equal("Observation/o1", opened.Entities[0]);
        Assert.Null(AuditDetails.Open(fixture.Vault, row, Refused));
        Assert.Null(AuditDetails.Open(fixture.Vault, row with { PatientKey = fixture.Bob }, entry));
        Assert.NotEqual(details.Commitment(), (details with { Salt = new byte[32] }).Commitment());
        Assert.Equal(-1, row.Content.AsSpan().IndexOf("Practitioner"u8));
        fixture.Custody.Shred(fixture.Alice);
        Assert.Null(AuditDetails.Open(fixture.Vault, row, entry));
        Assert.Null(details.Commit(fixture.Vault, fixture.Alice).At(8));
    }
}
