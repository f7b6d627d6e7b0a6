using MedLedger.Api.Persistence;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>Stages what a record is found by, in the transaction that writes it.</summary>
internal static class SearchRows
{
    /// <summary>The tokens of a record as its row has them: cut, in ascending order.</summary>
    public static byte[] Join(IEnumerable<string> tokens)
    {
        var cut = tokens.Select(RecordSearch.Cut).ToList();
        cut.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        return [.. cut.SelectMany(token => token)];
    }

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
        var bytes = Join(
            record
                .Terms.Select(term => index.Token(record.Type, term.Parameter, term.Value))
                .Prepend(index.Token("", "_type", record.Type))
        );
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
