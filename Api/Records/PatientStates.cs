using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// Loads what the gate needs to know of patients: their own Consents and grants, by storage ownership. Without an issuer
/// (no chain is open) there are no grants, and whatever needs one is denied.
/// </summary>
internal sealed class PatientStates(RecordVault vault, RecordGate gate, GrantIssuer? issuer = null)
{
    private const int MostTries = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private const string OfPatient = "SELECT Reference, Erased IS NOT NULL FROM patients WHERE PatientKey = $0";
    private static readonly IReadOnlySet<string> None = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>States by patient key, the organization's included. A patient who is not known has none.</summary>
    /// <param name="context">Where they are read.</param>
    /// <param name="patientKeys">Whose.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="own">
    /// Of these (<see cref="OwnOf"/>) no more than whether they were erased: for a caller who reads what is their own, of
    /// which the gate asks nothing else. It permits nobody else by such a state.
    /// </param>
    public async Task<IReadOnlyDictionary<string, PatientState>> LoadAsync(
        LedgerContext context,
        IEnumerable<string> patientKeys,
        CancellationToken cancellation,
        IReadOnlyDictionary<string, string>? own = null
    )
    {
        var states = new Dictionary<string, PatientState>(StringComparer.Ordinal)
        {
            [vault.OrganizationKey] = new() { PatientKey = vault.OrganizationKey },
        };
        foreach (var key in patientKeys.Distinct(StringComparer.Ordinal))
        {
            if (states.ContainsKey(key))
                continue;
            if (await LoadAsync(context, key, own?.GetValueOrDefault(key), cancellation) is { } state)
                states.Add(key, state);
        }
        return states;
    }

