using MedLedger.Consent.Log;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Jobs;

/// <summary>
/// Events as they go into the log, but for the index that it gives: committed to and sealed before the log's turn, so that
/// the turn, which all share, is short.
/// </summary>
internal sealed class StagedEvents
{
    private readonly RecordVault _vault;
    private readonly IReadOnlyList<AuditEvent> _events;
    private readonly DateTimeOffset _time;
    private long _forgotten;
    private CommittedDetails[] _details = [];

    public StagedEvents(RecordVault vault, IReadOnlyList<AuditEvent> events, DateTimeOffset time)
    {
        (_vault, _events, _time) = (vault, events, time);
        Stage();
    }

    /// <summary>The public entries, in order.</summary>
    public IReadOnlyList<AuditEntry> Entries { get; private set; } = [];

    /// <summary>The sealed details, by the index of the first entry; none of a compartment whose keys are gone.</summary>
    public IEnumerable<SealedAuditDetails> Details(long first) =>
        _details.Select((one, i) => one.At(first + i)).OfType<SealedAuditDetails>();

    /// <summary>
    /// To be called in the transaction that stores them. When somebody was erased since, all is sealed once more: what was
    /// sealed before would be stored after the erasure has deleted what there was.
    /// </summary>
    public void Refresh()
    {
        if (_forgotten != _vault.Forgotten)
            Stage();
    }

    private void Stage()
    {
        _forgotten = _vault.Forgotten;
        _details = [.. _events.Select(one => DetailsOf(one).Commit(_vault, one.PatientKey))];
        Entries = [.. _events.Zip(_details, EntryOf)];
    }

    private AuditDetails DetailsOf(AuditEvent one) =>
        new()
        {
            Time = _time,
            Agent = one.Agent,
            Patient = one.Patient,
            Purpose = one.Purpose,
            Interaction = one.Interaction,
            Entities = one.Entities,
            Note = one.Note,
            Disclosure = one.Disclosure,
        };

    private AuditEntry EntryOf(AuditEvent one, CommittedDetails details) =>
        new()
        {
            Action = one.Action,
            Decision = one.Decision,
            Reason = one.Reason,
            Basis = one.Basis,
            Time = AuditEntry.RoundTime(_time),
            Details = details.Commitment,
            Subject = one.Subject,
            Root = one.Root,
        };
}
