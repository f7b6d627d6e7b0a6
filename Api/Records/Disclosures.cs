using System.Runtime.CompilerServices;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>One disclosure in the accounting that a patient asks for (45 CFR 164.528(b)(2)).</summary>
/// <param name="LogIndex">Index of its log entry.</param>
/// <param name="When">When it was disclosed.</param>
/// <param name="Recipient">Who received it.</param>
/// <param name="Source">Who disclosed it.</param>
/// <param name="What">What it was, in words.</param>
/// <param name="Records">References of the records, where the log has them.</param>
/// <param name="Purpose">Purpose of use (v3-ActReason); null when the log has none.</param>
/// <param name="IsEmergency">Opened by break-glass.</param>
/// <param name="IsTold">Somebody told it; this program did not do it itself.</param>
/// <param name="IsExempt">For treatment, payment or operations: 164.528(a)(1)(i) asks no accounting of it. It is listed all the same.</param>
internal sealed record AccountedDisclosure(
    long LogIndex,
    DateTimeOffset When,
    string Recipient,
    string Source,
    string What,
    IReadOnlyList<string> Records,
    string? Purpose,
    bool IsEmergency,
    bool IsTold,
    bool IsExempt
);

/// <summary>What left to whom: records what was told of other ways, and accounts for all of it from the log.</summary>
internal sealed class Disclosures(Store store, AuditTrail audit)
{
    /// <summary>How far back an accounting goes when nobody says otherwise (45 CFR 164.528(a)(1)).</summary>
    public const int Years = 6;

    private const int Step = 500;
    private static readonly string[] Operations = ["TREAT", "HPAYMT", "HOPERAT"];

    /// <summary>Logs a disclosure that somebody told; answers the index of its entry, null when there is no such patient.</summary>
    /// <param name="patient"><c>Patient/id</c>.</param>
    /// <param name="told">What was told.</param>
    /// <param name="purpose">Purpose of use, v3-ActReason.</param>
    /// <param name="toldBy">Who told it.</param>
    /// <param name="cancellation">Ends it before it is written.</param>
    public async Task<long?> RecordAsync(
        string patient,
        ToldDisclosure told,
        string purpose,
        string toldBy,
        CancellationToken cancellation
    )
    {
        var patientKey = store.Vault.PatientKey(patient);
        await using var context = store.CreateDbContext();
        if (!await context.Patients.AnyAsync(p => p.PatientKey == patientKey && p.Erased == null, cancellation))
            return null;
        var one = new AuditEvent
        {
            Action = AuditAction.Disclosed,
            PatientKey = patientKey,
            Agent = toldBy,
            Patient = patient,
            Purpose = purpose,
            Interaction = "recordDisclosure",
            Disclosure = told,
        };
        return await audit.AppendAsync([one], cancellation);
    }

    /// <summary>
    /// Disclosures of a patient's data to others, in the order of the log. What the patient, or who acts for them, read
    /// themselves is none (164.528(a)(1)(ii)).
    /// </summary>
    /// <param name="patient"><c>Patient/id</c>.</param>
    /// <param name="from">The first moment.</param>
    /// <param name="until">The first moment after it.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async IAsyncEnumerable<AccountedDisclosure> AccountAsync(
        string patient,
        DateTimeOffset from,
        DateTimeOffset until,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (var (index, entry, details) in PatientLog.ReadAsync(store, patient, Step, cancellation))
        {
            if (Of(index, entry, details) is { } one && one.When >= from && one.When < until)
                yield return one;
        }
    }

    /// <summary>The disclosure that an entry is; null when it is none.</summary>
    public static AccountedDisclosure? Of(long index, AuditEntry entry, AuditDetails details)
    {
        var isExempt = Array.Exists(Operations, o => Vocabulary.IsPurposeWithin(o, details.Purpose));
        if (details.Disclosure is { } told)
            return new AccountedDisclosure(
                index,
                told.When,
                told.Recipient,
                told.Source,
                told.What,
                [],
                details.Purpose,
                IsEmergency: false,
                IsTold: true,
                isExempt
            );
        if (
            entry.Decision == AuditDecision.Refused
            || entry.Basis == PermitBasis.Subject
            || entry.Action
                is not (
                    AuditAction.Read
                    or AuditAction.Searched
                    or AuditAction.Exported
                    or AuditAction.AnalysisDelivered
                )
        )
            return null;
        var records = details.Entities.Where(e => e.Contains('/', StringComparison.Ordinal)).ToList();
        // A search that found nothing of this patient told nothing of them.
        if (entry.Action == AuditAction.Searched && records.Count == 0)
            return null;
        return new AccountedDisclosure(
            index,
            details.Time,
            details.Agent,
            "this server",
            What(entry.Action, records, details.Note),
            records,
            details.Purpose,
            entry.Basis == PermitBasis.BreakGlass,
            IsTold: false,
            isExempt
        );
    }

    private static string What(AuditAction action, List<string> records, string? note)
    {
        var types = records
            .GroupBy(r => r[..r.IndexOf('/', StringComparison.Ordinal)], StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"{g.Count()} {g.Key}");
        var kinds = string.Join(", ", types);
        // Where a request concerned more records than the log names, its note has their number.
        var more = string.IsNullOrEmpty(note) ? "" : $" ({note})";
        return action switch
        {
            AuditAction.Exported => "all records" + more,
            AuditAction.AnalysisDelivered => "the result of an analysis" + more,
            _ => (kinds.Length == 0 ? "records" : kinds) + more,
        };
    }
}
