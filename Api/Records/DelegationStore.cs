using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MedLedger.Api.Records;

/// <summary>Somebody acts for a patient; the row says neither who nor for whom.</summary>
internal sealed class DelegationRow
{
    /// <summary>16 random bytes, hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary><see cref="PatientRow.PatientKey"/>.</summary>
    public required string PatientKey { get; init; }

    /// <summary><see cref="SealedDelegation.Seal"/>.</summary>
    public required byte[] Content { get; set; }
}

internal sealed class DelegationRowConfiguration : IEntityTypeConfiguration<DelegationRow>
{
    public void Configure(EntityTypeBuilder<DelegationRow> builder)
    {
        builder.ToTable("delegations").HasKey(d => d.Id);
        builder.HasIndex(d => d.PatientKey);
        builder.HasOne<PatientRow>().WithMany().HasForeignKey(d => d.PatientKey);
    }
}

/// <summary>Who may act for whom: recorded with its evidence, sealed, logged, and asked before each act.</summary>
internal sealed class DelegationStore(Store store, RecordGate gate, AuditTrail audit, Jurisdiction jurisdiction)
{
    /// <summary>
    /// Records a delegation, in place of an earlier one of the same person for the same patient. The RelatedPerson must
    /// be stored as this patient's. Answers a problem, or null.
    /// </summary>
    public async Task<string?> RecordAsync(Delegation delegation, CancellationToken cancellation)
    {
        var patientKey = store.Vault.PatientKey(delegation.Patient);
        await using var context = store.CreateDbContext();
        if (!await IsTheirsAsync(context, delegation.Delegate, patientKey, cancellation))
            return "there is no such RelatedPerson of this patient";
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        if (SealedDelegation.Seal(store.Vault, patientKey, id, delegation) is not { } content)
            return "the patient's keys cannot be had";
        foreach (var (row, known) in await LoadAsync(context, patientKey, cancellation))
        {
            if (known.Delegate == delegation.Delegate)
                context.Remove(row);
        }
        context.Add(
            new DelegationRow
            {
                Id = id,
                PatientKey = patientKey,
                Content = content,
            }
        );
        var recorded = new AuditEvent
        {
            Action = AuditAction.ConsentChanged,
            PatientKey = patientKey,
            Agent = delegation.Delegate,
            Patient = delegation.Patient,
            Interaction = "delegation",
            Entities = [delegation.Delegate, delegation.Evidence],
            Note = delegation.Power.ToString(),
        };
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
        var birth = await BirthAsync(context, patient, cancellation);
        var refusal = DelegationRefusal.NotTheirs;
        foreach (var (_, delegation) in await LoadAsync(context, patientKey, cancellation))
        {
            var now = store.Time.GetUtcNow();
            var answer = delegation.Refuses(who, patient, birth, act, jurisdiction, now);
            if (answer is null)
            {
                return consent is null || delegation.Bounds(consent, birth, jurisdiction)
                    ? null
                    : "the consent's period does not end when the power to give it does";
            }
            if (answer != DelegationRefusal.NotTheirs)
                refusal = answer.Value;
        }
        return refusal switch
        {
            DelegationRefusal.NotInForce => "the delegation is not in force",
            DelegationRefusal.PatientIsOfAge => "the patient is of age",
            DelegationRefusal.PatientIsMinor => "the patient is a minor",
            DelegationRefusal.AgeUnknown => "the patient's date of birth is not known to the day",
            DelegationRefusal.BeyondPower => "it is beyond the stated power",
            _ => "they have no recorded power for this patient",
        };
    }

    /// <summary>The patient whose Consent this is, <c>Patient/id</c>; null when there is none.</summary>
    public async Task<string?> PatientOfAsync(string consent, CancellationToken cancellation)
    {
        var all = await ConsentStore.ListAsync(store, gate, cancellation);
        return all.FirstOrDefault(one => one.Consent == consent)?.Patient;
    }

    private async Task<List<(DelegationRow Row, Delegation Delegation)>> LoadAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    )
    {
        var rows = await context.Set<DelegationRow>().Where(d => d.PatientKey == patientKey).ToListAsync(cancellation);
        return
        [
            .. rows.Select(row => (row, SealedDelegation.Open(store.Vault, patientKey, row.Id, row.Content)))
                .Where(pair => pair.Item2 is not null)
                .Select(pair => (pair.row, pair.Item2!)),
        ];
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

    // Opened as the patient reads it, for the age alone; a date without its day tells no age.
    private async Task<DateOnly?> BirthAsync(LedgerContext context, string patient, CancellationToken cancellation)
    {
        var patientKey = store.Vault.PatientKey(patient);
        var stored = await RecordReader
            .LoadAsync(context, [store.Vault.RecordKey(patient)], cancellation)
            .FirstOrDefaultAsync(cancellation);
        if (stored is null)
            return null;
        var states = await new PatientStates(store.Vault, gate).LoadAsync(context, [patientKey], cancellation);
        var request = Requests.BySubject(patient, store.Time.GetUtcNow());
        var opener = new RecordOpener(store.Vault, gate);
        using var opened = opener.Open([stored], request, states, chain: null, (_, _) => { }).FirstOrDefault();
        if (opened is null)
            return null;
        using var json = JsonDocument.Parse(opened.Content());
        return
            json.RootElement.TryGetProperty("birthDate", out var date)
            && date.ValueKind == JsonValueKind.String
            && DateOnly.TryParseExact(
                date.GetString(),
                "yyyy-MM-dd",
                CultureInfo.InvariantCulture,
                default,
                out var birth
            )
            ? birth
            : null;
    }
}
