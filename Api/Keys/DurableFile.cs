using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MedLedger.Api.Keys;

/// <summary>
/// Files that are complete or not there, also after a power cut: written aside, flushed to the disk, renamed, and the
/// folder flushed. Readable by their owner alone.
/// </summary>
internal static partial class DurableFile
{
    private const string TemporarySuffix = ".part";

    /// <summary>Writes a new file, or replaces one in a single step.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content, bool replace = false)
    {
        var folder = Path.GetDirectoryName(path)!;
        Persistence.DataFolder.CreatePrivate(folder);
        var temporary = path + "." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)) + TemporarySuffix;
        try
        {
            using (var stream = Create(temporary))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, replace);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        FlushFolder(folder);
    }

    /// <summary>Writes a new file piece by piece.</summary>
    public static async Task WriteAsync(string path, Func<FileStream, Task> write)
    {
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        var temporary = path + "." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)) + TemporarySuffix;
        try
        {
            await using (var stream = Create(temporary))
            {
                await write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        FlushFolder(folder);
    }

    /// <summary>Replaces a secret file in a single step, and overwrites what it was.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        using var former = new FileStream(
            path,
            FileMode.Open,
            FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete,
            0
        );
        Write(path, content, replace: true);
        former.Write(RandomNumberGenerator.GetBytes(checked((int)former.Length)));
        former.Flush(flushToDisk: true);
    }

    /// <summary>Gives a file or a folder another name, durably.</summary>
    public static void Rename(string from, string to)
    {
        if (Directory.Exists(from))
            Directory.Move(from, to);
        else
            File.Move(from, to);
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(to))!);
    }

    /// <summary>
    /// Overwrites a file, flushes it, deletes it. On drives that write elsewhere (flash, snapshots) the old bytes may
    /// survive; they are wrapped under the master key.
    /// </summary>
    public static void Shred(string path)
    {
        if (!File.Exists(path))
            return;
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None, 0))
        {
            stream.Write(RandomNumberGenerator.GetBytes(checked((int)stream.Length)));
            stream.Flush(flushToDisk: true);
        }
        File.Delete(path);
        FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Removes what an interrupted <see cref="Write"/> left.</summary>
    public static void RemoveLeftovers(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*" + TemporarySuffix, SearchOption.AllDirectories))
            File.Delete(file);
    }

    /// <summary>Whether a file is what an interrupted <see cref="Write"/> left.</summary>
    public static bool IsLeftover(string path) => path.EndsWith(TemporarySuffix, StringComparison.Ordinal);

    /// <summary>What an interrupted <see cref="Write"/> of this file left beside it.</summary>
    public static IReadOnlyList<string> LeftoversOf(string path) =>
        Directory.GetFiles(
            Path.GetDirectoryName(Path.GetFullPath(path))!,
            Path.GetFileName(path) + ".*" + TemporarySuffix
        );

    /// <summary>A file that is not there yet, readable by its owner alone.</summary>
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    // A rename is durable once its folder is; Windows does this with the rename itself.
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = NativeMethods.Open(folder, 0);
        if (descriptor < 0)
            throw new IOException($"The folder {folder} cannot be opened to flush it.");
        try
        {
            if (NativeMethods.Fsync(descriptor) != 0)
                throw new IOException($"The folder {folder} cannot be flushed.");
        }
        finally
        {
            _ = NativeMethods.Close(descriptor);
        }
    }

    private static partial class NativeMethods
    {
        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Fsync(int descriptor);

        [DllImport("libc", EntryPoint = "close", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Close(int descriptor);
    }
}
