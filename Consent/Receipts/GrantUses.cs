using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Log;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Receipts;

/// <summary>How the operator's log tells of a use.</summary>
public enum UseInLog
{
    /// <summary>The log was not compared.</summary>
    NotCompared,

    /// <summary>The log has the entry of its permit.</summary>
    Logged,

    /// <summary>It is on the chain, and the log knows nothing of it: it was hidden.</summary>
    Hidden,

    /// <summary>The log has a permit that never came to the chain: under way, or ended before the reservation.</summary>
    OnlyLogged,
}

/// <summary>One use of one grant.</summary>
/// <param name="GrantId">The grant's name.</param>
/// <param name="Slot">Counted from 0.</param>
/// <param name="Nullifier">U, by which the chain names the analysis.</param>
/// <param name="OnChain">What the chain has of it; null when it has nothing.</param>
/// <param name="Status">Its status at the head; none when the chain has nothing.</param>
/// <param name="InLog">How the operator's log tells of it.</param>
public sealed record GrantUse(
    string GrantId,
    int Slot,
    Fr Nullifier,
    AnalysisOnChain? OnChain,
    LedgerStatus Status,
    UseInLog InLog
);

/// <summary>
/// Every use of a patient's grants, found by the patient's own secret in public data: nobody else can tell which entries
/// of the ledger are whose, and nobody can use a grant without such an entry (PROTOCOL, sections 2 and 5).
/// </summary>
public static class GrantUses
{
    // Grants are named one after the other; so many in a row that nobody used end the search, as do so many slots.
    private const int MostUnusedGrants = 2048;
    private const int MostUnusedSlots = 1024;
    private const int FirstSlots = 8;

    /// <summary>
    /// Finds all uses of all grants on the chain, and those that only the log knows, from the patient's secret alone.
    /// Ordered by grant and slot.
    /// </summary>
    /// <param name="signer">The patient's side.</param>
    /// <param name="chain">The contracts' state at the head.</param>
    /// <param name="log">All entries of the operator's log; null not to compare.</param>
    public static IReadOnlyList<GrantUse> Find(PatientSigner signer, ChainState chain, IReadOnlyList<AuditEntry>? log)
    {
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(chain);
        var permitted = log
            ?.Where(entry => entry is { Action: AuditAction.AnalysisRequested, Decision: AuditDecision.Permitted })
            .Select(entry => entry.Subject)
            .ToHashSet();
        var uses = new List<GrantUse>();
        for (var (index, unused) = (0, 0); unused < MostUnusedGrants; index++)
        {
            var before = uses.Count;
            FindOfGrant(signer, signer.GrantId(index), chain, permitted, uses);
            unused = uses.Count == before ? unused + 1 : 0;
        }
        return uses;
    }

    private static void FindOfGrant(
        PatientSigner signer,
        string grantId,
        ChainState chain,
        HashSet<Bytes32>? permitted,
        List<GrantUse> uses
    )
    {
        for (var (slot, end) = (0, FirstSlots); slot < end && slot <= ushort.MaxValue; slot++)
        {
            var nullifier = signer.NullifierOf(grantId, slot);
            var analysis = chain.Analysis(nullifier);
            var isLogged = permitted?.Contains(new Bytes32(nullifier.ToBytes())) == true;
            if (analysis is null && !isLogged)
                continue;
            end = slot + MostUnusedSlots;
            var inLog =
                permitted is null ? UseInLog.NotCompared
                : analysis is null ? UseInLog.OnlyLogged
                : isLogged ? UseInLog.Logged
                : UseInLog.Hidden;
            var status = analysis is null ? LedgerStatus.None : chain.StatusOf(analysis);
            uses.Add(new GrantUse(grantId, slot, nullifier, analysis, status, inLog));
        }
    }
}
