using System.Formats.Tar;
using System.Text;
using System.Text.RegularExpressions;
using MedLedger.Api.Cli;
using MedLedger.Api.Keys;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Api.Backups;

/// <summary>
/// A backup file: one line in clear that says what it is and which key it needs, then a tar archive, encrypted and
/// authenticated as a whole, the line included.
/// </summary>
internal static partial class BackupArchive
{
    private const int MostHeader = 256;

    /// <summary>Writes a file that is complete or not there.</summary>
    /// <param name="path">The file; it must not be there.</param>
    /// <param name="header">The line in clear, without its end.</param>
    /// <param name="key">The key.</param>
    /// <param name="files">Names in the archive, and the files.</param>
    /// <param name="progress">Told after each megabyte.</param>
    /// <param name="cancellation">Ends the writing; nothing is left then.</param>
    public static async Task WriteAsync(
        string path,
        string header,
        SecretKey key,
        IReadOnlyList<(string Name, string File)> files,
        IProgress<Progressed>? progress,
        CancellationToken cancellation
    )
    {
        var line = Encoding.ASCII.GetBytes(header + "\n");
        var total = Math.Max(1, files.Sum(file => new FileInfo(file.File).Length));
        await DurableFile.WriteAsync(
            path,
            async output =>
            {
                await output.WriteAsync(line, cancellation);
                await using var sealing = new SealingStream(output, key, "backup", line);
                await using (var tar = new TarWriter(sealing, TarEntryFormat.Pax, leaveOpen: true))
                {
                    foreach (var (name, file) in files)
                    {
                        await using var content = new FileStream(
                            file,
                            FileMode.Open,
                            FileAccess.Read,
                            FileShare.ReadWrite
                        );
                        var entry = new PaxTarEntry(TarEntryType.RegularFile, name)
                        {
                            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                            DataStream = content,
                        };
                        await tar.WriteEntryAsync(entry, cancellation);
                        progress?.Report(
                            new(Math.Min(1, (double)output.Position / total), output.Position >> 20, "MB")
                        );
                    }
                }
                sealing.Complete();
            }
        );
    }

    /// <summary>The line in clear of a backup file; a missing file, or one that is none, ends the command.</summary>
    public static string ReadHeader(string path)
    {
        if (!File.Exists(path))
            throw CommandFailure.Usage($"There is no file {path}.");
        using var input = File.OpenRead(path);
        return ReadHeader(input)
            ?? throw CommandFailure.Refused($"{path} is not a backup of this program, or of a newer one.");
    }

    /// <summary>
    /// Extracts a backup into a folder. The whole file is authenticated before this answers; what a damaged one left there
    /// is the caller's to remove.
    /// </summary>
    public static async Task ExtractAsync(
        string path,
        SecretKey key,
        string folder,
        IProgress<Progressed>? progress,
        CancellationToken cancellation
    )
    {
        await using var input = File.OpenRead(path);
        var header = ReadHeader(input);
        await using var opened = header is null
            ? null
            : OpeningStream.TryOpen(input, key, "backup", Encoding.ASCII.GetBytes(header + "\n"));
        if (opened is null)
            throw CommandFailure.Refused($"{path} does not open with this key: it is damaged, or of other keys.");
        await using var tar = new TarReader(opened, leaveOpen: true);
        while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
        {
            // Only this program makes such files, and an entry never leaves the folder all the same.
            if (entry.EntryType != TarEntryType.RegularFile || !EntryName().IsMatch(entry.Name))
                throw new InvalidDataException($"{path} has an entry that no backup has; nothing of it is used.");
            var target = Path.Combine(folder, Path.Combine(entry.Name.Split('/')));
            Persistence.DataFolder.CreatePrivate(Path.GetDirectoryName(target)!);
            await using var output = DurableFile.Create(target);
            if (entry.DataStream is { } content)
                await content.CopyToAsync(output, cancellation);
            output.Flush(flushToDisk: true);
            progress?.Report(new((double)input.Position / input.Length, input.Position >> 20, "MB"));
        }
        // Whatever follows the archive is read too: only the end says that nothing is cut off.
        await opened.CopyToAsync(Stream.Null, cancellation);
    }

    private static string? ReadHeader(Stream input)
    {
        Span<byte> line = stackalloc byte[MostHeader];
        for (var length = 0; length < line.Length; length++)
        {
            var next = input.ReadByte();
            if (next < 0)
                return null;
            if (next == '\n')
                return Encoding.ASCII.GetString(line[..length]);
            line[length] = (byte)next;
        }
        return null;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\z", RegexOptions.None, 1000)]
    private static partial Regex EntryName();
}
