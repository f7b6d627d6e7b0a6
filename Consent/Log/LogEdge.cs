using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Log;

/// <summary>
/// The right edge of a log's tree after the newest append of this process, so that the next one need not read it, nor
/// verify a signature that was made here. It holds only for the head that the store has: whoever else appended, or an
/// append that was rolled back, makes it nothing. For one append at a time.
/// </summary>
public sealed class LogEdge
{
    private LogHead? _head;
    private Dictionary<TileId, byte[]> _tiles = [];

    /// <summary>The tree of a head; null when it is not the remembered one.</summary>
    internal TileTree? TreeAt(LogHead? head) =>
        head is not null && head == _head ? new TileTree(head.Size, id => _tiles[id]) : null;

    /// <summary>Remembers what the next append reads of a tree.</summary>
    internal void Keep(LogHead head, TileTree tree)
    {
        _tiles = TileTree.Reads(tree.Size, Touch).Distinct().ToDictionary(id => id, tree.Read);
        _head = head;
    }

    /// <summary>Reads what an append reads, however many entries it has: all else of the tree it makes itself.</summary>
    internal static void Touch(TileTree tree)
    {
        _ = tree.Root();
        tree.Append(MerkleHash.Empty());
    }
}
