using System.Globalization;
using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Integrity;

/// <summary>
/// Recomputes the Merkle tree of the log from its entries, and holds it against every stored tile, every signed head, the
/// anchored heads, the sealed details, and what the chain has.
/// </summary>
internal sealed class LogCheck(Store store, LedgerContext context, Action<Finding> found)
{
    private const string Kind = "log";
    private readonly TileTree _tree = new(0, _ => throw new InvalidOperationException("A new tree reads no tile."));

    /// <summary>The record root that the newest entry with one names; null when none does.</summary>
    public byte[]? RecordRoot { get; private set; }

    /// <summary>Entries that were hashed.</summary>
    public long Entries => _tree.Size;

    public async Task RunAsync(ChainAnchors? chain, IProgress<Progressed> progress, CancellationToken cancellation)
    {
        await EntriesAsync(progress, cancellation);
        await TilesAsync(cancellation);
        await HeadsAsync(cancellation);
        var anchors = await context.Set<LogAnchorRow>().AsNoTracking().ToListAsync(cancellation);
        foreach (var anchor in anchors.Where(a => a.Size > _tree.Size))
            found(new("anchor", Text(anchor.Size), "is of a longer log than the stored one"));
        if (chain is null || chain.LogSize == 0)
            return;
        if (chain.LogSize > _tree.Size)
            found(
                new(
                    Kind,
                    Text(chain.LogSize),
                    $"the chain has a log of so many entries, the database {_tree.Size}: older"
                )
            );
        else if (!_tree.Root(chain.LogSize).AsSpan().SequenceEqual(chain.LogRoot))
            found(new(Kind, Text(chain.LogSize), "the first entries are not those whose head is on the chain"));
    }

    private async Task EntriesAsync(IProgress<Progressed> progress, CancellationToken cancellation)
    {
        var total = await context.Set<LogEntryRow>().LongCountAsync(cancellation);
        var details = context.Set<SealedAuditDetails>();
        var entries = context.Set<LogEntryRow>().AsNoTracking().OrderBy(e => e.Index);
        for (var first = 0L; first < total; )
        {
            const int Page = 1_000;
            var rows = await entries.Where(e => e.Index >= first).Take(Page).ToListAsync(cancellation);
            if (rows.Count == 0)
                break;
            var last = rows[^1].Index;
            var own = await details
                .AsNoTracking()
                .Where(d => d.Index >= first && d.Index <= last)
                .ToDictionaryAsync(d => d.Index, cancellation);
            foreach (var row in rows)
            {
                if (row.Index != _tree.Size)
                {
                    found(new(Kind, Text(_tree.Size), "the entry is missing"));
                    return;
                }
                _tree.Append(MerkleHash.Leaf(row.Entry));
                Check(row, own.GetValueOrDefault(row.Index));
            }
            first = last + 1;
            progress.Report(new((double)first / Math.Max(1, total), first, "log entries"));
        }
    }

    private void Check(LogEntryRow row, SealedAuditDetails? details)
    {
        if (!AuditEntry.TryDecode(row.Entry, out var entry))
        {
            found(new(Kind, Text(row.Index), "the entry is damaged"));
            return;
        }
        if (entry.HasRecordRoot)
            RecordRoot = entry.Root.ToBytes();
        if (details is not null && AuditDetails.Open(store.Vault, details, entry) is null)
            found(new("details", Text(row.Index), "do not open, or are not what the entry committed to"));
    }

    private async Task TilesAsync(CancellationToken cancellation)
    {
        var stored = new HashSet<TileId>();
        await foreach (
            var tile in context.Set<LogTileRow>().AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellation)
        )
        {
            var id = new TileId(tile.Level, tile.Index);
            stored.Add(id);
            if (!_tree.Changed.TryGetValue(id, out var hashes) || !IsOf(hashes, id, tile.Hashes))
                found(new("tile", $"{tile.Level}/{tile.Index}", "is not what the entries hash to"));
        }
        foreach (var (id, hashes) in _tree.Changed)
        {
            if (LogStore.IsStored(id, hashes.Length) && !stored.Contains(id))
                found(new("tile", $"{id.Level}/{id.Index}", "is missing"));
        }
    }

    // Databases of earlier versions have the beginning of a tile that is not full yet.
    private static bool IsOf(ReadOnlySpan<byte> hashes, TileId id, ReadOnlySpan<byte> stored) =>
        LogStore.IsStored(id, hashes.Length) ? hashes.SequenceEqual(stored) : hashes.StartsWith(stored);

    private async Task HeadsAsync(CancellationToken cancellation)
    {
        var key = AuditTrail.KeyOf(store);
        var newest = 0L;
        await foreach (
            var head in context
                .Set<LogHeadRow>()
                .AsNoTracking()
                .OrderBy(h => h.Size)
                .AsAsyncEnumerable()
                .WithCancellation(cancellation)
        )
        {
            newest = head.Size;
            if (
                !Checkpoint.TryVerify(head.Note, key, out var checkpoint)
                || checkpoint.Size != head.Size
                || head.Size > _tree.Size
                || !checkpoint.Root.SequenceEqual(_tree.Root(head.Size))
            )
                found(new("head", Text(head.Size), "is not a signed head of the stored entries"));
        }
        if (newest != _tree.Size)
            found(new("head", Text(_tree.Size), "the newest entries stand under no signed head"));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
