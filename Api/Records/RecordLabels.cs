using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Log;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// Gives a patient's records the exception bits that the next grants forbid (PROTOCOL, section 3): rows, leaves, the
/// classes and the log entry in one transaction, after which records that are written carry them too.
/// </summary>
internal sealed class RecordLabels(Store store, AuditTrail audit)
{
    /// <summary>Relabels; does nothing when the records carry these classes already. The leaves wait for the next anchor.</summary>
    /// <exception cref="InvalidDataException">A record cannot be relabelled: nothing has changed then.</exception>
    public async Task RelabelAsync(string patientKey, ExceptionClasses classes, CancellationToken cancellation)
    {
        using var turn = await store.WritingAsync(cancellation);
        await using var context = store.CreateDbContext();
        context.ChangeTracker.AutoDetectChangesEnabled = false;
        var state = await context.Set<ConsentStateRow>().FindAsync([patientKey], cancellation);
        var current = ExceptionClasses.Open(store.Vault, patientKey, state?.Classes ?? []);
        if (current is not null && current.SameAs(classes))
            return;

        var staged = await StageAsync(context, patientKey, classes, cancellation);
        var content =
            classes.Seal(store.Vault, patientKey) ?? throw new InvalidDataException("A patient's keys cannot be had.");
        if (state is null)
            context.Add(new ConsentStateRow { PatientKey = patientKey, Classes = content });
        else
        {
            state.Classes = content;
            context.Entry(state).Property(row => row.Classes).IsModified = true;
        }
        var relabelled = new AuditEvent
        {
            Action = AuditAction.Relabelled,
            PatientKey = patientKey,
            Agent = "consent",
            Note = $"{staged.Count} records",
        };
        var patient =
            await context.Patients.FindAsync([patientKey], cancellation)
            ?? throw new InvalidDataException("A patient has no row; the database is damaged.");
        var leaves = new Dictionary<PatientRow, IReadOnlyList<StagedLeaf>> { [patient] = staged };
        await store.Roots.CommitAsync(context, leaves, audit, [relabelled], cancellation);
    }

    // The newest version of each record: leaves of older ones are in no tree that a grant is proven against.
    private async Task<List<StagedLeaf>> StageAsync(
        LedgerContext context,
        string patientKey,
        ExceptionClasses classes,
        CancellationToken cancellation
    )
    {
        var current = await store.Roots.LeavesToWriteAsync(context, patientKey, cancellation);
        var positions = new LeafPositions(current);
        var staged = new List<StagedLeaf>();
        var rows = context
            .Compartments.AsNoTracking()
            .Where(c =>
                c.PatientKey == patientKey
                && c.Version == context.Records.Where(r => r.RecordKey == c.RecordKey).Max(r => r.Version)
            );
        foreach (var row in await rows.ToListAsync(cancellation))
        {
            var relabelled =
                store.Vault.Relabel(row.RecordKey, row.Version, row.ToSealed(), classes)
                ?? throw new InvalidDataException(
                    "A stored record cannot be relabelled; no grant is made that leans on its labels."
                );
            // What was rolled back does not become current by a new label.
            if (current?.Leaf(row.RecordKey) != relabelled.Before)
                throw new InvalidDataException(
                    "The check recordRoot failed: a stored record is not the one in the record tree; nothing is relabelled."
                );
            if (!relabelled.IsChanged)
                continue;
            row.Facts = relabelled.Compartment.Facts;
            context.Attach(row).Property(one => one.Facts).IsModified = true;
            var leaf = relabelled.Leaf.ToBytes();
            staged.Add(new StagedLeaf(row.RecordKey, positions.Take(row.RecordKey), leaf) { Version = row.Version });
        }
        return staged;
    }
}
