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
    private TileTree? _tree;

    /// <summary>The tree of a head, the caller's to append to; null when it is not the remembered one.</summary>
    internal TileTree? TreeAt(LogHead? head) => head is not null && head == _head ? _tree!.Edge() : null;

    /// <summary>Remembers the tree after an append.</summary>
    internal void Keep(LogHead head, TileTree tree) => (_head, _tree) = (head, tree.Edge());
}
