using MedLedger.Api.Persistence;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>Which of a patient's records are wanted.</summary>
/// <param name="Patient"><c>Patient/id</c>.</param>
internal sealed record CompartmentQuery(string Patient)
{
    /// <summary>Resource types; null for all.</summary>
    public HashSet<string>? Types { get; init; }

    /// <summary>Unix milliseconds: nothing that was written before.</summary>
    public long Since { get; init; }

    /// <summary>The first moment of care, in ticks; what has no date of care is always wanted.</summary>
    public decimal Start { get; init; } = decimal.MinValue;

    /// <summary>The moment at which care ends, in ticks.</summary>
    public decimal End { get; init; } = decimal.MaxValue;

    /// <summary>Only some of the records are wanted.</summary>
    public bool IsNarrowed => Types is not null || Since > 0 || Start > decimal.MinValue || End < decimal.MaxValue;
}

/// <summary>Which records of a compartment may be wanted: by what storage knows in clear, and by blind tokens of types.</summary>
internal static class CompartmentRecords
{
    /// <summary>Storage keys in their order, which says nothing of the records.</summary>
    public static async Task<IReadOnlyList<string>> KeysAsync(
        LedgerContext context,
        RecordVault vault,
        string patientKey,
        CompartmentQuery query,
        CancellationToken cancellation
    )
    {
        var rows = context.Compartments.AsNoTracking().Where(c => c.PatientKey == patientKey);
        if (query.Since > 0)
            rows = rows.Where(c => context.Records.Any(r => r.RecordKey == c.RecordKey && r.Written >= query.Since));
        var keys = await rows.Select(c => c.RecordKey).Distinct().Order().ToListAsync(cancellation);
        using var index = query.Types is null ? null : vault.OpenIndex(patientKey);
        if (index is null)
            return keys;
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var type in query.Types!)
        {
            var token = index.Token("", "_type", type);
            wanted.UnionWith(await RecordReader.KeysByTokenAsync(context, token, cancellation));
        }
        return [.. keys.Where(wanted.Contains)];
    }

    /// <summary>Storage keys of records of a compartment that are deleted, and were so since a time (Unix milliseconds).</summary>
    public static async Task<IReadOnlyList<string>> DeletedAsync(
        LedgerContext context,
        string patientKey,
        long since,
        CancellationToken cancellation
    ) =>
        await context
            .Compartments.AsNoTracking()
            .Where(c => c.PatientKey == patientKey)
            .Where(c =>
                context.Records.Any(r =>
                    r.RecordKey == c.RecordKey && r.Version == c.Version && r.IsDeleted && r.Written >= since
                ) && !context.Records.Any(r => r.RecordKey == c.RecordKey && r.Version > c.Version)
            )
            .Select(c => c.RecordKey)
            .Order()
            .ToListAsync(cancellation);
}
