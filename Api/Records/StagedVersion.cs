using MedLedger.Api.Persistence;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Records;

/// <summary>
/// A version of a record that a write has decided on: all that is left is to seal it and to make what it is found by,
/// which several threads do side by side.
/// </summary>
internal sealed class StagedVersion(SealingTransaction sealing, PreparedRecord record, int version)
{
    private readonly List<(WriteCompartment Compartment, Segment Segment, int Position)> _places = [];
    private readonly List<(string? TypeToken, byte[] Search)> _found = [];
    private SealedWrite? _written;

    /// <summary>The record's key.</summary>
    public required string Key { get; init; }

    /// <summary>It says that the record was deleted.</summary>
    public required bool IsDeletion { get; init; }

    /// <summary>The record was not there before it.</summary>
    public required bool IsNew { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long Time { get; init; }

    /// <summary>It is in one more compartment.</summary>
    public void Add(WriteCompartment compartment, Segment segment, int position) =>
        _places.Add((compartment, segment, position));

    /// <summary>What stands for the rows until they are sealed.</summary>
    public IEnumerable<CompartmentRow> Placeholders =>
        _places.Select(place => new CompartmentRow
        {
            RecordKey = Key,
            Version = version,
            PatientKey = place.Compartment.Row.PatientKey,
            EncapsulationId = "",
            Sequence = 0,
            KeyShare = [],
            Facts = [],
            ContentTag = [],
        });

    /// <summary>Seals it; beside others when its segments were prepared.</summary>
    public void Seal()
    {
        _written =
            sealing.Seal(
                new RecordToSeal
                {
                    Facts = record.Description.Facts,
                    Version = version,
                    Content = record.Content,
                    Compartments = [.. _places.Select(p => new CompartmentToSeal(p.Segment, Meta(p.Compartment)))],
                }
            ) ?? throw new InvalidOperationException("A segment was not prepared.");
        if (IsDeletion)
            return;
        foreach (var (compartment, _, _) in _places)
        {
            var token = IsNew ? compartment.Index.Token("", "_type", record.Type) : null;
            _found.Add((token, SearchRows.Of(record, compartment.Index)));
        }
    }

    /// <summary>Adds its rows and leaves to those of the write; answers the row of each compartment.</summary>
    public IReadOnlyList<CompartmentRow> Stage(StagedRows rows)
    {
        var sealedRecord = _written!.Record;
        foreach (var (compartment, _, position) in _places)
            compartment.Written.Add((_written, position, record.Type == "Consent"));
        var row = new RecordRow
        {
            RecordKey = Key,
            Version = version,
            Content = sealedRecord.Content,
            Written = Time,
            IsDeleted = IsDeletion,
            Compartments = [.. sealedRecord.Compartments.Select(c => CompartmentRow.Of(sealedRecord, c))],
        };
        rows.Add(row);
        if (IsDeletion)
            rows.Unfind(Key);
        foreach (var ((compartment, _, _), (token, search)) in _places.Zip(_found))
        {
            if (token is not null)
                rows.AddToken(token, Key);
            rows.Find(compartment.Row.PatientKey, Key, search);
        }
        return row.Compartments;
    }

    // Where the patient's exception classes cannot be read, the record carries all eight bits.
    private Consent.Commitments.RecordMeta Meta(WriteCompartment compartment)
    {
        var bits = compartment.Classes?.BitsOf(record.Description.Facts) ?? ExceptionClasses.AllBits;
        var meta = record.Meta;
        return new(meta.Type, meta.Labels | bits, meta.Day);
    }
}
