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
        var request = Requests.BySubject(patient, store.Time.GetUtcNow());
        if (!await BeginAsync(patient, "operator", null, "export", cancellation))
            return null;
        var writer = new Utf8JsonWriter(output);
        await using var _ = writer.ConfigureAwait(false);
        return await WriteAsync(patient, request, writer, null, cancellation);
    }

    /// <summary>Logs that all of a patient leaves; false when there is no such patient, which is logged too.</summary>
    /// <param name="patient"><c>Patient/id</c>.</param>
    /// <param name="agent">Who asks.</param>
    /// <param name="purpose">Purpose of use; null from the command line.</param>
    /// <param name="interaction">What it is called in the log.</param>
    /// <param name="cancellation">Ends it before it is logged.</param>
    public async Task<bool> BeginAsync(
        string patient,
        string agent,
        string? purpose,
        string interaction,
        CancellationToken cancellation
    )
    {
        await using var context = store.CreateDbContext();
        var patientKey = store.Vault.PatientKey(patient);
        var keys = await RecordReader.KeysOfAsync(context, patientKey, cancellation);
        var isThere = keys.Count > 0;
        var exported = new AuditEvent
        {
            Action = AuditAction.Exported,
            PatientKey = isThere ? patientKey : store.Vault.OrganizationKey,
            Agent = agent,
            Patient = patient,
            Purpose = purpose,
            Interaction = interaction,
            Decision = isThere ? AuditDecision.Permitted : AuditDecision.Refused,
            Reason = isThere ? null : DenyReason.KeysUnavailable,
            Basis = isThere ? PermitBasis.Subject : null,
            Note = $"{keys.Count} records",
        };
        await audit.AppendAsync([exported], cancellation);
        return isThere;
    }

    /// <summary>Writes the Bundle that <see cref="BeginAsync"/> has logged.</summary>
    /// <param name="patient"><c>Patient/id</c>.</param>
    /// <param name="request">Who asks: the gate decides on each record.</param>
    /// <param name="writer">Where the Bundle goes, as one value.</param>
    /// <param name="written">Told the facts of each record that was written; null for nobody.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<ExportReport> WriteAsync(
        string patient,
        AccessRequest request,
        Utf8JsonWriter writer,
        Action<ResourceFacts>? written,
        CancellationToken cancellation
    )
    {
        await using var context = store.CreateDbContext();
        var keys = await RecordReader.KeysOfAsync(context, store.Vault.PatientKey(patient), cancellation);
        var states = new PatientStates(store.Vault, gate);
        var opener = new RecordOpener(store.Vault, gate);
        int records = 0,
            withheld = 0,
            unreadable = 0;
        writer.WriteStartObject();
        writer.WriteString("resourceType", "Bundle");
        writer.WriteString("type", "collection");
        writer.WriteStartArray("entry");
        foreach (var chunk in keys.Chunk(200))
        {
            var stored = await RecordReader.LoadAsync(context, chunk, cancellation).ToListAsync(cancellation);
            var patients = stored.SelectMany(s => s.Record.Compartments).Select(c => c.PatientKey);
            var known = await states.LoadAsync(context, patients, cancellation);
            var opened = opener.Open(
                stored,
                request with
                {
                    Time = Requests.Moment(store.Time.GetUtcNow()),
                },
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
                    written?.Invoke(record.Facts);
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
