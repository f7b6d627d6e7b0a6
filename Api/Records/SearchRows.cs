using MedLedger.Api.Persistence;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>Stages what a record is found by, in the transaction that writes it.</summary>
internal static class SearchRows
{
    /// <summary>Adds or replaces the row of a record in one compartment.</summary>
    public static async Task StageAsync(
        LedgerContext context,
        PreparedRecord record,
        string recordKey,
        string patientKey,
        PatientIndex index,
        bool isNew,
        CancellationToken cancellation
    )
    {
        var tokens = record
            .Terms.Select(term => RecordSearch.Token(index, record.Type, term.Parameter, term.Value))
            .Prepend(RecordSearch.Token(index, "", "_type", record.Type))
            .ToList();
        tokens.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        var bytes = tokens.SelectMany(token => token).ToArray();
        var known = isNew ? null : await context.Search.FindAsync([patientKey, recordKey], cancellation);
        if (known is null)
        {
            context.Search.Add(
                new SearchRow
                {
                    PatientKey = patientKey,
                    RecordKey = recordKey,
                    Tokens = bytes,
                }
            );
            return;
        }
        known.Tokens = bytes;
        // contexts that write records do not look for changes
        if (context.Entry(known).State != EntityState.Added)
            context.Entry(known).State = EntityState.Modified;
    }
}
