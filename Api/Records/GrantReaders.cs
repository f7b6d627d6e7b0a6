using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// Who holds a stanza of which segment: a grantee has one for each sensitivity class that the grant may cover, as long as
/// the grant lasts. The gate decides for each record all the same.
/// </summary>
internal static class GrantReaders
{
    // Label bits 0 to 6 say how confidential, the bits above say which sensitivity.
    private const int FirstSensitivityBit = 7;

    /// <summary>Adds stanzas for the grantees of a patient's grants to the segments that are there.</summary>
    public static async Task AddAsync(
        LedgerContext context,
        RecordVault vault,
        string patientKey,
        IReadOnlyList<Grant> grants,
        CancellationToken cancellation
    )
    {
        using var index = vault.OpenIndex(patientKey);
        if (index is null)
            return;
        foreach (var name in SensitivityRules.BuiltIn.Classes)
        {
            var classKey = index.ClassKey(name);
            var readers = Readers(grants, name);
            var segments = await context
                .Segments.AsNoTracking()
                .Where(s => s.PatientKey == patientKey && s.ClassKey == classKey)
                .ToListAsync(cancellation);
            foreach (var segment in segments)
                await AddAsync(context, vault, segment, readers, cancellation);
        }
    }

    private static async Task AddAsync(
        LedgerContext context,
        RecordVault vault,
        Segment segment,
        IReadOnlyList<SegmentReader> readers,
        CancellationToken cancellation
    )
    {
        var stanzas = await context
            .Stanzas.AsNoTracking()
            .Where(s => s.SegmentId == segment.Id)
            .ToListAsync(cancellation);
        foreach (var reader in readers.Where(reader => vault.FindReader(segment, stanzas, reader) is null))
        {
            if (vault.AddReader(segment, stanzas, reader) is { } added)
                context.Stanzas.Add(added);
        }
    }

    /// <summary>
    /// Deletes the stanzas of everybody whom no remaining grant gives the class, and starts a new epoch of each segment
    /// that lost one. Those who stay have stanzas in the new epoch too.
    /// </summary>
    public static async Task KeepAsync(
        LedgerContext context,
        RecordVault vault,
        string patientKey,
        IReadOnlyList<Grant> remaining,
        CancellationToken cancellation
    )
    {
        using var index = vault.OpenIndex(patientKey);
        if (index is null)
            return;
        foreach (var name in SensitivityRules.BuiltIn.Classes)
        {
            var classKey = index.ClassKey(name);
            var readers = Readers(remaining, name);
            var segments = await context
                .Segments.AsNoTracking()
                .Where(s => s.PatientKey == patientKey && s.ClassKey == classKey)
                .OrderBy(s => s.Epoch)
                .ToListAsync(cancellation);
            var hasLost = false;
            foreach (var segment in segments)
            {
                var stanzas = await context.Stanzas.Where(s => s.SegmentId == segment.Id).ToListAsync(cancellation);
                var kept = readers
                    .Append(SegmentReader.Subject)
                    .Append(SegmentReader.BreakGlass)
                    .Select(reader => vault.FindReader(segment, stanzas, reader)?.Tag)
                    .ToHashSet(StringComparer.Ordinal);
                var lost = stanzas.Where(s => !kept.Contains(s.Tag)).ToList();
                context.Stanzas.RemoveRange(lost);
                hasLost |= lost.Count > 0;
            }
            if (hasLost && vault.CreateSegment(patientKey, classKey, segments[^1].Epoch + 1, readers) is { } next)
            {
                context.Segments.Add(next.Segment);
                context.Stanzas.AddRange(next.Stanzas);
            }
        }
    }

    /// <summary>Grantees for a segment that is made now.</summary>
    public static async Task<IReadOnlyList<SegmentReader>> OfAsync(
        LedgerContext context,
        RecordVault vault,
        string patientKey,
        string sensitivityClass,
        CancellationToken cancellation
    )
    {
        var rows = await context
            .Set<GrantRow>()
            .AsNoTracking()
            .Where(g => g.PatientKey == patientKey && !g.IsRevocationSigned)
            .ToListAsync(cancellation);
        var grants = rows.Select(row => row.Open(vault)?.Grant).OfType<Grant>();
        return Readers([.. grants], sensitivityClass);
    }

    private static IReadOnlyList<SegmentReader> Readers(IReadOnlyList<Grant> grants, string sensitivityClass) =>
        [
            .. grants
                .Where(grant => MayCover(grant, sensitivityClass))
                .Select(grant => SegmentReader.Grantee(grant.Grantee))
                .Distinct(),
        ];

    private static bool MayCover(Grant grant, string sensitivityClass)
    {
        var labels = SensitivityRules.BuiltIn.LabelsOfClass(sensitivityClass);
        return labels.Count == 0
            || labels.Any(label =>
            {
                var bits = Vocabulary.RecordLabels([new Coding(SensitivityRules.SystemOf(label), label)]);
                bits = bits >> FirstSensitivityBit << FirstSensitivityBit;
                return bits == 0 || (grant.Labels & bits) != 0;
            });
    }
}
