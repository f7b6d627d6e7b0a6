using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Api.Keys;

/// <summary>
/// A new master key, or a new passphrase of it. Key files are wrapped anew one by one, records stay as they are. Each step
/// is durable before the next: cut off anywhere, all keys open as before, and <c>keys rotate</c> goes on.
/// </summary>
internal static class KeyRotation
{
    /// <summary>Rotates, or goes on with a rotation that was cut off. Nobody else may have the keys open.</summary>
    /// <param name="keyFile">The master key file.</param>
    /// <param name="passphrase">Its passphrase; empty for none.</param>
    /// <param name="newPassphrase">The new one's; empty for none.</param>
    /// <param name="progress">Told after each key file.</param>
    /// <param name="before">Told before each step, for tests that cut it off.</param>
    /// <returns>The number of key files, and whether an earlier rotation was finished.</returns>
    public static (int Files, bool IsResumed) Rotate(
        string keyFile,
        ReadOnlySpan<byte> passphrase,
        ReadOnlySpan<byte> newPassphrase,
        IProgress<Progressed>? progress = null,
        Action<string>? before = null
    )
    {
        using var alone = KeyLock.Exclusive(FileKeyCustody.KeyFolder(keyFile));
        using var master = FileKeyCustody.OpenMaster(keyFile, passphrase);
        var found = PendingRotation.Find(keyFile, master);
        var files = Directory
            .EnumerateFiles(FileKeyCustody.KeyFolder(keyFile), "*.key", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .ToList();
        // A key that opens under neither is found before anything is changed.
        foreach (var file in files)
        {
            using var key = Open(keyFile, file, master, found, out _);
            if (key is null)
                throw CommandFailure.Refused($"The key file {file} is damaged; nothing was rotated. Run fsck.");
        }
        before?.Invoke("begin");
        if (found is null && File.Exists(PendingRotation.PathOf(keyFile)))
        {
            // An earlier one was cut off after its last step.
            DurableFile.Shred(PendingRotation.PathOf(keyFile));
            return (files.Count, true);
        }
        using var pending = found ?? PendingRotation.Begin(keyFile, master, newPassphrase);
        for (var i = 0; i < files.Count; i++)
        {
            before?.Invoke(files[i]);
            using var key = Open(keyFile, files[i], master, pending, out var isNew)!;
            if (!isNew)
                DurableFile.Replace(files[i], KeyFile.Wrap(pending.Next, EntryOf(keyFile, files[i]), key));
            progress?.Report(new((i + 1.0) / files.Count, i + 1, "key files"));
        }
        before?.Invoke("master");
        DurableFile.Replace(keyFile, Encoding.ASCII.GetBytes(pending.Text));
        before?.Invoke("end");
        DurableFile.Shred(PendingRotation.PathOf(keyFile));
        return (files.Count, found is not null);
    }

    /// <summary>Puts the same master key under another passphrase; empty for none.</summary>
    public static void ChangePassphrase(string keyFile, ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> newPassphrase)
    {
        using var alone = KeyLock.Exclusive(FileKeyCustody.KeyFolder(keyFile));
        using var master = FileKeyCustody.OpenMaster(keyFile, passphrase);
        using var pending = PendingRotation.Find(keyFile, master);
        if (pending is not null)
            throw CommandFailure.Refused("A rotation of the master key was cut off: run keys rotate first.");
        var text = newPassphrase.IsEmpty ? MasterKeyFile.Write(master) : MasterKeyFile.Write(master, newPassphrase);
        DurableFile.Replace(keyFile, Encoding.ASCII.GetBytes(text));
    }

    private static SecretKey? Open(
        string keyFile,
        string file,
        SecretKey master,
        PendingRotation? pending,
        out bool isNew
    )
    {
        var (entry, bytes) = (EntryOf(keyFile, file), File.ReadAllBytes(file));
        var key = pending is null ? null : KeyFile.Unwrap(pending.Next, entry, bytes);
        isNew = key is not null;
        return key ?? KeyFile.Unwrap(master, entry, bytes);
    }

    private static string EntryOf(string keyFile, string file) =>
        Path.ChangeExtension(Path.GetRelativePath(FileKeyCustody.KeyFolder(keyFile), file), null).Replace('\\', '/');
}
