using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Log;

/// <summary>The newest signed head. A log without entries has none.</summary>
/// <param name="Size">Entries.</param>
/// <param name="Note">The checkpoint as a signed note.</param>
public sealed record LogHead(long Size, string Note);

/// <summary>What one append changes; stored as a whole or not at all.</summary>
public sealed record LogAppend
{
    /// <summary>Index of the first entry, which is the size of the log before.</summary>
    public required long FirstIndex { get; init; }

    /// <summary>The entries' bytes in order. The index is unique in the store: of two appends at once, one fails.</summary>
    public required IReadOnlyList<byte[]> Entries { get; init; }

    /// <summary>
    /// Tiles that are new or longer, with all their hashes (32 to 8,192 bytes). They replace what is stored; a store may make
    /// them of the entries instead.
    /// </summary>
    public required IReadOnlyDictionary<TileId, byte[]> Tiles { get; init; }

    /// <summary>The head after it.</summary>
    public required LogHead Head { get; init; }
}

/// <summary>
/// Where the log is kept, served by <c>Api</c> on its database: rows of entries by index, tiles by (level, index), and
/// heads by size. <see cref="AppendAsync"/> takes part in the database transaction that is open, so that data and their
/// entry are committed together.
/// </summary>
public interface ILogStore
{
    /// <summary>The newest head, null when nothing was appended.</summary>
    Task<LogHead?> ReadHeadAsync(CancellationToken cancellation);

    /// <summary>
    /// The hashes, stored or made of the entries, of each tile that is asked for. A tile may be longer than the asker's tree
    /// needs.
    /// </summary>
    Task<IReadOnlyDictionary<TileId, byte[]>> ReadTilesAsync(
        IReadOnlyCollection<TileId> tiles,
        CancellationToken cancellation
    );

    /// <summary>One entry; null when the log is not that long.</summary>
    Task<byte[]?> ReadEntryAsync(long index, CancellationToken cancellation);

    /// <summary>Stores an append.</summary>
    Task AppendAsync(LogAppend append, CancellationToken cancellation);
}
