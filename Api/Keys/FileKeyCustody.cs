using System.Collections.Concurrent;
using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Api.Keys;

/// <summary>
/// Keys as files under a master key. The master key is one file; beside it, in a folder of the same name with
/// <c>.d</c>, lie the tenant key, keys of the operator's roles, and two files for each compartment, every one wrapped
/// under the master key and bound to its name. All of it belongs on another disk, and into other backups, than the data.
/// </summary>
internal sealed class FileKeyCustody : IKeyCustody, IDisposable
{
    private const int CacheSize = 1024;
    private const string MasterName = "master.key";
    private const string KeysName = "keys/";
    private readonly IKeyWrapping _wrapping;
    private readonly SecretKey _tenant;
    private readonly string _folder;
    private readonly Lock _gate = new();
    private readonly FileStream? _lock;
    private readonly ConcurrentDictionary<string, SecretKey> _encryptionKeys = new(StringComparer.Ordinal);

    private FileKeyCustody(string keyFile, IKeyWrapping wrapping, FileStream? shared)
    {
        KeyFilePath = keyFile;
        _lock = shared;
        _wrapping = wrapping;
        _folder = KeyFolder(keyFile);
        _tenant = Read("tenant") ?? throw CommandFailure.Refused($"The keys in {_folder} do not open with {keyFile}.");
        Fingerprint = KeyFile.Fingerprint(_tenant);
    }

    /// <summary>Where the master key lies.</summary>
    public string KeyFilePath { get; }

    /// <summary>Tells this deployment's keys from others; kept with the data to notice a wrong key file. 16 hexadecimal digits.</summary>
    public string Fingerprint { get; }

    /// <summary>The default place of a data folder's master key: in the user's configuration, not in the data folder.</summary>
    public static string DefaultKeyFile(string deployment) =>
        Path.Combine(Settings.ConfigurationFolder, "keys", deployment + ".key");

    /// <summary>Whether there is a master key at the path.</summary>
    public static bool Exists(string keyFile) => File.Exists(keyFile);

    /// <summary>
    /// Makes a master key and the keys below it. The caller then says where they lie and that they belong elsewhere
    /// than the data (<see cref="Notice"/>).
    /// </summary>
    /// <param name="keyFile">A file that is not there yet.</param>
    /// <param name="passphrase">UTF-8; empty for a key file that its mode alone protects. Of a token, its PIN.</param>
    /// <param name="token">The token that the master key is made in; null for a file.</param>
    public static FileKeyCustody Create(string keyFile, ReadOnlySpan<byte> passphrase, TokenSettings? token = null)
    {
        if (File.Exists(keyFile) || HoldsKeys(KeyFolder(keyFile)))
            throw CommandFailure.Usage($"There are keys at {keyFile} already.");
        // A first start that was cut off leaves a tenant key under a master key that nobody has.
        if (Directory.Exists(KeyFolder(keyFile)))
            Directory.Delete(KeyFolder(keyFile), recursive: true);
        using var tenant = SecretKey.Generate();
        var (wrapping, text) = NewMaster(passphrase, token);
        // The master key's file is written last: without it nothing is there, and a second start begins anew.
        DurableFile.Write(Path.Combine(KeyFolder(keyFile), "tenant.key"), wrapping.Wrap("tenant", tenant));
        DurableFile.Write(keyFile, Encoding.ASCII.GetBytes(text));
        return new FileKeyCustody(keyFile, wrapping, KeyLock.Shared(KeyFolder(keyFile)));
    }

    private static (IKeyWrapping Wrapping, string Text) NewMaster(ReadOnlySpan<byte> passphrase, TokenSettings? token)
    {
        if (token is not null)
            return (TokenKeyWrapping.Open(token.Module, token.Label, passphrase, create: true), token.Text);
        var master = SecretKey.Generate();
        var text = passphrase.IsEmpty ? MasterKeyFile.Write(master) : MasterKeyFile.Write(master, passphrase);
        return (new MasterKeyWrapping(master, pending: null), text);
    }

    private static bool HoldsKeys(string folder) =>
        Directory.Exists(folder)
        && Directory
            .EnumerateFileSystemEntries(folder)
            .Any(entry =>
                !DurableFile.IsLeftover(entry) && Path.GetFileName(entry) is not ("tenant.key" or KeyLock.FileName)
            );

    /// <summary>Opens existing keys; a missing, damaged, readable-by-others or foreign file ends the command.</summary>
    public static FileKeyCustody Open(string keyFile, ReadOnlySpan<byte> passphrase, TokenSettings? token = null)
    {
        // Before the master key is read: it is not replaced any more then.
        var shared = Directory.Exists(KeyFolder(keyFile)) ? KeyLock.Shared(KeyFolder(keyFile)) : null;
        IKeyWrapping? wrapping = null;
        try
        {
            wrapping = OpenWrapping(keyFile, passphrase, token);
            return new FileKeyCustody(keyFile, wrapping, shared);
        }
        catch
        {
            wrapping?.Dispose();
            shared?.Dispose();
            throw;
        }
    }

