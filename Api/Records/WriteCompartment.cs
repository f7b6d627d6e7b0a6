using MedLedger.Api.Persistence;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Records;

/// <summary>A compartment that one write transaction touches, with what is staged for it.</summary>
/// <param name="Row">Its row, perhaps a new one.</param>
/// <param name="Index">Its keyed digests; the transaction's to dispose.</param>
/// <param name="Classes">The patient's exception classes; null when they cannot be read.</param>
internal sealed record WriteCompartment(PatientRow Row, PatientIndex Index, ExceptionClasses? Classes)
{
    /// <summary>How its grants stand to its consents; null before there is any.</summary>
    public ConsentStateRow? State { get; set; }

    /// <summary>Which positions of its tree are free; null before one is needed.</summary>
    public LeafPositions? Positions { get; set; }

    /// <summary>What was sealed into it, and where in its tree.</summary>
    public List<(SealedWrite Write, int Position, bool IsConsent)> Written { get; } = [];

    /// <summary>The leaves of all of these.</summary>
    public IReadOnlyList<StagedLeaf> Leaves =>
        [
            .. Written.Select(one => new StagedLeaf(
                one.Write.Record.RecordKey,
                one.Position,
                one.Write.Leaves[Row.PatientKey].ToBytes(),
                one.IsConsent
            )
            {
                Version = one.Write.Record.Version,
            }),
        ];
}
