using System.Text.RegularExpressions;
using MedLedger.Api.Cli;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Backups;

/// <summary>
/// A backup of a data folder: the database as of one moment, and the files beside it. No key is in it: it is sealed under
/// one that derives from the tenant key, and what it holds opens with the keys in custody alone, so that it brings no
/// erased patient back.
/// </summary>
internal static partial class DataBackup
{
    private const string Magic = "medledger-backup-v1";
    private const string DatabaseName = "medledger.db";

    // What belongs to a running process, can be made again, or is taken from the database.
    private static readonly string[] Left =
    [
        "lock",
        "lock.holder",
        "chain/",
        "witness-code/",
        DatabaseName,
        DatabaseName + "-wal",
        DatabaseName + "-shm",
        DatabaseName + "-journal",
    ];

    /// <summary>Writes the backup of a folder, beside whoever else has it open.</summary>
    public static async Task WriteAsync(
        Store store,
        string path,
        IProgress<Progressed> progress,
        CancellationToken cancellation
    )
    {
        var snapshot = path + ".snapshot";
        File.Delete(snapshot);
        try
        {
            // One read transaction: a copy as of one moment, without the pages that deleted rows left.
            await using (var context = store.CreateDbContext())
                await context.Database.ExecuteSqlAsync($"VACUUM INTO {snapshot}", cancellation);
            await KeepJournalModeAsync(snapshot, cancellation);
            var files = Directory
                .EnumerateFiles(store.Folder.Path, "*", SearchOption.AllDirectories)
                .Select(file => (Name: Path.GetRelativePath(store.Folder.Path, file).Replace('\\', '/'), File: file))
                .Where(one =>
                    !IsLeft(one.Name) && one.File != path && !one.File.StartsWith(path + ".", StringComparison.Ordinal)
                )
                .OrderBy(one => one.Name, StringComparer.Ordinal)
                .Prepend((DatabaseName, snapshot))
                .ToList();
            using var key = store.Custody.OpenBackupKey();
            var header = $"{Magic} {store.Folder.Id} {store.Custody.Fingerprint}";
            await BackupArchive.WriteAsync(path, header, key, files, progress, cancellation);
        }
        finally
        {
            File.Delete(snapshot);
        }
    }

    /// <summary>The deployment that a backup is of, and the fingerprint of the keys that open it.</summary>
    public static (string Deployment, string Keys) Read(string path)
    {
        var header = BackupArchive.ReadHeader(path);
        return Header().Match(header) is { Success: true } match
            ? (match.Groups["id"].Value, match.Groups["keys"].Value)
            : throw CommandFailure.Refused($"{path} is not a backup of data.");
    }

    // VACUUM INTO leaves out the journal mode, which a first connection that only reads cannot set.
    private static async Task KeepJournalModeAsync(string database, CancellationToken cancellation)
    {
        await using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        await connection.OpenAsync(cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL";
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static bool IsLeft(string name) =>
        DurableFile.IsLeftover(name)
        || Left.Any(left => name == left || (left.EndsWith('/') && name.StartsWith(left, StringComparison.Ordinal)));

    [GeneratedRegex(@"\Amedledger-backup-v1 (?<id>[0-9a-f]{32}) (?<keys>[0-9a-f]{16})\z", RegexOptions.None, 1000)]
    private static partial Regex Header();
}
