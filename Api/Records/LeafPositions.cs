using MedLedger.Api.Persistence;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>Where the records of one patient stand in the patient's record tree; a record keeps its position for ever.</summary>
internal sealed class LeafPositions
{
    /// <summary>7 levels of 4.</summary>
    public const int Capacity = 16_384;

    private readonly Dictionary<string, int> _positions;
    private readonly Dictionary<int, LeafRow> _staged = [];
    private readonly HashSet<int> _pending;
    private int _next;

    private LeafPositions(Dictionary<string, int> positions, HashSet<int> pending)
    {
        _positions = positions;
        _pending = pending;
        _next = positions.Count == 0 ? 0 : positions.Values.Max() + 1;
    }

    /// <summary>Reads the positions of a patient.</summary>
    public static async Task<LeafPositions> LoadAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    )
    {
        var rows = await context
            .Leaves.AsNoTracking()
            .Where(l => l.PatientKey == patientKey)
            .Select(l => new
            {
                l.RecordKey,
                l.Position,
                l.Since,
            })
            .ToListAsync(cancellation);
        var pendingAnchor = await Anchors.PendingAsync(context, cancellation);
        return new LeafPositions(
            rows.DistinctBy(r => r.RecordKey, StringComparer.Ordinal)
                .ToDictionary(r => r.RecordKey, r => r.Position, StringComparer.Ordinal),
            [.. rows.Where(r => r.Since == pendingAnchor).Select(r => r.Position)]
        );
    }

    /// <summary>Whether a record has a position, or there is one for it.</summary>
    public bool HasRoomFor(string recordKey) => _next < Capacity || _positions.ContainsKey(recordKey);

    /// <summary>Puts the leaf of a record's version into the tree that the next anchor will have; answers its position.</summary>
    public int Stage(LedgerContext context, string patientKey, string recordKey, int version, byte[] leaf, long anchor)
    {
        if (!_positions.TryGetValue(recordKey, out var position))
        {
            position = _next++;
            _positions.Add(recordKey, position);
        }
        if (_staged.TryGetValue(position, out var staged))
        {
            (staged.Version, staged.Leaf) = (version, leaf);
            return position;
        }
        var row = new LeafRow
        {
            PatientKey = patientKey,
            Position = position,
            Since = anchor,
            RecordKey = recordKey,
            Version = version,
            Leaf = leaf,
        };
        if (_pending.Contains(position))
            context.Leaves.Update(row);
        else
            context.Leaves.Add(row);
        _staged.Add(position, row);
        return position;
    }
}
