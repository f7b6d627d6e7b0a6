using MedLedger.Api.Cli;

namespace MedLedger.Api.Keys;

/// <summary>
/// Who uses the keys of a folder shares a lock on it; who rotates them has it alone, so that no process goes on with an
/// old master key.
/// </summary>
internal static class KeyLock
{
    /// <summary>The name of the lock's file in the folder.</summary>
    public const string FileName = "lock";

    /// <summary>Shares it; null on a disk that cannot be written, where nothing is rotated either.</summary>
    public static FileStream? Shared(string folder)
    {
        try
        {
            return new FileStream(PathOf(folder), FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read);
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
        catch (IOException failure) when (File.Exists(PathOf(folder)))
        {
            throw CommandFailure.Machine($"The keys in {folder} are being rotated.", failure);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Has it alone; another process with the keys open ends the command.</summary>
    public static FileStream Exclusive(string folder)
    {
        if (!Directory.Exists(folder))
            throw CommandFailure.Usage($"There are no keys in {folder}.");
        try
        {
            return new FileStream(PathOf(folder), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (File.Exists(PathOf(folder)))
        {
            throw CommandFailure.Machine(
                $"The keys in {folder} are in use: stop serve and what else runs with them, then go on.",
                failure
            );
        }
    }

    private static string PathOf(string folder) => Path.Combine(folder, FileName);
}
