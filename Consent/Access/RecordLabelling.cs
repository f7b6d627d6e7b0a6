using System.Text.Json;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Access;

/// <summary>A stored version with the labels that it should have.</summary>
/// <param name="Facts">The facts with the labels.</param>
/// <param name="Rows">The row of each compartment, by patient key.</param>
public sealed record LabelledRecord(ResourceFacts Facts, IReadOnlyDictionary<string, Relabelled> Rows);

/// <summary>
/// Labels stored records anew: opens them only for that, with permits that are made and used up here; no content leaves.
/// For one thread.
/// </summary>
public sealed class RecordLabelling(RecordVault vault) : IDisposable
{
    private readonly OpeningSession _session = vault.BeginOpening();

    /// <summary>The openings, for sealing the same records again in the same transaction.</summary>
    public OpeningSession Session => _session;

    /// <summary>Labels one version of a record.</summary>
    /// <param name="record">The row.</param>
    /// <param name="keys">What opens it.</param>
    /// <param name="leaves">Its current leaves by patient key; null for a superseded version, which has none.</param>
    /// <param name="classes">The exception classes in force, by patient key.</param>
    /// <param name="label">
    /// The facts with their labels, of the content and the facts as they are. It is given the content and must keep nothing.
    /// </param>
    /// <returns>Null when it does not open, or does not hash to its leaves.</returns>
    public LabelledRecord? Label(
        SealedRecord record,
        IReadOnlyList<CompartmentKeys> keys,
        IReadOnlyDictionary<string, Fr>? leaves,
        IReadOnlyDictionary<string, ExceptionClasses> classes,
        Func<JsonElement, ResourceFacts, ResourceFacts> label
    )
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentNullException.ThrowIfNull(label);
        var permits = record.Compartments.Select(c => vault.OwnPermit(record, c.PatientKey)).ToList();
        using var opened = leaves is null
            ? _session.OpenSuperseded(permits, record, keys)
            : _session.Open(permits, record, keys, leaves);
        if (opened is null)
            return null;
        using var json = JsonDocument.Parse(opened.Content(), new JsonDocumentOptions { MaxDepth = 512 });
        var facts = label(json.RootElement, opened.Facts);
        var rows = new Dictionary<string, Relabelled>(StringComparer.Ordinal);
        foreach (var compartment in record.Compartments)
        {
            if (
                !classes.TryGetValue(compartment.PatientKey, out var own)
                || vault.Relabel(record.RecordKey, record.Version, compartment, own, facts) is not { } row
            )
                return null;
            rows.Add(compartment.PatientKey, row);
        }
        return new LabelledRecord(facts, rows);
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