    private static IKeyWrapping OpenWrapping(string keyFile, ReadOnlySpan<byte> passphrase, TokenSettings? token)
    {
        if (TokenSettings.LabelIn(keyFile) is not { } label)
        {
            var master = OpenMaster(keyFile, passphrase);
            return new MasterKeyWrapping(master, PendingRotation.Find(keyFile, master));
        }
        if (token is null)
            throw CommandFailure.Usage(
                $"The master key {keyFile} is in the token {label}: set MEDLEDGER_PKCS11_MODULE."
            );
        return TokenKeyWrapping.Open(token.Module, label, passphrase, create: false);
    }

    /// <summary>Opens the master key alone, as <see cref="Open"/> does.</summary>
    public static SecretKey OpenMaster(string keyFile, ReadOnlySpan<byte> passphrase)
    {
        if (!File.Exists(keyFile))
            throw CommandFailure.Usage($"The master key file {keyFile} is not there.");
        if (TokenSettings.LabelIn(keyFile) is { } label)
            throw CommandFailure.Refused($"The master key is in the token {label}, where its PIN is changed, too.");
        CheckMode(keyFile);
        var text = File.ReadAllText(keyFile, Encoding.ASCII);
        if (MasterKeyFile.NeedsPassphrase(text) && passphrase.IsEmpty)
            throw CommandFailure.Usage($"The master key {keyFile} is under a passphrase: give --passphrase-file.");
        return MasterKeyFile.TryOpen(text, passphrase)
            ?? throw CommandFailure.Refused($"The master key {keyFile} is damaged, or the passphrase is not its own.");
    }

    /// <summary>What the program says when it made the keys.</summary>
    public string Notice =>
        $"The master key is {KeyFilePath}, patients' keys are in {_folder}. Whoever has them and the data can read "
        + "everything; whoever loses them loses the data. Keep them on another disk and in other backups than the data.";

    /// <inheritdoc/>
    public SecretKey OpenTenantKey(CustodyAccess access)
    {
        ArgumentNullException.ThrowIfNull(access);
        return _tenant.Copy();
    }

    /// <summary>A key of the operator's own (relayer, log, journal ...), made when it is first asked for.</summary>
    /// <param name="name">Lower-case letters and hyphens.</param>
    public SecretKey OpenOperatorKey(string name)
    {
        if (name.Length == 0 || name.Any(c => c is not ('-' or (>= 'a' and <= 'z'))))
            throw new ArgumentException("A role is lower-case letters and hyphens.", nameof(name));
        lock (_gate)
        {
            var entry = "role-" + name;
            if (File.Exists(PathOf(entry)))
                return Read(entry) ?? throw Damaged(entry);
            var key = SecretKey.Generate();
            DurableFile.Write(PathOf(entry), _wrapping.Wrap(entry, key));
            return key;
        }
    }

    /// <inheritdoc/>
    public bool TryCreate(CustodyAccess access, string patientKey)
    {
        ArgumentNullException.ThrowIfNull(access);
        lock (_gate)
        {
            if (File.Exists(ErasedMarker(patientKey)))
                return false;
            // The encryption key is written last: a compartment is there when it is.
            foreach (var entry in new[] { SigningEntry(patientKey), EncryptionEntry(patientKey) })
            {
                if (File.Exists(PathOf(entry)))
                    continue;
                using var key = SecretKey.Generate();
                DurableFile.Write(PathOf(entry), _wrapping.Wrap(entry, key));
            }
            return true;
        }
    }

    /// <inheritdoc/>
    public SecretKey? OpenEncryptionKey(CustodyAccess access, string patientKey)
    {
        ArgumentNullException.ThrowIfNull(access);
        var entry = EncryptionEntry(patientKey);
        // The files decide, so that keys shredded by another process are gone here too. They are looked at before the lock,
        // which all readers share; what this process shreds meanwhile is forgotten and gone when the lock is had.
        var isThere = File.Exists(PathOf(entry)) && !File.Exists(ErasedMarker(patientKey));
        lock (_gate)
        {
            if (!isThere)
            {
                Forget(patientKey);
                return null;
            }
            if (_encryptionKeys.TryGetValue(patientKey, out var cached))
                return cached.Copy();
            var key = Read(entry);
            if (key is null)
                return null;
            if (_encryptionKeys.Count >= CacheSize)
                Forget(_encryptionKeys.Keys.First());
            _encryptionKeys[patientKey] = key.Copy();
            return key;
        }
    }

    /// <inheritdoc/>
    public SecretKey? OpenSigningKey(CustodyAccess access, string patientKey)
    {
        ArgumentNullException.ThrowIfNull(access);
        return File.Exists(ErasedMarker(patientKey)) ? null : Read(SigningEntry(patientKey));
    }

