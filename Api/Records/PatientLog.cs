using System.Runtime.CompilerServices;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>One entry of the log that concerns a patient, opened.</summary>
internal readonly record struct PatientLogEntry(long Index, AuditEntry Entry, AuditDetails Details);

/// <summary>All that the log has about one patient; what is read with it is for the patient, and logged by the caller.</summary>
internal static class PatientLog
{
    /// <summary>The entries, the oldest first; those that cannot be opened any more are left out.</summary>
    /// <param name="store">The log.</param>
    /// <param name="patient"><c>Patient/id</c>.</param>
    /// <param name="step">Entries in one query.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static async IAsyncEnumerable<PatientLogEntry> ReadAsync(
        Store store,
        string patient,
        int step,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var patientKey = store.Vault.PatientKey(patient);
        await using var context = store.CreateDbContext();
        for (var at = -1L; ; )
        {
            var after = at;
            var page = await context
                .Set<SealedAuditDetails>()
                .AsNoTracking()
                .Where(d => d.PatientKey == patientKey && d.Index > after)
                .OrderBy(d => d.Index)
                .Take(step)
                .Join(
                    context.Set<LogEntryRow>().AsNoTracking(),
                    details => details.Index,
                    entry => entry.Index,
                    (details, entry) => new { Details = details, entry.Entry }
                )
                .ToListAsync(cancellation);
            if (page.Count == 0)
                yield break;
            foreach (var row in page.OrderBy(row => row.Details.Index))
            {
                at = row.Details.Index;
                if (
                    AuditEntry.TryDecode(row.Entry, out var entry)
                    && AuditDetails.Open(store.Vault, row.Details, entry) is { } details
                )
                    yield return new PatientLogEntry(at, entry, details);
            }
        }
    }
}
