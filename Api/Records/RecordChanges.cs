using System.Security.Cryptography;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Records;

/// <summary>One resource to write.</summary>
/// <param name="Record">The new content.</param>
/// <param name="Reason">A change or a deletion.</param>
/// <param name="Expected">The version that is there now, 0 for none: another one is a conflict.</param>
/// <param name="Patients">Keys of the compartments that it is in already; null for a new record.</param>
internal sealed record RecordChange(
    PreparedRecord Record,
    WriteReason Reason,
    int Expected,
    IReadOnlyList<string>? Patients = null
)
{
    /// <summary>What the caller's software may write in this way; null when it is what the request says.</summary>
    public IReadOnlyList<RequestScope>? Scopes { get; init; }
}

/// <summary>Why a change was not made.</summary>
internal enum ChangeProblem
{
    None,

    /// <summary>The record has another version by now, or the id is taken.</summary>
    Conflict,

    /// <summary>The caller may not write this.</summary>
    Forbidden,

    /// <summary>It breaks a rule, which the text says.</summary>
    Rule,
}

/// <summary>What became of one change.</summary>
internal readonly record struct ChangeResult(
    WriteOutcome Outcome,
    int Version,
    DateTimeOffset Written,
    ChangeProblem Problem = ChangeProblem.None,
    string? Text = null
);

/// <summary>Writes resources for a caller, all or none, with their log entries in the same database transaction.</summary>
internal sealed class RecordChanges(OpenLedger ledger)
{
    private const int MaxEntities = 100;
    private readonly Store _store = ledger.Store;

    /// <summary>A new random id (a version 4 UUID).</summary>
    public static string NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>
    /// Makes all changes, or none: the first result with a problem is the last one of the answer then, and its index is
    /// that of the change.
    /// </summary>
    /// <param name="changes">In the order in which they are made.</param>
    /// <param name="request">Who writes, with the purpose; the action is what the change is.</param>
    /// <param name="isTrusted">A service that may write for every patient: consents are not asked.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<IReadOnlyList<ChangeResult>> ApplyAsync(
        IReadOnlyList<RecordChange> changes,
        AccessRequest request,
        bool isTrusted,
        CancellationToken cancellation
    )
    {
        await using var writer = await RecordWriter.BeginAsync(_store, cancellation);
        await writer.LoadAsync([.. changes.Select(c => c.Record.Reference)], cancellation);
        var results = new ChangeResult[changes.Count];
        var entities = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        // Patients first, then what names its patient, then what belongs to one through others.
        var order = Enumerable.Range(0, changes.Count).OrderBy(i => Rank(changes[i])).ToList();
        foreach (var i in order)
        {
            var change = changes[i];
            results[i] = await ApplyAsync(writer, change, request, isTrusted, entities, cancellation);
            if (results[i].Problem != ChangeProblem.None)
                return [.. results.Take(i).Select(r => r with { Problem = ChangeProblem.None }), results[i]];
        }
        if (entities.Count > 0)
        {
            var events = entities.Select(pair => Event(request, pair.Key, pair.Value)).ToList();
            await writer.CommitAsync(ledger.Audit, events, cancellation);
        }
        return results;
    }

    private int Rank(RecordChange change) =>
        change.Record.Type == "Patient" ? 0
        : change.Patients is not null || RecordOwners.Stated(_store.Vault, change.Record).Count > 0 ? 1
        : 2;

    private async Task<ChangeResult> ApplyAsync(
        RecordWriter writer,
        RecordChange change,
        AccessRequest request,
        bool isTrusted,
        Dictionary<string, List<string>> entities,
        CancellationToken cancellation
    )
    {
        var record = change.Record;
        if (writer.VersionOf(record.Reference) != change.Expected)
            return Refused(ChangeProblem.Conflict);
        var patients =
            change.Reason == WriteReason.Deletion ? change.Patients! : await OwnersAsync(writer, record, cancellation);
        if (change.Patients is not null && !Same(patients, change.Patients))
            return Refused(ChangeProblem.Rule, "a resource stays with the patients that it is about");
        if (!isTrusted && !await MayWriteAsync(writer, change, patients, request, cancellation))
            return Refused(ChangeProblem.Forbidden);
        var (outcome, reason) = await writer.WriteAsync(record, patients, cancellation, change.Reason);
        if (outcome == WriteOutcome.Rejected)
            return Refused(ChangeProblem.Rule, reason);
        if (outcome != WriteOutcome.Unchanged)
        {
            foreach (var patient in patients.DefaultIfEmpty(_store.Vault.OrganizationKey))
            {
                if (!entities.TryGetValue(patient, out var written))
                    entities.Add(patient, written = []);
                written.Add(record.Reference);
            }
        }
        var time =
            outcome == WriteOutcome.Unchanged
                ? await writer.WrittenAsync(record.Reference, cancellation)
                : writer.Written;
        return new ChangeResult(outcome, writer.VersionOf(record.Reference), time);
    }

    // Only those who may write for everybody write what belongs to no patient.
    private async Task<bool> MayWriteAsync(
        RecordWriter writer,
        RecordChange change,
        IReadOnlyList<string> patients,
        AccessRequest request,
        CancellationToken cancellation
    )
    {
        if (patients.Count == 0)
            return false;
        var states = await ledger.States.LoadAsync(writer.Context, patients, cancellation);
        var view = await ledger.Chain.ViewAsync(cancellation);
        var asked = request with
        {
            Action = change.Expected == 0 ? "collect" : "correct",
            Scopes = change.Scopes ?? request.Scopes,
        };
        return ledger.Gate.MayWrite(asked, change.Record.Description.Facts, change.Record.Meta, patients, states, view);
    }

    private async Task<IReadOnlyList<string>> OwnersAsync(
        RecordWriter writer,
        PreparedRecord record,
        CancellationToken cancellation
    )
    {
        var stated = RecordOwners.Stated(_store.Vault, record);
        return stated.Count == 0 && RecordOwners.MayBeIndirect(record)
            ? await RecordOwners.ThroughOthersAsync(writer, record, cancellation)
            : stated;
    }

    private static bool Same(IReadOnlyList<string> one, IReadOnlyList<string> other) =>
        one.ToHashSet(StringComparer.Ordinal).SetEquals(other);

    private static ChangeResult Refused(ChangeProblem problem, string? text = null) =>
        new(WriteOutcome.Rejected, 0, default, problem, text);

    private static AuditEvent Event(AccessRequest request, string patientKey, List<string> written) =>
        new()
        {
            Action = AuditAction.Written,
            PatientKey = patientKey,
            Agent = request.Actors[0],
            Purpose = request.Purpose,
            Interaction = "write",
            Entities = [.. written.Take(MaxEntities)],
            Note = written.Count > MaxEntities ? $"{written.Count} records" : null,
        };
}
