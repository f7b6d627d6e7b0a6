using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Log;

/// <summary>
/// The append-only log. Each append reads the head from the store, and the right edge of its tree unless the head is the
/// one that <see cref="LogEdge"/> remembers; its outcome is valid once the surrounding transaction is committed; before
/// that, no receipt may leave. Appends are one at a time; the caller holds the writing transaction.
/// </summary>
public sealed class AuditLog
{
    private readonly ILogStore _store;
    private readonly Ed25519PrivateKey _privateKey;
    private readonly LogEdge? _edge;

    /// <summary>Opens the log.</summary>
    /// <param name="store">Where it is kept.</param>
    /// <param name="origin">Its name, in every checkpoint; no spaces or plus signs.</param>
    /// <param name="privateKey">The log's key, owned by the caller.</param>
    /// <param name="edge">What earlier appends left, for the next one; null to read it from the store each time.</param>
    public AuditLog(ILogStore store, string origin, Ed25519PrivateKey privateKey, LogEdge? edge = null)
        : this(store, KeyOf(origin, privateKey), privateKey, edge) { }

    /// <summary>Opens the log with the key that it has been opened with before.</summary>
    /// <param name="store">Where it is kept.</param>
    /// <param name="key">What verifies its checkpoints.</param>
    /// <param name="privateKey">The log's key, owned by the caller.</param>
    /// <param name="edge">What earlier appends left, for the next one; null to read it from the store each time.</param>
    public AuditLog(ILogStore store, NoteKey key, Ed25519PrivateKey privateKey, LogEdge? edge = null)
    {
        ArgumentNullException.ThrowIfNull(privateKey);
        ArgumentNullException.ThrowIfNull(key);
        _store = store;
        _privateKey = privateKey;
        _edge = edge;
        Key = key;
    }

    private static NoteKey KeyOf(string origin, Ed25519PrivateKey privateKey)
    {
        ArgumentNullException.ThrowIfNull(privateKey);
        return new NoteKey(origin, privateKey.PublicKey);
    }

    /// <summary>What verifies its checkpoints.</summary>
    public NoteKey Key { get; }

    /// <summary>Appends entries and signs the head after them.</summary>
    /// <exception cref="InvalidDataException">The stored head was not signed by this log, or does not fit the stored tiles.</exception>
    public async Task<LogAppend> AppendAsync(IReadOnlyList<AuditEntry> entries, CancellationToken cancellation)
    {
        if (entries.Count == 0)
            throw new ArgumentException("There is nothing to append.", nameof(entries));

        var bytes = entries.Select(e => e.Encode()).ToArray();
        var leaves = bytes.Select(b => MerkleHash.Leaf(b)).ToArray();
        var head = await _store.ReadHeadAsync(cancellation);
        var tree = _edge?.TreeAt(head) ?? await OpenAsync(head, cancellation);
        var size = tree.Size;
        foreach (var leaf in leaves)
            tree.Append(leaf);
        var checkpoint = new Checkpoint(Key.Name, tree.Size, tree.Root());
        var append = new LogAppend
        {
            FirstIndex = size,
            Entries = bytes,
            Tiles = tree.Changed.ToDictionary(),
            Head = new LogHead(tree.Size, checkpoint.Sign(Key, _privateKey)),
        };
        await _store.AppendAsync(append, cancellation);
        _edge?.Keep(append.Head, tree);
        return append;
    }

    /// <summary>The receipts of what was appended, against the head after it; given out once the transaction is committed.</summary>
    public async Task<LogReceipt?> ReceiptAsync(long index, CancellationToken cancellation)
    {
        var head = await _store.ReadHeadAsync(cancellation);
        return head is null ? null : await ReceiptAsync(index, head, cancellation);
    }

    /// <summary>The receipt of an entry against a head that the store had; null when the head is shorter than that.</summary>
    public async Task<LogReceipt?> ReceiptAsync(long index, LogHead head, CancellationToken cancellation)
    {
        if (index < 0 || index >= head.Size || await _store.ReadEntryAsync(index, cancellation) is not { } entry)
            return null;
        var tree = await LoadAsync(head.Size, t => t.InclusionProof(index, head.Size), cancellation);
        return new LogReceipt(index, entry, tree.InclusionProof(index, head.Size), head.Note);
    }

    /// <summary>That the log of the second size only appended to that of the first.</summary>
    public async Task<IReadOnlyList<byte[]>> ConsistencyAsync(
        long firstSize,
        long secondSize,
        CancellationToken cancellation
    )
    {
        var tree = await LoadAsync(secondSize, t => t.ConsistencyProof(firstSize, secondSize), cancellation);
        return tree.ConsistencyProof(firstSize, secondSize);
    }

    /// <summary>The root that the log had at a size, 32 bytes.</summary>
    public async Task<byte[]> RootAsync(long size, CancellationToken cancellation)
    {
        var tree = await LoadAsync(size, t => t.Root(size), cancellation);
        return tree.Root(size);
    }

    // Nothing is signed on top of tiles that somebody changed.
    private async Task<TileTree> OpenAsync(LogHead? head, CancellationToken cancellation)
    {
        if (head is null)
            return new TileTree(0, _ => throw new InvalidDataException("An empty log has no tiles."));
        if (!Checkpoint.TryVerify(head.Note, Key, out var checkpoint) || checkpoint.Size != head.Size)
            throw new InvalidDataException(
                "The check log failed: the stored head of the log was not signed by its key."
            );
        var tree = await LoadAsync(head.Size, t => t.Edge(), cancellation);
        return checkpoint.Root.SequenceEqual(tree.Root())
            ? tree
            : throw new InvalidDataException("The check log failed: the stored log does not hash to its signed head.");
    }

    private async Task<TileTree> LoadAsync(long size, Action<TileTree> operation, CancellationToken cancellation)
    {
        var tiles = await _store.ReadTilesAsync(TileTree.Reads(size, operation), cancellation);
        return new TileTree(
            size,
            id =>
                tiles.TryGetValue(id, out var tile) && tile.Length >= id.WidthIn(size) * MerkleHash.Size
                    ? tile
                    : throw new InvalidDataException("The check log failed: a tile of the log is missing or too short.")
        );
    }
}
