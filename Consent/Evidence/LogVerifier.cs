using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// Verifies a whole published log (c2sp.org/tlog-tiles with the files <c>key</c> and <c>anchors.json</c>): recomputes the
/// tree from the entries and holds it against the signed head, the tiles and every anchored head. What is read is
/// anybody's: whatever is missing or malformed is the failure of a check.
/// </summary>
/// <param name="read">The bytes of a file by its path below the log; null when it is not there.</param>
public sealed class LogVerifier(Func<string, CancellationToken, Task<byte[]?>> read)
{
    /// <summary>The signed head's path.</summary>
    public const string CheckpointPath = "checkpoint";

    /// <summary>The verifier key's path.</summary>
    public const string KeyPath = "key";

    private const int LengthSize = 2;

    /// <summary>Verifies all of it.</summary>
    /// <param name="pinned">The log's key as the verifier knows it; null takes the log's word.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<LogReport> VerifyAsync(NoteKey? pinned, CancellationToken cancellation)
    {
        var report = new LogReport { Pinned = pinned is not null };
        var said = await TextAsync(KeyPath, cancellation).ConfigureAwait(false);
        if (!NoteKey.TryParse(said?.TrimEnd('\n'), out var key))
            return Fail(report, LogCheck.Key, KeyPath);
        if (pinned is not null && !string.Equals(pinned.ToString(), key.ToString(), StringComparison.Ordinal))
            return Fail(report, LogCheck.Key, KeyPath);

        // Read before the head: a log that is served grows, and no anchor may be beyond the head.
        var anchors = await read(LogAnchorList.FileName, cancellation).ConfigureAwait(false);
        var note = await TextAsync(CheckpointPath, cancellation).ConfigureAwait(false);
        if (note is null || !Checkpoint.TryVerify(note, key, out var head))
            return Fail(report, LogCheck.Checkpoint, CheckpointPath);
        report = report with { Head = head };

        var entries = new List<AuditEntry>();
        var tree = new TileTree(0, _ => throw new InvalidOperationException("A new tree reads no tile."));
        if (await ReadEntriesAsync(head.Size, tree, entries, cancellation).ConfigureAwait(false) is { } bundle)
            return Fail(report, LogCheck.Entries, bundle);
        if (!head.Root.SequenceEqual(tree.Root()))
            return Fail(report, LogCheck.Root, CheckpointPath);
        report = report with { Tree = tree, Entries = entries };

        foreach (var (id, hashes) in tree.Changed)
        {
            var path = id.Path(hashes.Length / MerkleHash.Size);
            var tile = await read(path, cancellation).ConfigureAwait(false);
            if (tile is null || !hashes.AsSpan().SequenceEqual(tile))
                return Fail(report, LogCheck.Tiles, path);
        }
        return CheckAnchors(report, key, anchors);
    }

    private static LogReport Fail(LogReport report, LogCheck check, string where) =>
        report with
        {
            Failed = check,
            Where = where,
        };

    /// <summary>Reads the bundles into the tree; answers the first that is missing or malformed.</summary>
    private async Task<string?> ReadEntriesAsync(
        long size,
        TileTree tree,
        List<AuditEntry> entries,
        CancellationToken cancellation
    )
    {
        for (var first = 0L; first < size; first += TileId.Width)
        {
            var width = (int)Math.Min(TileId.Width, size - first);
            var path = TileId.EntriesPath(first / TileId.Width, width);
            var bundle = await read(path, cancellation).ConfigureAwait(false);
            if (bundle is null)
                return path;
            var rest = bundle.AsMemory();
            for (var i = 0; i < width; i++)
            {
                if (!TryTake(ref rest, out var entry) || !AuditEntry.TryDecode(entry.Span, out var decoded))
                    return string.Create(CultureInfo.InvariantCulture, $"{path}, entry {first + i}");
                tree.Append(MerkleHash.Leaf(entry.Span));
                entries.Add(decoded);
            }
            if (!rest.IsEmpty)
                return path;
        }
        return null;
    }

    private static bool TryTake(ref Memory<byte> rest, out ReadOnlyMemory<byte> entry)
    {
        entry = default;
        if (rest.Length < LengthSize)
            return false;
        var length = BinaryPrimitives.ReadUInt16BigEndian(rest.Span);
        if (rest.Length < LengthSize + length)
            return false;
        entry = rest.Slice(LengthSize, length);
        rest = rest[(LengthSize + length)..];
        return true;
    }

    private static LogReport CheckAnchors(LogReport report, NoteKey key, byte[]? file)
    {
        if (file is null || !LogAnchorList.TryParse(file, out var list))
            return Fail(report, LogCheck.Anchors, LogAnchorList.FileName);
        var anchors = new List<Checkpoint>();
        foreach (var anchor in list.Anchors)
        {
            var isHead =
                Checkpoint.TryVerify(anchor.Checkpoint, key, out var head)
                && head.Size > (anchors.Count == 0 ? 0 : anchors[^1].Size)
                && head.Size <= report.Head!.Size
                && head.Root.SequenceEqual(report.Tree!.Root(head.Size));
            if (!isHead)
                return Fail(report with { Anchors = anchors }, LogCheck.Anchors, $"anchor {anchors.Count + 1}");
            anchors.Add(head!);
        }
        return report with { Anchors = anchors };
    }

    private async Task<string?> TextAsync(string path, CancellationToken cancellation)
    {
        var bytes = await read(path, cancellation).ConfigureAwait(false);
        // Bytes that are no UTF-8 become a character that no key and no signed text has.
        return bytes is null ? null : Encoding.UTF8.GetString(bytes);
    }
}
