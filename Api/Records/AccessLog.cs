using MedLedger.Api.Jobs;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Records;

/// <summary>The decisions of one request, as log entries: for each patient one of what was permitted and one of what was refused.</summary>
internal sealed class AccessLog(AccessRequest request, string interaction, string organizationKey)
{
    private const int MaxEntities = 100;
    private readonly Dictionary<(string PatientKey, PermitBasis? Basis, DenyReason? Reason), List<string>> _decisions =
    [];

    /// <summary>What kind of action the entries are.</summary>
    public AuditAction Action { get; init; } = AuditAction.Read;

    /// <summary>How many records were opened.</summary>
    public int Opened { get; private set; }

    /// <summary>A record that was opened.</summary>
    public void Permitted(OpenedRecord record)
    {
        Opened++;
        foreach (var permit in record.Permits)
            Add(permit.PatientKey, permit.Basis, null, record.Reference);
    }

    /// <summary>A record that stays closed; every patient whose record it is may know.</summary>
    public void Refused(StoredRecord record, DenyReason reason, string? reference = null)
    {
        foreach (var compartment in record.Record.Compartments)
            Add(compartment.PatientKey, null, reason, reference ?? record.Record.RecordKey);
    }

    /// <summary>A record of patients in whose compartments the caller has nothing.</summary>
    public void Elsewhere(string recordKey, IEnumerable<string> patientKeys)
    {
        foreach (var patientKey in patientKeys)
            Add(patientKey, null, DenyReason.NoConsent, recordKey);
    }

    /// <summary>A record that is not there; the organization's log has who asked.</summary>
    public void Absent(string reference) => Add(organizationKey, null, DenyReason.NoConsent, reference);

    /// <summary>The entries; one at least, so that a request that found nothing is logged as well.</summary>
    public IReadOnlyList<AuditEvent> Events() =>
        _decisions.Count == 0
            ?
            [
                new AuditEvent
                {
                    Action = Action,
                    PatientKey = organizationKey,
                    Agent = request.Actors[0],
                    Purpose = request.Purpose,
                    Interaction = interaction,
                },
            ]
            :
            [
                .. _decisions.Select(pair => new AuditEvent
                {
                    Action = Action,
                    Decision = pair.Key.Reason is null ? AuditDecision.Permitted : AuditDecision.Refused,
                    Reason = pair.Key.Reason,
                    Basis = pair.Key.Basis,
                    PatientKey = pair.Key.PatientKey,
                    Agent = request.Actors[0],
                    Purpose = request.Purpose,
                    Interaction = interaction,
                    Entities = [.. pair.Value.Take(MaxEntities)],
                    Note = pair.Value.Count > MaxEntities ? $"{pair.Value.Count} records" : null,
                }),
            ];

    private void Add(string patientKey, PermitBasis? basis, DenyReason? reason, string entity)
    {
        if (!_decisions.TryGetValue((patientKey, basis, reason), out var entities))
            _decisions.Add((patientKey, basis, reason), entities = []);
        entities.Add(entity);
    }
}
