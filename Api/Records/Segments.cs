using MedLedger.Api.Persistence;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>Where records of a class are sealed.</summary>
internal static class Segments
{
    /// <summary>The newest segment of a class, staged when there is none yet; null when the patient's keys cannot be had.</summary>
    public static async Task<Segment?> NewestAsync(
        LedgerContext context,
        RecordVault vault,
        string patientKey,
        string sensitivityClass,
        string classKey,
        CancellationToken cancellation
    )
    {
        var segment = await context
            .Segments.AsNoTracking()
            .Where(s => s.ClassKey == classKey)
            .OrderByDescending(s => s.Epoch)
            .FirstOrDefaultAsync(cancellation);
        if (segment is not null)
            return segment;
        var readers = await GrantReaders.OfAsync(context, vault, patientKey, sensitivityClass, cancellation);
        if (vault.CreateSegment(patientKey, classKey, epoch: 1, readers) is not { } made)
            return null;
        context.Segments.Add(made.Segment);
        context.Stanzas.AddRange(made.Stanzas);
        return made.Segment;
    }
}
