using MedLedger.Api.Fhir;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Records;

/// <summary>In which patients' compartments a resource belongs.</summary>
internal static class RecordOwners
{
    /// <summary>
    /// By its type's own paths; a type that the compartment leaves out belongs to every patient that it mentions. Keys of
    /// the compartments.
    /// </summary>
    public static IReadOnlyList<string> Stated(RecordVault vault, PreparedRecord record)
    {
        var patients =
            record.Description.Patients.Count > 0 ? record.Description.Patients : record.Description.Mentioned;
        return [.. patients.Select(vault.PatientKey)];
    }

    /// <summary>Whether a type is in compartments, so that a resource that names no patient may belong to one through others.</summary>
    public static bool MayBeIndirect(PreparedRecord record) => ResourcePaths.Of(record.Type).Patient.Count > 0;

    /// <summary>The owners of what a resource refers to.</summary>
    public static async Task<IReadOnlyList<string>> ThroughOthersAsync(
        RecordWriter writer,
        PreparedRecord record,
        CancellationToken cancellation
    )
    {
        var owners = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var reference in record.Description.Facts.RefersTo ?? [])
            owners.UnionWith(await writer.OwnersAsync(reference, cancellation));
        return [.. owners];
    }
}
