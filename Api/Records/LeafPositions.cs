namespace MedLedger.Api.Records;

/// <summary>
/// Where the records of one compartment stand in its record tree, with those that a write adds; a record keeps its
/// position for ever.
/// </summary>
/// <param name="leaves">The leaves before the write; null when there are none.</param>
internal sealed class LeafPositions(RecordLeaves? leaves)
{
    /// <summary>7 levels of 4.</summary>
    public const int Capacity = 16_384;

    private readonly Dictionary<string, int> _added = new(StringComparer.Ordinal);
    private int _next = leaves?.Next ?? 0;

    /// <summary>Whether a record has a position, or there is one for it.</summary>
    public bool HasRoomFor(string recordKey) => _next < Capacity || PositionOf(recordKey) is not null;

    /// <summary>The position of a record, a new one when it has none.</summary>
    public int Take(string recordKey)
    {
        if (PositionOf(recordKey) is { } known)
            return known;
        _added.Add(recordKey, _next);
        return _next++;
    }

    private int? PositionOf(string recordKey) =>
        _added.TryGetValue(recordKey, out var added) ? added : leaves?.Position(recordKey);
}
