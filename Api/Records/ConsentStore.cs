using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>A Consent as a list shows it.</summary>
/// <param name="Consent"><c>Consent/id</c>.</param>
/// <param name="Patient"><c>Patient/id</c>.</param>
/// <param name="IsActive">Whether its status is active.</param>
/// <param name="IsWaiting">The chain does not have all yet that follows from the patient's consents; denials hold already.</param>
internal sealed record StoredConsent(string Consent, string Patient, bool IsActive, bool IsWaiting);

/// <summary>Consents as records of their patient, and the grants that follow from them.</summary>
internal sealed class ConsentStore(Store store, RecordGate gate, GrantIssuer issuer, AuditTrail audit)
{
    /// <summary>Reads a Consent of one patient that can be evaluated; null with the problem.</summary>
    public static PreparedRecord? TryRead(ReadOnlyMemory<byte> json, out string? problem)
    {
        var record = PreparedRecord.TryPrepare(json, null, null, SensitivityRules.BuiltIn, out problem);
        if (record is null)
            return null;
        problem = ProblemOf(record);
        return problem is null ? record : null;
    }

    /// <summary>Why a resource is no Consent of one patient that can be evaluated; null when it is one.</summary>
    public static string? ProblemOf(PreparedRecord record) =>
        record.Type != "Consent" ? "not a Consent"
        : record.Description.Patients is not [_] ? "a Consent names one patient"
        : !ConsentDirective.TryParse(record.Content, out _) ? "a Consent that cannot be read as rules"
        : null;

    /// <summary>Stores a Consent and commits what it grants; null with the problem when it is refused.</summary>
    public async Task<(string? Consent, GrantChange? Change, string? Problem)> AddAsync(
        ReadOnlyMemory<byte> json,
        CancellationToken cancellation,
        string? givenBy = null
    ) =>
        TryRead(json, out var problem) is { } record
            ? await AddAsync(record, [], cancellation, givenBy)
            : (null, null, problem);

    /// <summary>The same, of one that was read; with documents of the same patient that go with it, all or none.</summary>
    public async Task<(string? Consent, GrantChange? Change, string? Problem)> AddAsync(
        PreparedRecord record,
        IReadOnlyList<PreparedRecord> documents,
        CancellationToken cancellation,
        string? givenBy = null
    )
    {
        var patientKey = store.Vault.PatientKey(record.Description.Patients[0]);
        if (await WriteAsync(record, documents, patientKey, givenBy, cancellation) is { } refused)
            return (null, null, refused);
        return (record.Reference, await CommitAsync(patientKey, cancellation), null);
    }

    /// <summary>
    /// Ends a Consent: it becomes inactive, the grants that rest on it end, and what other consents allow stays or is
    /// granted anew. Null when there is no such Consent.
    /// </summary>
    /// <param name="consent"><c>Consent/id</c>.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="givenBy">Who ends it; null for the patient.</param>
    /// <param name="documents">Documents of the patient that go with it, stored in the same transaction.</param>
    public async Task<GrantChange?> RevokeAsync(
        string consent,
        CancellationToken cancellation,
        string? givenBy = null,
        IReadOnlyList<PreparedRecord>? documents = null
    )
    {
        await using var context = store.CreateDbContext();
        var stored = await RecordReader
            .LoadAsync(context, [store.Vault.RecordKey(consent)], cancellation)
            .FirstOrDefaultAsync(cancellation);
        if (stored?.Record.Compartments is not [{ PatientKey: var patientKey }])
            return null;
        var states = await new PatientStates(store.Vault, gate).LoadAsync(context, [patientKey], cancellation);
        if (
            states.GetValueOrDefault(patientKey)?.Patient is not { } patient
            || Inactive(stored, states, patient) is not { } record
        )
            return null;

        // From here on the gate denies what it permitted, whatever happens to the rest.
        await WriteAsync(record, documents ?? [], patientKey, givenBy, cancellation);
        return await CommitAsync(patientKey, cancellation);
    }

    /// <summary>The patient whose Consent this is, <c>Patient/id</c>; null when there is none.</summary>
    public async Task<string?> PatientOfAsync(string consent, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var stored = await RecordReader
            .LoadAsync(context, [store.Vault.RecordKey(consent)], cancellation)
            .FirstOrDefaultAsync(cancellation);
        if (stored?.Record.Compartments is not [{ PatientKey: var patientKey }])
            return null;
        var states = await new PatientStates(store.Vault, gate).LoadAsync(context, [patientKey], cancellation);
        var state = states.GetValueOrDefault(patientKey);
        return state?.Directives.Any(directive => directive.Reference == consent) == true ? state.Patient : null;
    }

