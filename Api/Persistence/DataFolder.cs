using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedLedger.Api.Cli;

namespace MedLedger.Api.Persistence;

/// <summary>
/// A data folder: <c>format.json</c> (its version and a random id), the database, models, evidence, the lock. Holding an
/// object of this class opened for writing means holding the lock: one writer at a time, whatever the process.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    /// <summary>The layout this program reads and writes. A newer one is refused, an older one migrated.</summary>
    public const int FormatVersion = 1;

    private const string FormatFile = "format.json";
    private const string LockFile = "lock";

    // A locked file cannot be read by others, so the holder's name stands in a file of its own.
    private const string HolderFile = "lock.holder";
    private readonly FileStream? _lock;

    private DataFolder(string path, string id, FileStream? held)
    {
        Path = path;
        Id = id;
        _lock = held;
    }

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>Random, 32 hexadecimal digits; names the default master key file.</summary>
    public string Id { get; }

    /// <summary>The SQLite database.</summary>
    public string Database => File("medledger.db");

    /// <summary>A path inside the folder.</summary>
    public string File(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>
    /// Opens the folder for <paramref name="command"/> alone, creating it when it is missing (readable by its owner only).
    /// Another holder is named with its process id (exit 3).
    /// </summary>
    public static DataFolder OpenForWriting(string path, string command)
    {
        CreatePrivate(path);
        var held = TakeLock(path, command);
        try
        {
            return new DataFolder(path, ReadOrCreateFormat(path), held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Opens a folder that exists, beside its writer, for reading only (exit 2 when it does not exist).</summary>
    public static DataFolder OpenForReading(string path)
    {
        if (!System.IO.File.Exists(System.IO.Path.Combine(path, FormatFile)))
            throw CommandFailure.Usage($"There is no MedLedger data folder at {path}.");
        return new DataFolder(path, ReadOrCreateFormat(path), held: null);
    }

    /// <summary>Creates a folder with mode 0700 where the system has modes.</summary>
    public static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_lock is null)
            return;
        System.IO.File.Delete(File(HolderFile));
        _lock.Dispose();
    }

    private static FileStream TakeLock(string path, string command)
    {
        var file = System.IO.Path.Combine(path, LockFile);
        FileStream held;
        try
        {
            held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (System.IO.File.Exists(file))
        {
            throw CommandFailure.Machine($"The data folder {path} is in use by {ReadHolder(path)}.", failure);
        }
        var holder = new Holder(Environment.ProcessId, command);
        System.IO.File.WriteAllText(System.IO.Path.Combine(path, HolderFile), JsonSerializer.Serialize(holder));
        return held;
    }

    private static string ReadHolder(string path)
    {
        try
        {
            var text = System.IO.File.ReadAllText(System.IO.Path.Combine(path, HolderFile));
            return JsonSerializer.Deserialize<Holder>(text) is { } holder
                ? $"process {holder.ProcessId} (medledger {holder.Command})"
                : "another process";
        }
        catch (Exception failure) when (failure is IOException or JsonException)
        {
            return "another process";
        }
    }

    private static string ReadOrCreateFormat(string path)
    {
        var file = System.IO.Path.Combine(path, FormatFile);
        if (!System.IO.File.Exists(file))
        {
            if (System.IO.File.Exists(System.IO.Path.Combine(path, "medledger.db")))
                throw CommandFailure.Refused(
                    $"{path} holds a database but no {FormatFile}; restore it from the backup."
                );
            var created = new Format(FormatVersion, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
            var draft = file + ".new";
            System.IO.File.WriteAllText(draft, JsonSerializer.Serialize(created));
            System.IO.File.Move(draft, file, overwrite: true);
            return created.Id;
        }

        Format? format;
        try
        {
            format = JsonSerializer.Deserialize<Format>(System.IO.File.ReadAllText(file));
        }
        catch (JsonException)
        {
            format = null;
        }
        if (format is not { Version: > 0, Id.Length: 32 } || !format.Id.All(char.IsAsciiHexDigitLower))
            throw CommandFailure.Refused($"{file} is damaged; restore it from the backup.");
        if (format.Version > FormatVersion)
        {
            throw CommandFailure.Refused(
                $"{path} has format {format.Version}, made by a newer program; this one reads up to {FormatVersion}."
            );
        }
        return format.Id;
    }

    private sealed record Format(
        [property: JsonPropertyName("version")] int Version,
        [property: JsonPropertyName("id")] string Id
    );

    private sealed record Holder(
        [property: JsonPropertyName("pid")] int ProcessId,
        [property: JsonPropertyName("command")] string Command
    );
}
