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
    /// <summary>
    /// Finds the uses of some grants on the chain, and those that only the log knows. Ordered by grant and slot.
    /// </summary>
    /// <param name="signer">The patient's side.</param>
    /// <param name="grants">Names of the grants, ended ones too, with the uses that each allows.</param>
    /// <param name="chain">The contracts' state at the head.</param>
    /// <param name="log">All entries of the operator's log; null not to compare.</param>
    public static IReadOnlyList<GrantUse> Find(
        PatientSigner signer,
        IReadOnlyList<(string GrantId, int MaxUses)> grants,
        ChainState chain,
        IReadOnlyList<AuditEntry>? log
    )
    {
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(grants);
        ArgumentNullException.ThrowIfNull(chain);
        var onChain = chain.Analyses().ToDictionary(analysis => analysis.Nullifier);
        var permitted = log
            ?.Where(entry => entry is { Action: AuditAction.AnalysisRequested, Decision: AuditDecision.Permitted })
            .Select(entry => entry.Subject)
            .ToHashSet();
        var uses = new List<GrantUse>();
        foreach (var (grantId, maxUses) in grants)
        {
            for (var slot = 0; slot < maxUses; slot++)
            {
                var nullifier = signer.NullifierOf(grantId, slot);
                var analysis = onChain.GetValueOrDefault(nullifier);
                var isLogged = permitted?.Contains(new Bytes32(nullifier.ToBytes())) == true;
                if (analysis is null && !isLogged)
                    continue;
                var inLog =
                    permitted is null ? UseInLog.NotCompared
                    : analysis is null ? UseInLog.OnlyLogged
                    : isLogged ? UseInLog.Logged
                    : UseInLog.Hidden;
                var status = analysis is null ? LedgerStatus.None : chain.StatusOf(analysis);
                uses.Add(new GrantUse(grantId, slot, nullifier, analysis, status, inLog));
            }
        }
        return uses;
    }
}
