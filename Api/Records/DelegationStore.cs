using System.Security.Cryptography;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>Who may act for whom: recorded with its evidence, sealed, logged, and asked before each act.</summary>
internal sealed class DelegationStore(Store store, RecordGate gate, AuditTrail audit)
{
    /// <summary>
    /// Records a delegation, in place of an earlier one of the same person for the same patient. The RelatedPerson must
    /// be stored as this patient's. Answers a problem, or null.
    /// </summary>
    /// <param name="delegation">Who, for whom, on what ground.</param>
    /// <param name="recordedBy">Who saw the evidence: <c>operator</c>, or the reference of a caller.</param>
    /// <param name="cancellation">Ends it before it is written.</param>
    public async Task<string?> RecordAsync(Delegation delegation, string recordedBy, CancellationToken cancellation)
    {
        var patientKey = store.Vault.PatientKey(delegation.Patient);
        await using var context = store.CreateDbContext();
        if (!await IsTheirsAsync(context, delegation.Delegate, patientKey, cancellation))
            return "there is no such RelatedPerson of this patient";
        var birth = await BirthAsync(context, patientKey, cancellation);
        var age = delegation.Refuses(
            delegation.Delegate,
            delegation.Patient,
            birth,
            DelegatedAct.Read,
            gate.Settings.Jurisdiction,
            delegation.From
        );
        if (age is DelegationRefusal.PatientIsOfAge or DelegationRefusal.PatientIsMinor or DelegationRefusal.AgeUnknown)
            return Explain(age.Value);
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        if (SealedDelegation.Seal(store.Vault, patientKey, id, delegation) is not { } content)
            return "the patient's keys cannot be had";
        foreach (var (row, known) in await Delegates.LoadAsync(context, store.Vault, patientKey, cancellation))
        {
            if (known.Delegate == delegation.Delegate)
                context.Remove(row);
        }
        context.Add(
            new DelegationRow
            {
                Id = id,
                PatientKey = patientKey,
                DelegateKey = store.Vault.RecordKey(delegation.Delegate),
                Content = content,
            }
        );
        var recorded = Changed(patientKey, delegation, recordedBy, "delegation");
        await audit.AppendAsync(context, [recorded], () => context.SaveChangesAsync(cancellation), cancellation);
        return null;
    }

    /// <summary>
    /// Whether somebody may do this for a patient now; null when allowed, else why not. A consent must end when the
    /// power to give it does.
    /// </summary>
    /// <param name="who"><c>RelatedPerson/id</c>.</param>
    /// <param name="patient"><c>Patient/id</c>.</param>
    /// <param name="act">What is asked.</param>
    /// <param name="consent">The consent that is given; null for any other act.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<string?> RefusesAsync(
        string who,
        string patient,
        DelegatedAct act,
        ConsentDirective? consent,
        CancellationToken cancellation
    )
    {
        var patientKey = store.Vault.PatientKey(patient);
        await using var context = store.CreateDbContext();
        var all = await Delegates.LoadAsync(context, store.Vault, patientKey, cancellation);
        var birth = all.Count == 0 ? null : await BirthAsync(context, patientKey, cancellation);
        var refusal = DelegationRefusal.NotTheirs;
        foreach (var (_, delegation) in all)
        {
            var now = store.Time.GetUtcNow();
            var answer = delegation.Refuses(who, patient, birth, act, gate.Settings.Jurisdiction, now);
            if (answer is null)
            {
                return consent is null || delegation.Bounds(consent, birth, gate.Settings.Jurisdiction)
                    ? null
                    : "the consent's period does not end when the power to give it does";
            }
            if (answer != DelegationRefusal.NotTheirs)
                refusal = answer.Value;
        }
        return Explain(refusal);
    }

    private static string Explain(DelegationRefusal refusal) =>
        refusal switch
        {
            DelegationRefusal.NotInForce => "the delegation is not in force",
            DelegationRefusal.PatientIsOfAge => "the patient is of age",
            DelegationRefusal.PatientIsMinor => "the patient is a minor",
            DelegationRefusal.AgeUnknown => "the patient's date of birth is not known to the day",
            DelegationRefusal.BeyondPower => "it is beyond the stated power",
            _ => "they have no recorded power for this patient",
        };

    /// <summary>Delegations of a patient, in force or not.</summary>
    public async Task<IReadOnlyList<Delegation>> OfPatientAsync(string patient, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var all = await Delegates.LoadAsync(context, store.Vault, store.Vault.PatientKey(patient), cancellation);
        return [.. all.Select(pair => pair.Delegation).OrderBy(one => one.Delegate, StringComparer.Ordinal)];
    }

    /// <summary>Delegations of somebody who acts for others, in force or not.</summary>
    public async Task<IReadOnlyList<Delegation>> OfDelegateAsync(string who, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var key = store.Vault.RecordKey(who);
        var rows = await context
            .Set<DelegationRow>()
            .AsNoTracking()
            .Where(d => d.DelegateKey == key)
            .ToListAsync(cancellation);
        return
        [
            .. rows.Select(row => SealedDelegation.Open(store.Vault, row.PatientKey, row.Id, row.Content))
                .OfType<Delegation>()
                .Where(one => one.Delegate == who)
                .OrderBy(one => one.Patient, StringComparer.Ordinal),
        ];
    }

    /// <summary>
    /// Ends a delegation: the person acts no more from here on. What they consented to stays until it is revoked or ends.
    /// False when there is none that <paramref name="may"/> allows to end.
    /// </summary>
    public async Task<bool> EndAsync(
        string who,
        string patient,
        string endedBy,
        Func<Delegation, bool> may,
        CancellationToken cancellation
    )
    {
        var patientKey = store.Vault.PatientKey(patient);
        await using var context = store.CreateDbContext();
        var all = await Delegates.LoadAsync(context, store.Vault, patientKey, cancellation);
        var (row, delegation) = all.FirstOrDefault(pair => pair.Delegation.Delegate == who && may(pair.Delegation));
        if (row is null)
            return false;
        context.Remove(row);
        var ended = Changed(patientKey, delegation, endedBy, "delegation-end");
        await audit.AppendAsync(context, [ended], () => context.SaveChangesAsync(cancellation), cancellation);
        return true;
    }

    private async Task<bool> IsTheirsAsync(
        LedgerContext context,
        string related,
        string patientKey,
        CancellationToken cancellation
    )
    {
        var key = store.Vault.RecordKey(related);
        return related.StartsWith("RelatedPerson/", StringComparison.Ordinal)
            && await context.Compartments.AnyAsync(c => c.RecordKey == key && c.PatientKey == patientKey, cancellation);
    }

    private async Task<DateOnly?> BirthAsync(LedgerContext context, string patientKey, CancellationToken cancellation)
    {
        var states = await new PatientStates(store.Vault, gate).LoadAsync(context, [patientKey], cancellation);
        return states.GetValueOrDefault(patientKey) is { } state
            ? await BirthDate.ReadAsync(context, store.Vault, gate, state, cancellation)
            : null;
    }

    private static AuditEvent Changed(string patientKey, Delegation delegation, string agent, string interaction) =>
        new()
        {
            Action = AuditAction.ConsentChanged,
            PatientKey = patientKey,
            Agent = agent,
            Patient = delegation.Patient,
            Interaction = interaction,
            Entities = [delegation.Delegate, delegation.Evidence],
            Note = delegation.Power.ToString(),
        };
}