    /// <summary>
    /// The compartments whose patient the caller is, when they ask to read, with <c>Patient/id</c>: a compartment's key is
    /// the keyed hash of it.
    /// </summary>
    public IReadOnlyDictionary<string, string> OwnOf(AccessRequest request) =>
        request
            .Actors.Where(actor => request.Action == "access" && actor.StartsWith("Patient/", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .ToDictionary(vault.PatientKey, actor => actor, StringComparer.Ordinal);

    /// <summary>What shows or compiles a patient's consents needs all of them.</summary>
    /// <exception cref="InvalidDataException">One of them cannot be read.</exception>
    public static void AssertCertain(PatientState state)
    {
        if (state.IsUncertain)
            throw new InvalidDataException(
                "A stored record or Consent of a patient is missing, damaged or exchanged; nobody but the patient reads, "
                    + "and nothing is granted. Restore the database from a backup."
            );
    }

    private async Task<PatientState?> LoadAsync(
        LedgerContext context,
        string patientKey,
        string? own,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        if (Read(context, patientKey, own is not null) is not { } read)
            return null;
        var reference = own ?? vault.OpenReference(patientKey, read.Reference);
        if (read.IsErased || reference is null)
            return new PatientState { PatientKey = patientKey, IsErased = true };
        if (own is not null)
            return new PatientState { PatientKey = patientKey, Patient = reference };
        var directives = await DirectivesAsync(context, patientKey, cancellation);
        var state = new PatientState
        {
            PatientKey = patientKey,
            Patient = reference,
            Directives = directives ?? [],
            IsUncertain = directives is null,
            Grants = read.Grants,
            Emergencies = read.Emergencies,
        };
        var delegates = await Delegates.ReadersAsync(context, vault, gate, state, read.Delegations, cancellation);
        return state with { Delegates = delegates };
    }

    private PatientRows? Read(LedgerContext context, string patientKey, bool isOwn)
    {
        using var reading = context.BeginReading();
        var rows = Query.Rows(context, OfPatient, row => new PatientRows(row.Bytes(0), row.GetBoolean(1)), patientKey);
        if (rows is not [var patient])
            return null;
        return isOwn
            ? patient
            : patient with
            {
                Grants = issuer is null ? [] : issuer.Committed(context, patientKey),
                Emergencies = EmergencyStore.Open(context, vault, patientKey, gate.Now),
                Delegations = Delegates.Read(context, vault, patientKey),
            };
    }

    /// <summary>What rows say of a patient, beside the Consents.</summary>
    private sealed record PatientRows(byte[] Reference, bool IsErased)
    {
        public IReadOnlyList<CommittedGrant> Grants { get; init; } = [];

        public IReadOnlyList<Emergency> Emergencies { get; init; } = [];

        public IReadOnlyList<Delegation> Delegations { get; init; } = [];
    }

    // Null when one cannot be read: it might forbid, and without it more would be permitted than the patient said.
    private async Task<IReadOnlyList<ConsentDirective>?> DirectivesAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    )
    {
        if (await ConsentLeavesAsync(context, patientKey, cancellation) is not { } leaves)
            return null;
        if (gate.KnownDirectives(patientKey, leaves) is { } known)
            return known;
        var (directives, read) = (new List<ConsentDirective>(), new Dictionary<string, Fr>(StringComparer.Ordinal));
        await foreach (var stored in RecordReader.LoadAsync(context, [.. leaves.Keys], cancellation, deleted: true))
        {
            var rows = stored.Keys.FirstOrDefault(k => k.Segment.PatientKey == patientKey);
            if (
                rows is null
                || !stored.Leaves.TryGetValue(patientKey, out var leaf)
                || !gate.TryOpenDirective(stored.Record, rows, leaf, out var directive)
            )
                return null;
            read.Add(stored.Record.RecordKey, leaf);
            if (directive is not null)
                directives.Add(directive);
        }
        if (read.Count != leaves.Count)
            return null;
        gate.KeepDirectives(patientKey, read, directives);
        return directives;
    }

    // By the leaves that hash to the root in the signed log, not by search tokens, which somebody may have removed.
    private async Task<IReadOnlyDictionary<string, Fr>?> ConsentLeavesAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    )
    {
        var roots = context.Roots ?? throw new InvalidOperationException("This context reads no records.");
        for (var tries = 0; tries < MostTries; tries++)
        {
            var before = roots.Changes;
            var leaves = await roots.LeavesAsync(context, patientKey, cancellation);
            if (leaves?.Consents is { } known)
                return LeavesOf(leaves, known);
            var found = leaves is null ? None : await FindConsentsAsync(context, patientKey, leaves, cancellation);
            if (before == roots.Changes && before % 2 == 0)
            {
                if (leaves is not null)
                    leaves.Consents = found;
                return found is null ? null : LeavesOf(leaves, found);
            }
            await Task.Delay(Pause, cancellation); // a write came in between
        }
        return null;
    }

    // Of one moment: what another write makes of the leaves is another object.
    private static Dictionary<string, Fr> LeavesOf(RecordLeaves? leaves, IReadOnlySet<string> consents) =>
        consents.ToDictionary(key => key, key => leaves!.Leaf(key)!.Value, StringComparer.Ordinal);

    private async Task<IReadOnlySet<string>?> FindConsentsAsync(
        LedgerContext context,
        string patientKey,
        RecordLeaves leaves,
        CancellationToken cancellation
    )
    {
        var rows = await context
            .Compartments.AsNoTracking()
            .Where(c => c.PatientKey == patientKey)
            .OrderBy(c => c.Version)
            .ToListAsync(cancellation);
        var newest = new Dictionary<string, CompartmentRow>(StringComparer.Ordinal);
        foreach (var row in rows)
            newest[row.RecordKey] = row;
        var current = new List<CurrentRecord>();
        foreach (var key in leaves.RecordKeys)
        {
            if (!newest.TryGetValue(key, out var row))
                return null;
            current.Add(new CurrentRecord(key, row.Version, row.ToSealed(), leaves.Leaf(key)!.Value));
        }
        return gate.FindConsents(patientKey, current);
    }
}
