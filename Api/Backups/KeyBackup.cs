using MedLedger.Api.Cli;
using MedLedger.Api.Keys;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Api.Backups;

/// <summary>
/// A backup of the keys, under a passphrase of its own. It opens every backup of the data: it is kept elsewhere, and made
/// anew (and the old one destroyed) at least every 30 days, since an older one still has the keys of who was erased since.
/// </summary>
internal static class KeyBackup
{
    private const string Magic = "medledger-keys-v1 ";

    /// <summary>Writes it; answers the number of key files.</summary>
    public static async Task<int> WriteAsync(
        FileKeyCustody custody,
        string path,
        ReadOnlyMemory<byte> passphrase,
        CancellationToken cancellation
    )
    {
        var files = custody.Files();
        using var key = BackupKey.Stretch(passphrase.Span, out var parameters);
        await BackupArchive.WriteAsync(path, Magic + parameters, key, files, progress: null, cancellation);
        return files.Count;
    }

    /// <summary>
    /// Puts the keys back where none are. The master key is written last: a restore that was cut off is begun anew.
    /// </summary>
    public static async Task RestoreAsync(
        string path,
        string keyFile,
        ReadOnlyMemory<byte> passphrase,
        CancellationToken cancellation
    )
    {
        var header = BackupArchive.ReadHeader(path);
        if (!header.StartsWith(Magic, StringComparison.Ordinal))
            throw CommandFailure.Refused($"{path} is not a backup of keys.");
        using var key =
            BackupKey.TryStretch(passphrase.Span, header[Magic.Length..])
            ?? throw CommandFailure.Refused($"{path} is not a backup of keys.");
        var folder = keyFile + ".restoring";
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        try
        {
            await BackupArchive.ExtractAsync(path, key, folder, progress: null, cancellation);
            FileKeyCustody.PutBack(folder, keyFile);
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }
}