    /// <inheritdoc/>
    public void Shred(string patientKey)
    {
        lock (_gate)
        {
            // The marker first: after a crash the next start finishes, and the compartment never comes back.
            if (!File.Exists(ErasedMarker(patientKey)))
                DurableFile.Write(ErasedMarker(patientKey), []);
            Forget(patientKey);
            DurableFile.Shred(PathOf(EncryptionEntry(patientKey)));
            DurableFile.Shred(PathOf(SigningEntry(patientKey)));
        }
    }

    /// <summary>The key that backups of the data are sealed under.</summary>
    public SecretKey OpenBackupKey() => BackupKey.FromTenant(_tenant);

    /// <summary>Compartments whose keys were shredded: the erasure list, which survives a restore of older data.</summary>
    public IReadOnlyList<string> Shredded()
    {
        var erased = Path.Combine(_folder, "erased");
        return Directory.Exists(erased)
            ?
            [
                .. Directory
                    .EnumerateFiles(erased)
                    .Where(f => !DurableFile.IsLeftover(f))
                    .Select(f => Path.GetFileName(f)!),
            ]
            : [];
    }

    /// <summary>All key files by their names in a backup: <c>master.key</c>, and <c>keys/...</c>.</summary>
    public IReadOnlyList<(string Name, string File)> Files() =>
        [
            (MasterName, KeyFilePath),
            .. Directory
                .EnumerateFiles(_folder, "*", SearchOption.AllDirectories)
                .Where(file => !DurableFile.IsLeftover(file) && Path.GetFileName(file) != KeyLock.FileName)
                .Select(file => (KeysName + Path.GetRelativePath(_folder, file).Replace('\\', '/'), file))
                .OrderBy(one => one.Item1, StringComparer.Ordinal),
        ];

    /// <summary>Moves key files out of a folder, as <see cref="Files"/> names them, to where there are none.</summary>
    public static void PutBack(string from, string keyFile)
    {
        var master = Path.Combine(from, MasterName);
        if (!File.Exists(master))
            throw new InvalidDataException("The backup has no master key; nothing of it is used.");
        if (File.Exists(keyFile) || HoldsKeys(KeyFolder(keyFile)))
            throw CommandFailure.Usage($"There are keys at {keyFile} already.");
        if (Directory.Exists(KeyFolder(keyFile)))
            Directory.Delete(KeyFolder(keyFile), recursive: true);
        DurableFile.Rename(Path.Combine(from, KeysName.TrimEnd('/')), KeyFolder(keyFile));
        DurableFile.Rename(master, keyFile);
    }

    /// <summary>Whether the keys of a compartment were shredded: they never come back.</summary>
    public bool IsShredded(string patientKey) => File.Exists(ErasedMarker(patientKey));

    /// <summary>
    /// Finishes what a crash interrupted: half-written files, half-done shredding. Called by the one process that holds
    /// the data folder for writing.
    /// </summary>
    public void Recover()
    {
        DurableFile.RemoveLeftovers(_folder);
        foreach (var part in DurableFile.LeftoversOf(KeyFilePath))
            File.Delete(part);
        var erased = Path.Combine(_folder, "erased");
        if (!Directory.Exists(erased))
            return;
        foreach (var marker in Directory.EnumerateFiles(erased))
            Shred(Path.GetFileName(marker));
    }

    /// <summary>Where the keys under a master key lie.</summary>
    public static string KeyFolder(string keyFile) => keyFile + ".d";

    private static string EncryptionEntry(string patientKey) => "patients/" + Checked(patientKey) + "/encryption";

    private static string SigningEntry(string patientKey) => "patients/" + Checked(patientKey) + "/signing";

    private static string Checked(string patientKey) =>
        patientKey.Length == 64 && patientKey.All(char.IsAsciiHexDigitLower)
            ? patientKey
            : throw new ArgumentException("A patient key is 64 lower-case hexadecimal digits.", nameof(patientKey));

    /// <summary>Refuses a key file that others than its owner can read.</summary>
    public static void CheckMode(string path)
    {
        const UnixFileMode Others =
            UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
            throw CommandFailure.Refused($"The key {path} can be read by others: chmod 600 it.");
    }

    private static CommandFailure Damaged(string entry) => CommandFailure.Refused($"The key file {entry} is damaged.");

    private string PathOf(string entry) => Path.Combine(_folder, entry + ".key");

    private string ErasedMarker(string patientKey) => Path.Combine(_folder, "erased", Checked(patientKey));

    private SecretKey? Read(string entry)
    {
        try
        {
            return _wrapping.Unwrap(entry, File.ReadAllBytes(PathOf(entry)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private void Forget(string patientKey)
    {
        if (_encryptionKeys.TryRemove(patientKey, out var key))
            key.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in _encryptionKeys.Values)
            key.Dispose();
        _tenant.Dispose();
        _wrapping.Dispose();
        _lock?.Dispose();
    }
}
