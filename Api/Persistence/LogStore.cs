using MedLedger.Consent.Log;
using MedLedger.Crypto.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Persistence;

/// <summary>
/// The audit log in the database, through one context: appends are written in the transaction that is open there, and
/// become durable with whatever else it holds. A tile of the lowest level is stored when it is full; until then its hashes
/// are made of the entries, so that an entry does not write all of those before it once more.
/// </summary>
internal sealed class LogStore(LedgerContext context) : ILogStore
{
    private const string InsertEntry = """INSERT INTO log_entries ("Index", Entry) VALUES ($0, $1)""";
    private const string InsertHead = "INSERT INTO log_heads (Size, Note) VALUES ($0, $1)";
    private const string InsertDetails =
        """INSERT INTO log_details ("Index", PatientKey, Content) VALUES ($0, $1, $2)""";
    private const string ReplaceTile = """
        INSERT INTO log_tiles (Level, "Index", Hashes) VALUES ($0, $1, $2)
        ON CONFLICT (Level, "Index") DO UPDATE SET Hashes = excluded.Hashes
        """;

    private const string Entries =
        """SELECT Entry FROM log_entries WHERE "Index" >= $0 AND "Index" < $1 ORDER BY "Index" """;

    private const string Head = "SELECT Size, Note FROM log_heads ORDER BY Size DESC LIMIT 1";

    /// <inheritdoc/>
    public Task<LogHead?> ReadHeadAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var heads = Query.Rows(context, Head, row => new LogHead(row.GetInt64(0), row.GetString(1)));
        return Task.FromResult(heads is [var head] ? head : null);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<TileId, byte[]>> ReadTilesAsync(
        IReadOnlyCollection<TileId> tiles,
        CancellationToken cancellation
    )
    {
        var found = new Dictionary<TileId, byte[]>();
        foreach (var id in tiles)
        {
            var row = await context
                .Set<LogTileRow>()
                .AsNoTracking()
                .SingleOrDefaultAsync(t => t.Level == id.Level && t.Index == id.Index, cancellation);
            if (IsStored(id, row?.Hashes.Length ?? 0))
                found.Add(id, row!.Hashes);
            else if (id.Level == 0 && LeavesOf(id) is { Length: > 0 } leaves)
                found.Add(id, leaves);
        }
        return found;
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadEntryAsync(long index, CancellationToken cancellation)
    {
        var row = await context
            .Set<LogEntryRow>()
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.Index == index, cancellation);
        return row?.Entry;
    }

    /// <inheritdoc/>
    public Task AppendAsync(LogAppend append, CancellationToken cancellation)
    {
        var entry = new Statement(context, InsertEntry, 2);
        for (var i = 0; i < append.Entries.Count; i++)
            entry.Run(append.FirstIndex + i, append.Entries[i]);
        var tile = new Statement(context, ReplaceTile, 3);
        foreach (var (id, hashes) in append.Tiles.Where(one => IsStored(one.Key, one.Value.Length)))
            tile.Run(id.Level, id.Index, hashes);
        new Statement(context, InsertHead, 2).Run(append.Head.Size, append.Head.Note);
        return Task.CompletedTask;
    }

    /// <summary>Whether a tile with so many bytes of hashes is kept in the database.</summary>
    public static bool IsStored(TileId id, int length) =>
        length == TileId.Width * MerkleHash.Size || (length > 0 && id.Level > 0);

    /// <summary>Stores the sealed details of entries, in the same transaction.</summary>
    public void Append(IEnumerable<SealedAuditDetails> details)
    {
        var insert = new Statement(context, InsertDetails, 3);
        foreach (var one in details)
            insert.Run(one.Index, one.PatientKey, one.Content);
    }

    private byte[] LeavesOf(TileId id)
    {
        var first = id.Index * TileId.Width;
        var leaves = Query.Rows(context, Entries, row => MerkleHash.Leaf(row.Span(0)), first, first + TileId.Width);
        return [.. leaves.SelectMany(leaf => leaf)];
    }
}
