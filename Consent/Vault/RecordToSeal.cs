using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Vault;

/// <summary>One record version in clear, on its way into the vault.</summary>
public sealed record RecordToSeal
{
    /// <summary>What consent rules may ask about it; <c>Facts.Reference</c> is its <c>Type/id</c>.</summary>
    public required ResourceFacts Facts { get; init; }

    /// <summary>From 1.</summary>
    public required int Version { get; init; }

    /// <summary>The content as it will be read back, byte for byte (UTF-8 JSON).</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>One for each patient in whose compartment it is; the organization's segment when it is in none.</summary>
    public required IReadOnlyList<CompartmentToSeal> Compartments { get; init; }
}

/// <summary>Where a record goes in one compartment, and what its leaf says there (exception bits are each patient's own).</summary>
public sealed record CompartmentToSeal(Segment Segment, RecordMeta Meta);

/// <summary>A sealed record with the leaves that go into the record trees of its compartments.</summary>
public sealed record SealedWrite
{
    private readonly IReadOnlyDictionary<string, SealedFacts> _facts;

    internal SealedWrite(SealedRecord record, IReadOnlyDictionary<string, SealedFacts> facts) =>
        (Record, _facts) = (record, facts);

    /// <summary>The row.</summary>
    public SealedRecord Record { get; init; }

    /// <summary><c>R</c> of PROTOCOL section 3, by <see cref="SealedCompartment.PatientKey"/>.</summary>
    public IReadOnlyDictionary<string, Fr> Leaves =>
        _facts.ToDictionary(pair => pair.Key, pair => pair.Value.Leaf, StringComparer.Ordinal);

    /// <summary>Computes the leaves of many writes, which costs less than one after the other.</summary>
    public static void HashLeaves(IEnumerable<SealedWrite> writes) =>
        SealedFacts.HashLeaves([.. writes.SelectMany(write => write._facts.Values)]);
}

/// <summary>A new segment with its first stanzas; all are stored in the transaction that first uses it.</summary>
public sealed record NewSegment(Segment Segment, IReadOnlyList<KeyStanza> Stanzas);

/// <summary>A compartment's row with the labels it should have, with its leaf before and after, and whether it had to change for that.</summary>
public sealed record Relabelled(SealedCompartment Compartment, Fr Before, Fr Leaf, bool IsChanged);
