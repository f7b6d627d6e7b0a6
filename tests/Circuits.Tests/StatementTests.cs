using MedLedger.Consent.Commitments;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.BabyJubjub;
using MedLedger.Crypto.Fields;

namespace MedLedger.Circuits.Tests;

/// <summary>The rules of the circuit as C# tells them before a proof is tried.</summary>
public sealed class StatementTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(14, 1)]
    [InlineData(15, 2)]
    [InlineData(40, 3)]
    public void True_statement_has_no_fault(int records, int parts)
    {
        using var scenario = new Scenario().WithRecords(records);
        var statement = scenario.Build();
        Assert.Empty(StatementFaults.Of(statement));
        Assert.Equal(parts, statement.Parts);
        Assert.Equal(records, Enumerable.Range(0, parts).Sum(part => statement.RecordsOf(part).Count));
    }

    internal static readonly Dictionary<StatementFault, Action<Scenario>> Lies = new()
    {
        [StatementFault.Signature] = scenario => scenario.Signer = EdDsaPrivateKey.Generate(),
        [StatementFault.Enrolment] = scenario => scenario.Enrolled = false,
        [StatementFault.PatientRecords] = scenario => scenario.RecordsIndex = scenario.PatientIndex - 1,
        [StatementFault.Consent] = scenario => scenario.InConsentTree = false,
        [StatementFault.Model] = scenario => scenario.ModelApproved = false,
        [StatementFault.NotYetValid] = scenario => scenario.AsOf = scenario.Terms.NotBefore - 1,
        [StatementFault.Expired] = scenario => scenario.AsOf = scenario.Terms.NotAfter,
        [StatementFault.Purpose] = scenario => scenario.Purpose = 62,
        [StatementFault.Action] = scenario => scenario.Action = 1,
        [StatementFault.ModelClass] = scenario => scenario.ModelClass = 1,
        [StatementFault.Slot] = scenario => scenario.Slot = scenario.Terms.MaxUses,
        [StatementFault.RecordOrder] = scenario => scenario.Records.Reverse(),
        [StatementFault.RecordType] = scenario => scenario.Records[0] = (0, 6, 0, 700),
        [StatementFault.RecordLabels] = scenario => scenario.Records[0] = (0, Scenario.LowType, 4, 700),
        [StatementFault.RecordDay] = scenario => scenario.Records[2] = (9, Scenario.LowType, 0, 801),
    };

    public static TheoryData<StatementFault> Faults => [.. Lies.Keys];

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_broken_rule_is_named_and_only_it(StatementFault fault)
    {
        using var scenario = new Scenario();
        Lies[fault](scenario);
        Assert.Equal([fault], StatementFaults.Of(scenario.Build()));
    }

    [Fact]
    public void A_record_with_other_content_is_a_fault()
    {
        using var scenario = new Scenario();
        var statement = scenario.Build();
        var changed = statement.Records[1] with { ContentDigest = Digest248.Of("other"u8) };
        var lie = statement with { Records = [statement.Records[0], changed, statement.Records[2]] };
        Assert.Equal([StatementFault.Record], StatementFaults.Of(lie));
    }

    [Fact]
    public void More_records_than_64_proofs_cover_are_a_fault()
    {
        using var scenario = new Scenario().WithRecords(64 * 14 + 1);
        scenario.Terms = scenario.Terms with { DataTo = 2000 };
        Assert.Equal([StatementFault.RecordCount], StatementFaults.Of(scenario.Build()));
    }

    [Fact]
    [Trait("threat", "several analyses under one slot")]
    public void Parts_differ_only_in_result_and_shape()
    {
        using var scenario = new Scenario().WithRecords(20);
        var statement = scenario.Build();
        var first = statement.Signals(0);
        var second = statement.Signals(1);
        Assert.NotEqual(first.ResultCommitment, second.ResultCommitment);
        Assert.Equal(first, second with { ResultCommitment = first.ResultCommitment, Shape = first.Shape });
        Assert.Throws<ArgumentOutOfRangeException>(() => statement.Signals(2));
    }

    [Fact]
    public void Signals_read_back_and_are_refused_when_cut_or_out_of_range()
    {
        using var scenario = new Scenario();
        var signals = scenario.Build().Signals(0);
        var values = signals.ToArray();
        Assert.True(PublicSignals.TryRead(values, out var read));
        Assert.Equal(signals, read);
        Assert.False(PublicSignals.TryRead(values[..10], out _));
        Assert.False(PublicSignals.TryRead([.. values, Fr.Zero], out _));
        Fr[] late = [.. values];
        late[4] = Fr.From(1UL << 40);
        Assert.False(PublicSignals.TryRead(late, out _));
        Fr[] shapeless = [.. values];
        shapeless[10] = Fr.Zero;
        Assert.False(PublicSignals.TryRead(shapeless, out _));
    }
}
