using MedLedger.Consent.Commitments;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Persistence;

/// <summary>A patient's compartment, or the organization's. Nothing here says who it is.</summary>
internal sealed class PatientRow
{
    /// <summary><see cref="RecordVault.PatientKey"/>, 64 hexadecimal digits.</summary>
    public required string PatientKey { get; init; }

    /// <summary>Position in the enrolment tree and in the global record tree; the organization has none (-1).</summary>
    public required int Index { get; init; }

    /// <summary><c>Patient/id</c>, sealed under the compartment's key; empty for the organization.</summary>
    public required byte[] Reference { get; init; }

    /// <summary><c>P</c>, inside the patient's leaves of both trees; 32 bytes, empty for the organization.</summary>
    public required byte[] Commitment { get; init; }

    /// <summary>Root of the compartment's tree of current leaves, 32 bytes; empty without a record.</summary>
    public byte[] Root { get; set; } = [];

    /// <summary>Number of the first anchor that has the newest of its leaves; 0 without a record.</summary>
    public long Since { get; set; }

    /// <summary>Who holds the patient's private key.</summary>
    public Custody Custody { get; init; }

    /// <summary>Set when the patient was erased: keys are gone, and the key never comes back.</summary>
    public DateTimeOffset? Erased { get; set; }
}

/// <summary>One version of one record: the sealed content.</summary>
internal sealed class RecordRow
{
    /// <summary><see cref="SealedRecord.RecordKey"/>.</summary>
    public required string RecordKey { get; init; }

    /// <summary>From 1.</summary>
    public required int Version { get; init; }

    /// <summary><see cref="SealedRecord.Content"/>.</summary>
    public required byte[] Content { get; init; }

    /// <summary>When it was written: Unix milliseconds (<c>meta.lastUpdated</c>). In clear, as the log's times are.</summary>
    public required long Written { get; init; }

    /// <summary>The version that says that the record was deleted; its content is type and id only.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>One for each compartment.</summary>
    public List<CompartmentRow> Compartments { get; init; } = [];

    /// <summary>The rows as the vault knows them.</summary>
    public SealedRecord ToSealed() =>
        new()
        {
            RecordKey = RecordKey,
            Version = Version,
            Content = Content,
            Compartments =
            [
                .. Compartments.OrderBy(c => c.PatientKey, StringComparer.Ordinal).Select(c => c.ToSealed()),
            ],
        };
}

/// <summary>What one record version has in one compartment.</summary>
internal sealed class CompartmentRow
{
    /// <summary><see cref="RecordRow.RecordKey"/>.</summary>
    public required string RecordKey { get; init; }

    /// <summary><see cref="RecordRow.Version"/>.</summary>
    public required int Version { get; init; }

    /// <summary><see cref="PatientRow.PatientKey"/>.</summary>
    public required string PatientKey { get; init; }

    /// <summary><see cref="KeyEncapsulation.Id"/>.</summary>
    public required string EncapsulationId { get; init; }

    /// <summary>Sequence in the encapsulation; unique with it.</summary>
    public required long Sequence { get; init; }

    /// <summary>The sealed share of the record key.</summary>
    public required byte[] KeyShare { get; init; }

    /// <summary>The sealed facts.</summary>
    public required byte[] Facts { get; set; }

    /// <summary>Keyed digest of the content.</summary>
    public required byte[] ContentTag { get; init; }

    /// <summary>The row as the vault knows it.</summary>
    public SealedCompartment ToSealed() =>
        new()
        {
            PatientKey = PatientKey,
            EncapsulationId = EncapsulationId,
            Sequence = Sequence,
            KeyShare = KeyShare,
            Facts = Facts,
            ContentTag = ContentTag,
        };

    /// <summary>The row of a compartment that the vault sealed.</summary>
    public static CompartmentRow Of(SealedRecord record, SealedCompartment compartment) =>
        new()
        {
            RecordKey = record.RecordKey,
            Version = record.Version,
            PatientKey = compartment.PatientKey,
            EncapsulationId = compartment.EncapsulationId,
            Sequence = compartment.Sequence,
            KeyShare = compartment.KeyShare,
            Facts = compartment.Facts,
            ContentTag = compartment.ContentTag,
        };
}

/// <summary>
/// The leaf at one position of a patient's record tree since an anchor. The tree at anchor <c>n</c> has, at each position,
/// the row with the greatest <see cref="Since"/> not above <c>n</c>.
/// </summary>
internal sealed class LeafRow
{
    /// <summary><see cref="PatientRow.PatientKey"/>.</summary>
    public required string PatientKey { get; init; }

    /// <summary>0 to 16,383.</summary>
    public required int Position { get; init; }

    /// <summary>Number of the first anchor that has it.</summary>
    public required long Since { get; init; }

    /// <summary>The record at this position.</summary>
    public required string RecordKey { get; init; }

    /// <summary>The version whose leaf it is.</summary>
    public required int Version { get; set; }

    /// <summary><c>R</c> of PROTOCOL section 3, 32 bytes big-endian; 0 for a record that was taken away.</summary>
    public required byte[] Leaf { get; set; }
}

/// <summary>A blind search token of a record in one compartment.</summary>
internal sealed class TokenRow
{
    /// <summary><see cref="PatientIndex.Token"/>.</summary>
    public required string Token { get; init; }

    /// <summary>The record whose newest version has it.</summary>
    public required string RecordKey { get; init; }
}

/// <summary>What the newest version of a record is found by in one compartment.</summary>
internal sealed class SearchRow
{
    /// <summary><see cref="PatientRow.PatientKey"/>.</summary>
    public required string PatientKey { get; init; }

    /// <summary><see cref="RecordRow.RecordKey"/>.</summary>
    public required string RecordKey { get; init; }

    /// <summary>Blind tokens, 8 bytes each in ascending order: <see cref="PatientIndex.Token"/>, cut.</summary>
    public required byte[] Tokens { get; set; }
}
