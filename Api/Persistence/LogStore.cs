using MedLedger.Consent.Log;
using MedLedger.Crypto.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Persistence;

/// <summary>
/// The audit log in the database, through one context: appends are staged beside whatever else the context holds, and
/// become durable with it.
/// </summary>
internal sealed class LogStore(LedgerContext context) : ILogStore
{
    /// <inheritdoc/>
    public async Task<LogHead?> ReadHeadAsync(CancellationToken cancellation)
    {
        var row = await context
            .Set<LogHeadRow>()
            .AsNoTracking()
            .OrderByDescending(h => h.Size)
            .FirstOrDefaultAsync(cancellation);
        return row is null ? null : new LogHead(row.Size, row.Note);
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
            if (row is not null)
                found.Add(id, row.Hashes);
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
    public async Task AppendAsync(LogAppend append, CancellationToken cancellation)
    {
        context.AddRange(
            append.Entries.Select((entry, i) => new LogEntryRow { Index = append.FirstIndex + i, Entry = entry })
        );
        foreach (var (id, hashes) in append.Tiles)
        {
            var row = await context.Set<LogTileRow>().FindAsync([id.Level, id.Index], cancellation);
            if (row is null)
            {
                context.Add(
                    new LogTileRow
                    {
                        Level = id.Level,
                        Index = id.Index,
                        Hashes = hashes,
                    }
                );
            }
            else
            {
                row.Hashes = hashes;
                context.Entry(row).State = EntityState.Modified; // contexts that write records do not look for changes
            }
        }
        context.Add(new LogHeadRow { Size = append.Head.Size, Note = append.Head.Note });
    }
}
