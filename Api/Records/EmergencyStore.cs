using System.Security.Cryptography;
using MedLedger.Api.Fhir;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>Who declares an emergency, for whom, why, for how long.</summary>
/// <param name="Actors">The caller first, then all that the caller acts as.</param>
/// <param name="Purpose">BTG or ETREAT.</param>
/// <param name="Patient"><c>Patient/id</c>.</param>
/// <param name="Reason">In words.</param>
/// <param name="Minutes">How long; null for as long as the place allows.</param>
internal sealed record Declaration(
    IReadOnlyList<string> Actors,
    string? Purpose,
    string Patient,
    string? Reason,
    int? Minutes
);

/// <summary>What became of a declaration, a review or an end: a problem, and whether it was the request's form.</summary>
internal sealed record EmergencyAnswer(string? Id, long LogIndex, string? Problem, bool IsMalformed = false);

/// <summary>An emergency as the patient, its declarer and compliance see it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="LogIndex">The log entry of the declaration.</param>
/// <param name="Declared">What was declared, and what compliance found.</param>
/// <param name="Opened">References of the records that were opened by it.</param>
internal sealed record ListedEmergency(
    string Id,
    long LogIndex,
    DeclaredEmergency Declared,
    IReadOnlyList<string> Opened
);

/// <summary>
/// Emergencies (ARCHITECTURE section 5): declared with a reason by who holds an emergency role, for one patient and some
/// minutes; in the signed log before anything opens; told to the patient; signed off by compliance. Row and log entry are
/// one transaction: where the log cannot be written, there is no emergency.
/// </summary>
internal sealed class EmergencyStore(
    Store store,
    PatientStates states,
    RecordGate gate,
    GateSettings rules,
    AuditTrail audit
)
{
    private const int ShortestReason = 10;
    private const string NotHere = "there is no emergency access to this patient";
    private static readonly string[] Purposes = ["BTG", "ETREAT"];
    private const string OpenRows = "SELECT Id, Content FROM emergencies WHERE PatientKey = $0 AND Ends > $1";

    /// <summary>
    /// Declares. An unknown patient, one whose consents forbid it, and one whose keys are gone are the same answer; each
    /// refusal of somebody who may declare at all is logged.
    /// </summary>
    public async Task<EmergencyAnswer> DeclareAsync(Declaration asked, CancellationToken cancellation)
    {
        if (asked.Actors.FirstOrDefault(rules.EmergencyRoles.Contains) is not { } role)
            return Refused("the caller holds no emergency role");
        if (!Purposes.Contains(asked.Purpose, StringComparer.Ordinal))
            return Refused("the purpose of use is not an emergency's (BTG or ETREAT)");
        var longest = (int)rules.LongestEmergency.TotalMinutes;
        if (Words(asked.Reason, ShortestReason) is not { } reason)
            return Malformed(
                $"a reason of {ShortestReason} to {Emergency.LongestReason} characters is needed for the patient and the review"
            );
        if (asked.Minutes is < 1 || asked.Minutes > longest)
            return Malformed($"an emergency lasts from 1 to {longest} minutes");

        var now = store.Time.GetUtcNow();
        var patientKey = store.Vault.PatientKey(asked.Patient);
        var until = now.AddMinutes(asked.Minutes ?? longest);
        var emergency = new Emergency(asked.Actors[0], role, reason, now, until);
        await using var context = store.CreateDbContext();
        if (await RefusesAsync(context, asked, patientKey, emergency, cancellation) is { } denial)
        {
            await audit.AppendAsync([Event(asked, denial, patientKey, reason)], cancellation);
            return Refused(NotHere);
        }
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        if (new DeclaredEmergency(asked.Patient, emergency, null).Seal(store.Vault, patientKey, id) is not { } content)
            return Refused(NotHere);
        var index = await audit.AppendAsync(
            context,
            [Event(asked, null, patientKey, reason) with { Entities = ["emergency/" + id] }],
            first =>
            {
                context.Add(
                    new EmergencyRow
                    {
                        Id = id,
                        PatientKey = patientKey,
                        DeclarerKey = store.Vault.RecordKey(emergency.Declarer),
                        LogIndex = first,
                        Ends = until.ToUnixTimeSeconds() + 1,
                        Content = content,
                    }
                );
                return context.SaveChangesAsync(cancellation);
            },
            cancellation
        );
        return new EmergencyAnswer(id, index, null);
    }

    /// <summary>
    /// Compliance signs an emergency off, once. One that is not justified ends at once. Null when there is none.
    /// </summary>
    public async Task<EmergencyAnswer?> ReviewAsync(
        string id,
        string reviewer,
        bool isJustified,
        string? note,
        CancellationToken cancellation
    )
    {
        await using var context = store.CreateDbContext();
        if (await FindAsync(context, id, cancellation) is not ({ } row, { } known))
            return null;
        if (row.IsReviewed || known.Review is not null)
            return Refused("it was reviewed already");
        if (known.Emergency.Declarer == reviewer)
            return Refused("nobody reviews their own emergency");
        if (Words(note, 1) is not { } words)
            return Malformed($"a note of 1 to {Emergency.LongestReason} characters is needed for the patient");
        var now = store.Time.GetUtcNow();
        var emergency = known.Emergency;
        if (!isJustified && emergency.Until > now)
            emergency = emergency with { Until = now };
        var reviewed = known with { Emergency = emergency, Review = new(reviewer, isJustified, words, now) };
        row.IsReviewed = true;
        var outcome = isJustified ? "justified" : "unjustified";
        var told = Change(row, known, reviewer, AuditAction.EmergencyReviewed, "review") with
        {
            Note = $"{outcome}: {words}",
        };
        return await ChangeAsync(context, row, reviewed, told, cancellation);
    }

    /// <summary>The declarer ends an emergency that is over. Null when there is none of theirs.</summary>
    public async Task<EmergencyAnswer?> EndAsync(string id, string declarer, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        if (await FindAsync(context, id, cancellation) is not ({ } row, { } known))
            return null;
        if (known.Emergency.Declarer != declarer)
            return null;
        var now = store.Time.GetUtcNow();
        if (known.Emergency.Until <= now)
            return new EmergencyAnswer(id, row.LogIndex, null);
        var ended = known with { Emergency = known.Emergency with { Until = now } };
        var told = Change(row, known, declarer, AuditAction.BreakGlass, "end");
        return await ChangeAsync(context, row, ended, told, cancellation);
    }

    /// <summary>
    /// Emergencies of a patient, of a declarer, or all (both null): those that wait for review first, the oldest first.
    /// </summary>
    public async Task<IReadOnlyList<ListedEmergency>> ListAsync(
        string? patient,
        string? declarer,
        bool waitingOnly,
        CancellationToken cancellation
    )
    {
        await using var context = store.CreateDbContext();
        var rows = context.Set<EmergencyRow>().AsNoTracking();
        var patientKey = patient is null ? null : store.Vault.PatientKey(patient);
        var declarerKey = declarer is null ? null : store.Vault.RecordKey(declarer);
        var found = await rows.Where(e => patientKey == null || e.PatientKey == patientKey)
            .Where(e => declarerKey == null || e.DeclarerKey == declarerKey)
            .Where(e => !waitingOnly || !e.IsReviewed)
            .OrderBy(e => e.IsReviewed)
            .ThenBy(e => e.LogIndex)
            .ToListAsync(cancellation);
        var listed = new List<ListedEmergency>();
        foreach (var row in found)
        {
            if (DeclaredEmergency.Open(store.Vault, row.PatientKey, row.Id, row.Content) is { } declared)
                listed.Add(
                    new ListedEmergency(
                        row.Id,
                        row.LogIndex,
                        declared,
                        await OpenedAsync(context, row, declared.Emergency, cancellation)
                    )
                );
        }
        return listed;
    }

    /// <summary>What the gate has to know: emergencies of a patient that may still hold.</summary>
    public static IReadOnlyList<Emergency> Open(
        LedgerContext context,
        Consent.Vault.RecordVault vault,
        string patientKey,
        DateTimeOffset now
    ) =>
        [
            .. Query
                .Rows(
                    context,
                    OpenRows,
                    row => (Id: row.GetString(0), Content: row.Bytes(1)),
                    patientKey,
                    now.ToUnixTimeSeconds()
                )
                .Select(row => DeclaredEmergency.Open(vault, patientKey, row.Id, row.Content)?.Emergency)
                .OfType<Emergency>(),
        ];

    // The gate is asked as it will be for reading, with the declaration in hand, about the patient's own resource.
    private async Task<DenyReason?> RefusesAsync(
        LedgerContext context,
        Declaration asked,
        string patientKey,
        Emergency emergency,
        CancellationToken cancellation
    )
    {
        var stored = await RecordReader
            .LoadAsync(context, [store.Vault.RecordKey(asked.Patient)], cancellation)
            .FirstOrDefaultAsync(cancellation);
        var loaded = await states.LoadAsync(context, [patientKey], cancellation);
        if (stored is null || loaded.GetValueOrDefault(patientKey) is not { Patient: not null } state)
            return DenyReason.NoConsent;
        var request = new AccessRequest
        {
            Patient = asked.Patient,
            Actors = asked.Actors,
            Purpose = Purposes[0],
            Action = "access",
            Time = Requests.Moment(emergency.From),
        };
        var declared = new Dictionary<string, PatientState>(loaded, StringComparer.Ordinal)
        {
            [patientKey] = state with { Emergencies = [emergency] },
        };
        var decisions = gate.Decide(request, stored.Record, declared, chain: null);
        return (decisions[^1].Decision as AccessDecision.Deny)?.Reason;
    }

    private async Task<(EmergencyRow? Row, DeclaredEmergency? Known)> FindAsync(
        LedgerContext context,
        string id,
        CancellationToken cancellation
    )
    {
        var row = await context.Set<EmergencyRow>().FindAsync([id], cancellation);
        return row is null
            ? (null, null)
            : (row, DeclaredEmergency.Open(store.Vault, row.PatientKey, row.Id, row.Content));
    }

    private async Task<EmergencyAnswer> ChangeAsync(
        LedgerContext context,
        EmergencyRow row,
        DeclaredEmergency changed,
        AuditEvent told,
        CancellationToken cancellation
    )
    {
        if (changed.Seal(store.Vault, row.PatientKey, row.Id) is not { } content)
            return Refused("the patient's keys cannot be had");
        row.Content = content;
        row.Ends = changed.Emergency.Until.ToUnixTimeSeconds() + 1;
        var index = await audit.AppendAsync(
            context,
            [told],
            () => context.SaveChangesAsync(cancellation),
            cancellation
        );
        return new EmergencyAnswer(row.Id, index, null);
    }

    private async Task<IReadOnlyList<string>> OpenedAsync(
        LedgerContext context,
        EmergencyRow row,
        Emergency emergency,
        CancellationToken cancellation
    )
    {
        var details = await context
            .Set<SealedAuditDetails>()
            .AsNoTracking()
            .Where(d => d.PatientKey == row.PatientKey && d.Index > row.LogIndex)
            .OrderBy(d => d.Index)
            .ToListAsync(cancellation);
        var log = new LogStore(context);
        var opened = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var sealedDetails in details)
        {
            var bytes = await log.ReadEntryAsync(sealedDetails.Index, cancellation);
            if (bytes is null || !AuditEntry.TryDecode(bytes, out var entry) || entry.Basis != PermitBasis.BreakGlass)
                continue;
            if (
                AuditDetails.Open(store.Vault, sealedDetails, entry) is { } one
                && one.Agent == emergency.Declarer
                && one.Time <= emergency.Until.AddMinutes(1)
            )
                opened.UnionWith(one.Entities.Where(e => !e.StartsWith("emergency/", StringComparison.Ordinal)));
        }
        return [.. opened];
    }

    private AuditEvent Event(Declaration asked, DenyReason? denial, string patientKey, string reason) =>
        new()
        {
            Action = AuditAction.BreakGlass,
            Decision = denial is null ? AuditDecision.Permitted : AuditDecision.Refused,
            Reason = denial,
            Basis = denial is null ? PermitBasis.BreakGlass : null,
            // nobody's key seals for a patient who is not known
            PatientKey = denial == DenyReason.NoConsent ? store.Vault.OrganizationKey : patientKey,
            Agent = asked.Actors[0],
            Patient = asked.Patient,
            Purpose = asked.Purpose,
            Interaction = "declare",
            Note = reason,
        };

    private static AuditEvent Change(
        EmergencyRow row,
        DeclaredEmergency known,
        string agent,
        AuditAction action,
        string interaction
    ) =>
        new()
        {
            Action = action,
            PatientKey = row.PatientKey,
            Agent = agent,
            Patient = known.Patient,
            Interaction = interaction,
            Entities = ["emergency/" + row.Id],
        };

    // It stands in AuditEvents.
    private static string? Words(string? text, int shortest) =>
        text?.Trim() is { Length: <= Emergency.LongestReason } words
        && words.Length >= shortest
        && ResourceValidator.IsText(words)
            ? words
            : null;

    private static EmergencyAnswer Refused(string problem) => new(null, 0, problem);

    private static EmergencyAnswer Malformed(string problem) => new(null, 0, problem, IsMalformed: true);
}
