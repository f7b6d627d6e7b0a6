using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// Loads what the gate needs to know of patients: their own Consents and grants, by storage ownership. Without an issuer
/// (no chain is open) there are no grants, and whatever needs one is denied.
/// </summary>
internal sealed class PatientStates(RecordVault vault, RecordGate gate, GrantIssuer? issuer = null)
{
    /// <summary>States by patient key, the organization's included. A patient who is not known has none.</summary>
    public async Task<IReadOnlyDictionary<string, PatientState>> LoadAsync(
        LedgerContext context,
        IEnumerable<string> patientKeys,
        CancellationToken cancellation
    )
    {
        var states = new Dictionary<string, PatientState>(StringComparer.Ordinal)
        {
            [vault.OrganizationKey] = new() { PatientKey = vault.OrganizationKey },
        };
        foreach (var key in patientKeys.Distinct(StringComparer.Ordinal))
        {
            if (!states.ContainsKey(key) && await LoadAsync(context, key, cancellation) is { } state)
                states.Add(key, state);
        }
        return states;
    }

    private async Task<PatientState?> LoadAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    )
    {
        var row = await context
            .Patients.AsNoTracking()
            .SingleOrDefaultAsync(p => p.PatientKey == patientKey, cancellation);
        if (row is null)
            return null;
        var reference = vault.OpenReference(patientKey, row.Reference);
        if (row.Erased is not null || reference is null)
            return new PatientState { PatientKey = patientKey, IsErased = true };
        return new PatientState
        {
            PatientKey = patientKey,
            Patient = reference,
            Directives = await DirectivesAsync(context, patientKey, cancellation),
            Grants = issuer is null
                ? []
                : [.. (await issuer.GrantsAsync(context, patientKey, cancellation)).Select(g => g.Committed)],
        };
    }

    private async Task<IReadOnlyList<ConsentDirective>> DirectivesAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    )
    {
        using var index = vault.OpenIndex(patientKey);
        if (index is null)
            return [];
        var keys = await RecordReader.KeysByTokenAsync(context, index.Token("", "_type", "Consent"), cancellation);
        var directives = new List<ConsentDirective>();
        await foreach (var stored in RecordReader.LoadAsync(context, keys, cancellation))
        {
            var rows = stored.Keys.FirstOrDefault(k => k.Segment.PatientKey == patientKey);
            if (rows is null || !stored.Leaves.TryGetValue(patientKey, out var leaf))
                throw new InvalidDataException("A stored Consent lacks rows; nothing is permitted without it.");
            // A Consent that cannot be read might forbid: leaving it out would permit more than the patient said.
            directives.Add(
                gate.OpenDirective(stored.Record, rows, leaf)
                    ?? throw new InvalidDataException(
                        "A stored Consent cannot be opened; nothing is permitted without it."
                    )
            );
        }
        return directives;
    }
}
