using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>The stored delegations of a patient, opened.</summary>
internal static class Delegates
{
    private const string OfPatient = "SELECT Id, Content FROM delegations WHERE PatientKey = $0";

    /// <summary>All that open, in force or not; a row that somebody changed gives no power.</summary>
    public static async Task<IReadOnlyList<(DelegationRow Row, Delegation Delegation)>> LoadAsync(
        LedgerContext context,
        RecordVault vault,
        string patientKey,
        CancellationToken cancellation
    )
    {
        var open = new List<(DelegationRow, Delegation)>();
        var rows = context.Set<DelegationRow>().Where(d => d.PatientKey == patientKey);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (SealedDelegation.Open(vault, patientKey, row.Id, row.Content) is { } delegation)
                open.Add((row, delegation));
        }
        return open;
    }

    /// <summary>The same for the gate: all that open.</summary>
    public static IReadOnlyList<Delegation> Read(LedgerContext context, RecordVault vault, string patientKey) =>
        [
            .. Query
                .Rows(context, OfPatient, row => (Id: row.GetString(0), Content: row.Bytes(1)), patientKey)
                .Select(row => SealedDelegation.Open(vault, patientKey, row.Id, row.Content))
                .OfType<Delegation>(),
        ];

    /// <summary>Who of those in whom a power was recorded may read for the patient now.</summary>
    public static async Task<IReadOnlyList<string>> ReadersAsync(
        LedgerContext context,
        RecordVault vault,
        RecordGate gate,
        PatientState state,
        IReadOnlyList<Delegation> all,
        CancellationToken cancellation
    )
    {
        if (all.Count == 0)
            return [];
        var birth = await BirthDate.ReadAsync(context, vault, gate, state, cancellation);
        return
        [
            .. all.Where(one =>
                    one.Refuses(
                        one.Delegate,
                        state.Patient!,
                        birth,
                        DelegatedAct.Read,
                        gate.Settings.Jurisdiction,
                        gate.Now
                    )
                        is null
                )
                .Select(one => one.Delegate),
        ];
    }
}
