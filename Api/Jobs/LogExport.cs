using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Evidence;
using MedLedger.Crypto.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Jobs;

/// <summary>
/// The audit log as anybody may read it: the files of c2sp.org/tlog-tiles (<c>checkpoint</c>, <c>tile/L/N</c>,
/// <c>tile/entries/N</c>), the verifier key (<c>key</c>) and the anchored heads (<c>anchors.json</c>), out of the
/// database. Entries carry no health data.
/// </summary>
internal sealed class LogExport(IDbContextFactory<LedgerContext> database, NoteKey key)
{
    /// <summary>Where <c>demo</c> writes it in the data folder, and below which path it is served.</summary>
    public const string Folder = "log";

    private const int LengthSize = 2;
    private const int MaxPath = 100;

    /// <summary>One file by its path below the log, as it is now; null for a path that the log does not have.</summary>
    public async Task<byte[]?> ReadAsync(string path, CancellationToken cancellation)
    {
        await using var context = await database.CreateDbContextAsync(cancellation);
        switch (path)
        {
            case LogVerifier.KeyPath:
                return Encoding.UTF8.GetBytes(key + "\n");
            case LogVerifier.CheckpointPath:
                var head = await new LogStore(context).ReadHeadAsync(cancellation);
                return head is null ? null : Encoding.UTF8.GetBytes(head.Note);
            case LogAnchorList.FileName:
                return await AnchorsAsync(context, cancellation);
        }
        if (!TryParse(path, out var level, out var index, out var width))
            return null;
        return level is { } height
            ? await TileAsync(context, new TileId(height, index), width, cancellation)
            : await BundleAsync(context, index, width, cancellation);
    }

    /// <summary>
    /// Writes all files, the head last, so that a reader always finds what its head needs. Nothing is written of an empty
    /// log. Answers the number of entries.
    /// </summary>
    public async Task<long> WriteAsync(string folder, CancellationToken cancellation)
    {
        await using var context = await database.CreateDbContextAsync(cancellation);
        // before the head, so that no anchor is beyond it
        var anchors = await AnchorsAsync(context, cancellation);
        if (await new LogStore(context).ReadHeadAsync(cancellation) is not { } head)
            return 0;
        var paths = Enumerable.Range(0, 8).SelectMany(level => Paths(level, head.Size));
        foreach (var path in paths.Append(LogVerifier.KeyPath))
            Write(path, await ReadAsync(path, cancellation) ?? throw Damaged(path));
        Write(LogAnchorList.FileName, anchors);
        Write(LogVerifier.CheckpointPath, Encoding.UTF8.GetBytes(head.Note));
        return head.Size;

        void Write(string path, byte[] content) =>
            DurableFile.Write(Path.Combine(folder, Path.Combine(path.Split('/'))), content, replace: true);
    }

    private static IEnumerable<string> Paths(int level, long size)
    {
        for (
            var id = new TileId(level, 0);
            id.WidthIn(size) is > 0 and var width;
            id = id with { Index = id.Index + 1 }
        )
        {
            yield return id.Path(width);
            if (level == 0)
                yield return TileId.EntriesPath(id.Index, width);
        }
    }

    private static InvalidDataException Damaged(string path) => new($"The stored log lacks what {path} is made of.");

    // Stored tiles and entries only grow, so the first ones are those of every earlier head.
    private static async Task<byte[]?> TileAsync(
        LedgerContext context,
        TileId id,
        int width,
        CancellationToken cancellation
    )
    {
        var found = await new LogStore(context).ReadTilesAsync([id], cancellation);
        var length = width * MerkleHash.Size;
        return found.TryGetValue(id, out var hashes) && hashes.Length >= length ? hashes[..length] : null;
    }

    private static async Task<byte[]?> BundleAsync(
        LedgerContext context,
        long index,
        int width,
        CancellationToken cancellation
    )
    {
        var first = index * TileId.Width;
        var entries = await context
            .Set<LogEntryRow>()
            .AsNoTracking()
            .Where(e => e.Index >= first && e.Index < first + width)
            .OrderBy(e => e.Index)
            .Select(e => e.Entry)
            .ToListAsync(cancellation);
        if (entries.Count != width)
            return null;
        var bundle = new byte[entries.Sum(entry => LengthSize + entry.Length)];
        var at = 0;
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bundle.AsSpan(at), checked((ushort)entry.Length));
            entry.CopyTo(bundle, at + LengthSize);
            at += LengthSize + entry.Length;
        }
        return bundle;
    }

    private static async Task<byte[]> AnchorsAsync(LedgerContext context, CancellationToken cancellation)
    {
        var rows = await context
            .Set<LogAnchorRow>()
            .AsNoTracking()
            .Join(context.Set<LogHeadRow>(), a => a.Size, h => h.Size, (anchor, head) => new { anchor, head.Note })
            .OrderBy(row => row.anchor.Size)
            .ToListAsync(cancellation);
        var anchors = rows.ConvertAll(row => new LogAnchor
        {
            Checkpoint = row.Note,
            Anchored = new EvidenceTransaction(
                Bytes32.TryParse(row.anchor.Transaction, out var hash)
                    ? hash
                    : throw new InvalidDataException("A stored anchor of the log is damaged."),
                row.anchor.Block,
                row.anchor.Time
            ),
        });
        return new LogAnchorList { Format = LogAnchorList.CurrentFormat, Anchors = anchors }.ToBytes();
    }

    /// <summary>Reads <c>tile/L/N[.p/W]</c> or <c>tile/entries/N[.p/W]</c> (level null); false for any other form.</summary>
    internal static bool TryParse(string path, out int? level, out long index, out int width)
    {
        (level, index, width) = (null, 0, TileId.Width);
        if (path.Length > MaxPath || path.Split('/') is not ["tile", var height, .. var rest] || rest.Length == 0)
            return false;
        if (rest is [.., var last, var partial] && last.EndsWith(".p", StringComparison.Ordinal))
        {
            if (!TryRead(partial, out var hashes) || hashes is < 1 or >= TileId.Width)
                return false;
            width = (int)hashes;
            rest = [.. rest[..^2], last[..^2]];
        }
        if (!TryRead(string.Concat(rest.Select(part => part.TrimStart('x'))), out index))
            return false;
        if (height != "entries")
        {
            if (!TryRead(height, out var number) || number > 7)
                return false;
            level = (int)number;
        }
        if (index > long.MaxValue / TileId.Width / 2)
            return false;
        // There is one path of each tile.
        var canonical = level is { } l ? new TileId(l, index).Path(width) : TileId.EntriesPath(index, width);
        return string.Equals(canonical, path, StringComparison.Ordinal);
    }

    private static bool TryRead(string digits, out long number) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
