using MedLedger.Api.Jobs;
using MedLedger.Api.Keys;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>What a change of a patient's consents came to on the chain.</summary>
/// <param name="Granted">Leaves of the grants that were committed.</param>
/// <param name="Revoked">Leaves of the grants that were ended.</param>
/// <param name="Stuck">Leaves that are denied here and that the chain still has: no signed revocation of them can be had.</param>
/// <param name="Gaps">What the consents permit and no grant covers, in sentences.</param>
/// <param name="IsWaiting">The chain does not answer: what denies is in force, the rest is done when it does.</param>
internal sealed record GrantChange(
    IReadOnlyList<Fr> Granted,
    IReadOnlyList<Fr> Revoked,
    IReadOnlyList<Fr> Stuck,
    IReadOnlyList<string> Gaps,
    bool IsWaiting = false
);

/// <summary>A stored grant, opened, with where it stands on the chain now.</summary>
internal sealed record IssuedGrant(GrantCapsule Capsule, CommittedGrant Committed);

/// <summary>
/// Makes a patient's consents grants on the chain, and ends them. A change runs revoke, relabel, anchor, grant; each step
/// is durable before the next and looks first at what is there, so that <see cref="ResumeAsync"/> goes on after a crash.
/// </summary>
internal sealed class GrantIssuer : IDisposable
{
    /// <summary>Analyses that one grant allows.</summary>
    public const int MaxUses = 1024;

    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);
    private static readonly TimeSpan Renewal = TimeSpan.FromDays(30);
    private readonly Store store;
    private readonly LedgerChain chain;
    private readonly Anchoring anchoring;
    private readonly PatientStates states;
    private readonly RecordLabels labels;
    private readonly GrantSigner signer;
    private readonly GrantSender sender;
    private readonly CommittedGrants committed;
    private readonly SemaphoreSlim one = new(1);

    public GrantIssuer(
        Store store,
        LedgerChain chain,
        GranteeDirectory grantees,
        Anchoring anchoring,
        AuditTrail audit,
        RecordGate gate
    )
    {
        this.store = store;
        this.chain = chain;
        this.anchoring = anchoring;
        states = new PatientStates(store.Vault, gate);
        labels = new RecordLabels(store, audit);
        signer = new GrantSigner(store, chain, grantees, audit);
        sender = new GrantSender(store, chain);
        committed = new CommittedGrants(store.Vault, chain);
    }

    /// <summary>
    /// Makes the grants of a patient follow all consents that are stored: as few revocations and new grants as do it.
    /// </summary>
    /// <exception cref="InvalidDataException">A stored Consent or record cannot be opened; nothing was granted.</exception>
    public async Task<GrantChange> CommitAsync(string patientKey, CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            var (granted, revoked) = (new List<Fr>(), new List<Fr>());
            while (true)
            {
                var change = await ChangeAsync(patientKey, cancellation);
                var step = await StepAsync(patientKey, cancellation);
                granted.AddRange(step.Granted);
                revoked.AddRange(step.Revoked);
                // A Consent that was written meanwhile has another change: once more.
                if (await EndAsync(patientKey, change, cancellation))
                    return step with { Granted = granted, Revoked = revoked };
            }
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>
    /// Finishes what an earlier run wrote and did not see in a block. Answers one sentence for each thing that cannot be
    /// finished; it is tried again next time, and denied meanwhile.
    /// </summary>
    public async Task<IReadOnlyList<string>> ResumeAsync(CancellationToken cancellation)
    {
        var problems = new List<string>();
        var sent = await sender.SendRevocationsAsync(cancellation);
        problems.AddRange(sent.Stuck.Select(Explain));
        await using var context = store.CreateDbContext();
        var open = await context
            .Set<ConsentStateRow>()
            .Where(c => c.Change != null)
            .Select(c => c.PatientKey)
            .ToListAsync(cancellation);
        foreach (var patientKey in open)
        {
            try
            {
                await CommitAsync(patientKey, cancellation);
            }
            catch (InvalidDataException damaged)
            {
                problems.Add(damaged.Message);
            }
        }
        if (await context.Set<GrantRow>().AnyAsync(g => !g.IsGranted && !g.IsRevocationSigned, cancellation))
        {
            await anchoring.EnrolAsync(cancellation);
            await sender.SendGrantsAsync(cancellation);
        }
        return problems;
    }

    /// <summary>What consents come to, with the options that grants are made with.</summary>
    public static CompiledGrants Compile(
        IReadOnlyList<ConsentDirective> directives,
        string patient,
        DateTimeOffset now
    ) => GrantCompiler.Compile(directives, Options(patient, now));

    /// <summary>
    /// Takes up changes that wait for the chain, when there are any; for a server's clock. Cheap when there are none.
    /// </summary>
    public async Task ContinueAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        if (
            await context.Set<ConsentStateRow>().AnyAsync(c => c.Change != null, cancellation)
            || await context.Set<GrantRow>().AnyAsync(g => g.IsRevocationSigned && !g.IsRevoked, cancellation)
        )
            await ResumeAsync(cancellation);
    }

    /// <summary>What to say of a grant that the chain still has though its patient ended it.</summary>
    public static string Explain(Fr leaf) =>
        $"The grant 0x{Convert.ToHexStringLower(leaf.ToBytes())} is denied here, but the chain still has it: its stored "
        + "row is damaged. Restore the database from a backup; it is tried again at each start.";

    /// <summary>The grants of a patient that have not ended here, with the state that the chain gives them now.</summary>
    public async Task<IReadOnlyList<IssuedGrant>> GrantsAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    )
    {
        var rows = await context
            .Set<GrantRow>()
            .AsNoTracking()
            .Where(g => g.PatientKey == patientKey)
            .ToListAsync(cancellation);
        var grants = new List<IssuedGrant>();
        foreach (var row in rows)
        {
            if (row.Open(store.Vault) is not { } capsule)
                continue;
            var leaf = capsule.Commitment.Leaf;
            var used = await context
                .Set<AnalysisRow>()
                .CountAsync(a => a.GrantId == row.GrantId && a.Slot != null, cancellation);
            var state = CommittedGrants.StateOf(row.IsRevocationSigned, leaf, chain);
            grants.Add(
                new IssuedGrant(capsule, new CommittedGrant(capsule.Grant, leaf, state, capsule.Grant.MaxUses - used))
            );
        }
        return grants;
    }

    /// <summary>The same for the gate, which needs no secret of a grant.</summary>
    public IReadOnlyList<CommittedGrant> Committed(LedgerContext context, string patientKey) =>
        committed.Of(context, patientKey);

    /// <inheritdoc/>
    public void Dispose() => one.Dispose();

    private async Task<GrantChange> StepAsync(string patientKey, CancellationToken cancellation)
    {
        var revoked = new List<Fr>();
        var isNew = true;
        while (true)
        {
            var (patient, plan, unreadable) = await PlanAsync(patientKey, cancellation);
            if (plan.Revocations.Count > 0 || unreadable.Count > 0)
                await signer.SignRevocationsAsync(patientKey, patient, plan, unreadable, cancellation);
            else if (!isNew)
                return await GrantAsync(patientKey, patient, plan, revoked, cancellation);
            // Before anything is granted the chain has all ends that were signed, or is known not to get them.
            revoked.AddRange((await sender.SendRevocationsAsync(cancellation)).Ended);
            isNew = false;
        }
    }

    private async Task<(string Patient, GrantPlan Plan, IReadOnlyList<GrantRow> Unreadable)> PlanAsync(
        string patientKey,
        CancellationToken cancellation
    )
    {
        await using var context = store.CreateDbContext();
        var loaded = await states.LoadAsync(context, [patientKey], cancellation);
        if (loaded.GetValueOrDefault(patientKey) is not { Patient: { } patient } state)
            throw new InvalidDataException("A patient's keys cannot be had.");
        PatientStates.AssertCertain(state);
        var rows = await context
            .Set<GrantRow>()
            .AsNoTracking()
            .Where(g => g.PatientKey == patientKey && !g.IsRevoked)
            .ToListAsync(cancellation);
        var grants = await GrantsAsync(context, patientKey, cancellation);
        var damaged = rows.ExceptBy(grants.Select(g => g.Capsule.GrantId), row => row.GrantId, StringComparer.Ordinal)
            .ToList();
        var row = await context.Set<ConsentStateRow>().FindAsync([patientKey], cancellation);
        var now = store.Time.GetUtcNow();
        var plan = GrantPlan.Make(
            state.Directives,
            Options(patient, now),
            [.. grants.Select(g => g.Committed)],
            ExceptionClasses.Open(store.Vault, patientKey, row?.Classes ?? []),
            damaged.Count == 0,
            now,
            Renewal
        );
        return (patient, plan, [.. damaged.Where(one => !one.IsRevocationSigned)]);
    }

    private static CompilerOptions Options(string patient, DateTimeOffset now) =>
        new()
        {
            Patient = patient,
            ValidFrom = now.AddMinutes(-1),
            ValidUntil = now + Validity,
            MaxUses = MaxUses,
        };

    private async Task<GrantChange> GrantAsync(
        string patientKey,
        string patient,
        GrantPlan plan,
        IReadOnlyList<Fr> revoked,
        CancellationToken cancellation
    )
    {
        await labels.RelabelAsync(patientKey, plan.Labels, cancellation);
        if (plan.Labels.All.Count > 0)
            await anchoring.AnchorRecordsAsync(cancellation);
        await signer.SignGrantsAsync(patientKey, patient, plan, cancellation);
        await anchoring.EnrolAsync(cancellation);
        var granted = await sender.SendGrantsAsync(cancellation);
        return new GrantChange(
            granted,
            revoked,
            await StuckAsync(patientKey, cancellation),
            [.. plan.Compiled!.Report.Select(gap => gap.Words)]
        );
    }

    private async Task<IReadOnlyList<Fr>> StuckAsync(string patientKey, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var rows = await context
            .Set<GrantRow>()
            .Where(g => g.PatientKey == patientKey && g.IsRevocationSigned && !g.IsRevoked)
            .Select(g => g.Leaf)
            .ToListAsync(cancellation);
        return [.. rows.Select(bytes => Fr.TryParseCanonical(bytes, out var leaf) ? leaf : Fr.Zero)];
    }

    private async Task<string?> ChangeAsync(string patientKey, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        return await context
            .Set<ConsentStateRow>()
            .Where(c => c.PatientKey == patientKey)
            .Select(c => c.Change)
            .SingleOrDefaultAsync(cancellation);
    }

    private async Task<bool> EndAsync(string patientKey, string? change, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        await context
            .Set<ConsentStateRow>()
            .Where(c => c.PatientKey == patientKey && c.Change == change)
            .ExecuteUpdateAsync(set => set.SetProperty(c => c.Change, (string?)null), cancellation);
        return !await context
            .Set<ConsentStateRow>()
            .AnyAsync(c => c.PatientKey == patientKey && c.Change != null, cancellation);
    }
}
