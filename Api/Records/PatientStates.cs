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
    private const int MostTries = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly Func<LedgerContext, string, Task<PatientRow?>> RowOf = EF.CompileAsyncQuery(
        (LedgerContext db, string key) => db.Patients.AsNoTracking().SingleOrDefault(p => p.PatientKey == key)
    );
    private static readonly IReadOnlySet<string> None = new HashSet<string>(StringComparer.Ordinal);

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
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        var row = await RowOf(context, patientKey);
        if (row is null)
            return null;
        var reference = vault.OpenReference(patientKey, row.Reference);
        if (row.Erased is not null || reference is null)
            return new PatientState { PatientKey = patientKey, IsErased = true };
        var directives = await DirectivesAsync(context, patientKey, cancellation);
        var state = new PatientState
        {
            PatientKey = patientKey,
            Patient = reference,
            Directives = directives ?? [],
            IsUncertain = directives is null,
            Grants = issuer is null ? [] : await issuer.CommittedAsync(context, patientKey, cancellation),
            Emergencies = await EmergencyStore.OpenAsync(context, vault, patientKey, gate.Now, cancellation),
        };
        return state with { Delegates = await Delegates.ReadersAsync(context, vault, gate, state, cancellation) };
    }

    // Null when one cannot be read: it might forbid, and without it more would be permitted than the patient said.
    private async Task<IReadOnlyList<ConsentDirective>?> DirectivesAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    )
    {
        if (await ConsentKeysAsync(context, patientKey, cancellation) is not { } keys)
            return null;
        var (directives, read) = (new List<ConsentDirective>(), 0);
        await foreach (var stored in RecordReader.LoadAsync(context, [.. keys], cancellation, deleted: true))
        {
            var rows = stored.Keys.FirstOrDefault(k => k.Segment.PatientKey == patientKey);
            if (
                rows is null
                || !stored.Leaves.TryGetValue(patientKey, out var leaf)
                || !gate.TryOpenDirective(stored.Record, rows, leaf, out var directive)
            )
                return null;
            read++;
            if (directive is not null)
                directives.Add(directive);
        }
        return read == keys.Count ? directives : null;
    }

    // By the leaves that hash to the root in the signed log, not by search tokens, which somebody may have removed.
    private async Task<IReadOnlySet<string>?> ConsentKeysAsync(
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
                return known;
            var found = leaves is null ? None : await FindConsentsAsync(context, patientKey, leaves, cancellation);
            if (before == roots.Changes && before % 2 == 0)
            {
                if (leaves is not null)
                    leaves.Consents = found;
                return found;
            }
            await Task.Delay(Pause, cancellation); // a write came in between
        }
        return null;
    }

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