    /// <summary>Consents, by patient.</summary>
    /// <param name="store">The records.</param>
    /// <param name="gate">Reads them.</param>
    /// <param name="patient">One patient's only, <c>Patient/id</c>; null for all.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="InvalidDataException">One of them cannot be read.</exception>
    public static async Task<IReadOnlyList<StoredConsent>> ListAsync(
        Store store,
        RecordGate gate,
        string? patient,
        CancellationToken cancellation
    )
    {
        await using var context = store.CreateDbContext();
        var one = patient is null ? null : store.Vault.PatientKey(patient);
        var keys = await context
            .Patients.Where(p => p.Index >= 0 && p.Erased == null && (one == null || p.PatientKey == one))
            .Select(p => p.PatientKey)
            .ToListAsync(cancellation);
        var states = await new PatientStates(store.Vault, gate).LoadAsync(context, keys, cancellation);
        foreach (var state in states.Values)
            PatientStates.AssertCertain(state);
        var changing = context.Set<ConsentStateRow>().Where(c => c.Change != null).Select(c => c.PatientKey);
        var sending = context
            .Set<GrantRow>()
            .Where(g => g.IsRevocationSigned ? !g.IsRevoked : !g.IsGranted)
            .Select(g => g.PatientKey);
        var waiting = await changing.Union(sending).ToHashSetAsync(StringComparer.Ordinal, cancellation);
        return
        [
            .. states
                .Values.Where(state => state.Patient is not null)
                .SelectMany(state =>
                    state.Directives.Select(directive => new StoredConsent(
                        directive.Reference ?? "",
                        state.Patient!,
                        directive.IsActive,
                        waiting.Contains(state.PatientKey)
                    ))
                )
                .OrderBy(c => c.Patient, StringComparer.Ordinal)
                .ThenBy(c => c.Consent, StringComparer.Ordinal),
        ];
    }

    // The row that the write left says that the change is not finished: it is taken up when the chain answers.
    private async Task<GrantChange> CommitAsync(string patientKey, CancellationToken cancellation)
    {
        try
        {
            return await issuer.CommitAsync(patientKey, cancellation);
        }
        catch (ChainUnavailableException)
        {
            return new GrantChange([], [], [], [], IsWaiting: true);
        }
    }

    private async Task<string?> WriteAsync(
        PreparedRecord record,
        IReadOnlyList<PreparedRecord> documents,
        string patientKey,
        string? givenBy,
        CancellationToken cancellation
    )
    {
        await using var writer = await RecordWriter.BeginAsync(store, cancellation);
        var (outcome, reason) = await writer.WriteAsync(record, [patientKey], cancellation, WriteReason.Change);
        if (outcome == WriteOutcome.Rejected)
            return reason;
        foreach (var document in documents)
        {
            if (await writer.WriteAsync(document, [patientKey], cancellation) is (WriteOutcome.Rejected, var why))
                return why;
        }
        if (outcome == WriteOutcome.Unchanged && documents.Count == 0)
            return null;
        var entry = new AuditEvent
        {
            Action = AuditAction.ConsentChanged,
            PatientKey = patientKey,
            Agent = givenBy ?? record.Description.Patients[0],
            Patient = record.Description.Patients[0],
            Entities = [record.Reference, .. documents.Select(document => document.Reference)],
        };
        await writer.CommitAsync(audit, [entry], cancellation);
        return null;
    }

    private PreparedRecord? Inactive(
        StoredRecord stored,
        IReadOnlyDictionary<string, PatientState> states,
        string patient
    )
    {
        var opener = new RecordOpener(store.Vault, gate);
        var request = Requests.BySubject(patient, store.Time.GetUtcNow());
        using var opened = opener.Open([stored], request, states, chain: null, (_, _) => { }).FirstOrDefault();
        if (opened is null || JsonNode.Parse(opened.Content().Span) is not JsonObject resource)
            return null;
        if ((string?)resource["resourceType"] != "Consent")
            return null;
        resource["status"] = "inactive";
        using var document = JsonDocument.Parse(resource.ToJsonString());
        return PreparedRecord.Prepare(Fhir.ResourceText.Canonical(document.RootElement), SensitivityRules.BuiltIn);
    }
}
