using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>The stored delegations of a patient, opened.</summary>
internal static class Delegates
{
    private static readonly Func<LedgerContext, string, IAsyncEnumerable<DelegationRow>> RowsOf = EF.CompileAsyncQuery(
        (LedgerContext db, string key) => db.Set<DelegationRow>().Where(d => d.PatientKey == key)
    );

    /// <summary>All that open, in force or not; a row that somebody changed gives no power.</summary>
    public static async Task<IReadOnlyList<(DelegationRow Row, Delegation Delegation)>> LoadAsync(
        LedgerContext context,
        RecordVault vault,
        string patientKey,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        var open = new List<(DelegationRow, Delegation)>();
        await foreach (var row in RowsOf(context, patientKey))
        {
            if (SealedDelegation.Open(vault, patientKey, row.Id, row.Content) is { } delegation)
                open.Add((row, delegation));
        }
        return open;
    }

    /// <summary>Who may read for the patient now.</summary>
    public static async Task<IReadOnlyList<string>> ReadersAsync(
        LedgerContext context,
        RecordVault vault,
        RecordGate gate,
        PatientState state,
        CancellationToken cancellation
    )
    {
        var all = await LoadAsync(context, vault, state.PatientKey, cancellation);
        if (all.Count == 0)
            return [];
        var birth = await BirthDate.ReadAsync(context, vault, gate, state, cancellation);
        return
        [
            .. all.Select(pair => pair.Delegation)
                .Where(one =>
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
