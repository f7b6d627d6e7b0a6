using System.Text.Json;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Records;

/// <summary>What an export wrote and what stayed closed.</summary>
/// <param name="Records">Entries of the Bundle.</param>
/// <param name="Withheld">Records that other patients' consents keep closed too.</param>
/// <param name="Unreadable">Records that do not open: damaged rows, or keys that are gone.</param>
internal readonly record struct ExportReport(int Records, int Withheld, int Unreadable);

/// <summary>All that is stored of one patient as a FHIR collection Bundle, for the patient (GDPR articles 15 and 20).</summary>
internal sealed class PatientExport(Store store, RecordGate gate, AuditTrail audit)
{
    /// <summary>Writes the Bundle, once the log has it; null when there is no such patient, which is logged too.</summary>
    public async Task<ExportReport?> WriteAsync(string patient, Stream output, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var patientKey = store.Vault.PatientKey(patient);
        var keys = await RecordReader.KeysOfAsync(context, patientKey, cancellation);
        var exported = new AuditEvent
        {
            Action = AuditAction.Exported,
            PatientKey = keys.Count == 0 ? store.Vault.OrganizationKey : patientKey,
            Agent = "operator",
            Patient = patient,
            Interaction = "export",
            Decision = keys.Count == 0 ? AuditDecision.Refused : AuditDecision.Permitted,
            Reason = keys.Count == 0 ? DenyReason.KeysUnavailable : null,
            Basis = keys.Count == 0 ? null : PermitBasis.Subject,
            Note = $"{keys.Count} records",
        };
        await audit.AppendAsync([exported], cancellation);
        if (keys.Count == 0)
            return null;

        var states = new PatientStates(store.Vault, gate);
        var opener = new RecordOpener(store.Vault, gate);
        int records = 0,
            withheld = 0,
            unreadable = 0;
        var writer = new Utf8JsonWriter(output);
        await using var _ = writer.ConfigureAwait(false);
        writer.WriteStartObject();
        writer.WriteString("resourceType", "Bundle");
        writer.WriteString("type", "collection");
        writer.WriteStartArray("entry");
        foreach (var chunk in keys.Chunk(200))
        {
            var stored = await RecordReader.LoadAsync(context, chunk, cancellation).ToListAsync(cancellation);
            var patients = stored.SelectMany(s => s.Record.Compartments).Select(c => c.PatientKey);
            var known = await states.LoadAsync(context, patients, cancellation);
            var request = Requests.BySubject(patient, store.Time.GetUtcNow());
            var opened = opener.Open(
                stored,
                request,
                known,
                chain: null,
                (_, reason) =>
                {
                    if (reason == DenyReason.KeysUnavailable)
                        unreadable++;
                    else
                        withheld++;
                }
            );
            foreach (var record in opened)
            {
                using (record)
                {
                    writer.WriteStartObject();
                    writer.WritePropertyName("resource");
                    writer.WriteRawValue(record.Content().Span, skipInputValidation: true);
                    writer.WriteEndObject();
                    records++;
                }
            }
            await writer.FlushAsync(cancellation);
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
        return new ExportReport(records, withheld, unreadable);
    }
}
