using MedLedger.Consent.Access;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Records;

/// <summary>Opens stored records through the gate: no permit, no record.</summary>
internal sealed class RecordOpener(RecordVault vault, RecordGate gate)
{
    /// <summary>
    /// Opens what the gate permits of some records, one at a time; the caller disposes each.
    /// </summary>
    /// <param name="records">The rows.</param>
    /// <param name="request">Who asks, for what.</param>
    /// <param name="states">The patients of all compartments.</param>
    /// <param name="chain">The chain, null when it is out of reach.</param>
    /// <param name="refused">Told of each record that stays closed.</param>
    public IEnumerable<OpenedRecord> Open(
        IEnumerable<StoredRecord> records,
        AccessRequest request,
        IReadOnlyDictionary<string, PatientState> states,
        ChainView? chain,
        Action<StoredRecord, DenyReason> refused
    )
    {
        using var session = vault.BeginOpening();
        foreach (var stored in records)
        {
            var decisions = gate.Decide(request, stored.Record, states, chain, session);
            if (decisions[^1].Decision is AccessDecision.Deny deny)
            {
                refused(stored, deny.Reason);
                continue;
            }
            var permits = decisions.Select(d => d.Decision).OfType<AccessDecision.Permit>().ToList();
            var open = stored.IsCurrent
                ? session.Open(permits, stored.Record, stored.Keys, stored.Leaves)
                : session.OpenSuperseded(permits, stored.Record, stored.Keys);
            if (open is { } opened)
                yield return opened;
            else
                refused(stored, DenyReason.KeysUnavailable);
        }
    }

    /// <summary>
    /// Decides on records as <see cref="Open"/> would, for the time that it takes, and opens none: they stand in for what
    /// is not there.
    /// </summary>
    public void Decide(
        IEnumerable<StoredRecord> records,
        AccessRequest request,
        IReadOnlyDictionary<string, PatientState> states,
        ChainView? chain
    )
    {
        using var session = vault.BeginOpening();
        foreach (var stored in records)
            gate.Decide(request, stored.Record, states, chain, session);
    }
}
